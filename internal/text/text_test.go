package text_test

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/scrapehook/scrapehook/internal/text"
)

// TestCutKeepsCharactersWhole cuts a text of characters of one to four bytes at
// every length.
func TestCutKeepsCharactersWhole(t *testing.T) {
	t.Parallel()
	const s = "aäb中c😀d👩‍👧e"
	for most := range len(s) + 2 {
		front, back := text.Cut(s, most), text.CutFront(s, most)
		for _, cut := range []string{front, back} {
			if !utf8.ValidString(cut) || strings.ContainsRune(cut, utf8.RuneError) || len(cut) > most+len("…") {
				t.Errorf("cut at %d: %q", most, cut)
			}
		}
		if !strings.HasPrefix(s, strings.TrimSuffix(front, "…")) || !strings.HasSuffix(s, strings.TrimPrefix(back, "…")) {
			t.Errorf("cut at %d: %q and %q", most, front, back)
		}
	}
	if got := text.Beginning("a\xffb", 3); got != "a" && got != "a\uFFFD" {
		t.Errorf("invalid text: %q", got)
	}
}

func TestDuration(t *testing.T) {
	t.Parallel()
	for d, want := range map[time.Duration]string{
		0: "-", 640 * time.Microsecond: "640 µs", 12 * time.Millisecond: "12 ms", 3400 * time.Millisecond: "3.4 s", 75 * time.Second: "75 s",
	} {
		if got := text.Duration(d); got != want {
			t.Errorf("%v: %q, want %q", d, got, want)
		}
	}
}

func TestPlural(t *testing.T) {
	t.Parallel()
	for n, want := range map[int]string{0: "0 rows", 1: "1 row", 2: "2 rows"} {
		if got := text.Plural(n, "row"); got != want {
			t.Errorf("%d: %q, want %q", n, got, want)
		}
	}
}
