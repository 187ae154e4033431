package commandline

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/spf13/cobra"
)

func TestNearest(t *testing.T) {
	t.Parallel()
	candidates := []string{"conform", "cloud", "send", "receive", "records", "replay", "traffic"}
	for word, want := range map[string]string{
		"snd": "send", "SEND": "send", "conformance": "conform", "conf": "conform", "clod": "cloud", "traffc": "traffic",
		"receve": "receive", "esnd": "send", "x": "", "xyzzy": "", "": "", "re": "replay",
	} {
		if got := Nearest(word, candidates); got != want {
			t.Errorf("%q: %q, want %q", word, got, want)
		}
	}
}

func TestDistance(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		a, b string
		want int
	}{{"", "", 0}, {"", "ab", 2}, {"ab", "ab", 0}, {"ab", "ba", 1}, {"abc", "axc", 1}, {"größe", "grösse", 2}} {
		if got := distance(tc.a, tc.b); got != tc.want {
			t.Errorf("%q, %q: %d, want %d", tc.a, tc.b, got, tc.want)
		}
	}
}

// TestReflow: at every width no line is wider, and no character is lost.
func TestReflow(t *testing.T) {
	t.Parallel()
	const text = "A paragraph of several words, some of them rather-long-and-with-hyphens.\n" +
		"Its second line.\n\n  KEY        a table's value that is long enough to be wrapped at most widths\n" +
		"  a-very-long-key-of-a-table  its value\n\nhttp://127.0.0.1:8080/an/address/that/is/wider,than=most&lines=are ümläuts"
	squeeze := func(s string) string { return strings.Join(strings.Fields(s), "") }
	for width := 20; width < 120; width++ {
		lines := Reflow(text, width)
		for _, line := range lines {
			if utf8.RuneCountInString(line) > width {
				t.Errorf("width %d: %q", width, line)
			}
		}
		if got := squeeze(strings.Join(lines, "\n")); got != squeeze(text) {
			t.Errorf("width %d: %s", width, got)
		}
	}
}

func TestShellLines(t *testing.T) {
	t.Parallel()
	const line = "  tool --run 'python3 the receiver.py' --probe file:rows.jsonl http://127.0.0.1:8080/webhook"
	for width, want := range map[int]string{
		100: line,
		60:  "  tool --run 'python3 the receiver.py' \\\n    --probe file:rows.jsonl \\\n    http://127.0.0.1:8080/webhook",
	} {
		got := strings.Join(shellLines(line, width), "\n")
		if width == 60 {
			// A value goes with its flag, an argument may go with either.
			if !strings.HasPrefix(got, "  tool --run 'python3 the receiver.py' \\\n    --probe file:rows.jsonl") {
				t.Errorf("width %d:\n%s", width, got)
			}
			continue
		}
		if got != want {
			t.Errorf("width %d:\n%s", width, got)
		}
	}
}

func TestManual(t *testing.T) {
	t.Parallel()
	cmd := &cobra.Command{Use: "tool FILE", Short: "Do it", Long: "Do it.\n\n  a table\n.not a request", Example: "  tool -x 'a\\b'", Run: func(*cobra.Command, []string) {}}
	cmd.Flags().String("mode", "fast", "the `mode`")
	var b strings.Builder
	WriteManual(&b, cmd, func(*cobra.Command, string) []string { return []string{"fast", "slow"} })
	for _, want := range []string{".TH \"TOOL\" 1", "Do it", "\n\\&.not a request", `\-\-mode MODE`, "Known values: fast, slow.", `'a\eb'`, ".nf", ".fi"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("the page lacks %q:\n%s", want, b.String())
		}
	}
}
