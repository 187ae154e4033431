package term

import (
	"bytes"
	"os"
	"strings"
	"testing"
)

func TestWhatIsNotATerminal(t *testing.T) {
	t.Parallel()
	file, err := os.Create(t.TempDir() + "/out")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	var buffer bytes.Buffer
	for name, w := range map[string]interface{ Write([]byte) (int, error) }{"a file": file, "a buffer": &buffer} {
		columns, rows := Size(w)
		if IsTerminal(w) || Color(w) || columns != 0 || rows != 0 {
			t.Errorf("%s is a terminal of %d columns", name, columns)
		}
	}
	s := NewStatus(&buffer)
	s.Draw("waiting")
	s.Clear()
	if s.Live() || buffer.Len() > 0 {
		t.Errorf("drawn: %q", buffer.String())
	}
}

// erased is what erases that many lines, the last one first.
func erased(lines int) string { return strings.Repeat("\x1b[A\x1b[2K", lines) }

func TestFrames(t *testing.T) {
	t.Parallel()
	var s Status
	for _, step := range []struct {
		name          string
		lines         []string
		columns, rows int
		want          string
	}{
		{"the first", []string{"a", "b"}, 80, 24, "a\nb\n"},
		{"two lines are erased", []string{"c"}, 80, 24, erased(2) + "c\n"},
		{"a long line is cut", []string{strings.Repeat("x", 30)}, 11, 24, erased(1) + "xxxxxxxxx…\n"},
		{"a full line does not wrap", []string{strings.Repeat("x", 10)}, 11, 24, erased(1) + "xxxxxxxxxx\n"},
		{"more lines than rows", []string{"1", "2", "3", "4", "5"}, 80, 4, erased(1) + "1\n2\n  and 3 more\n"},
		{"narrower than before: its lines have wrapped", []string{"1", "2", "3"}, 4, 24, erased(5) + "1\n2\n3\n"},
		{"of unknown size", []string{"1", "2", "3"}, 0, 0, erased(3) + "1\n2\n3\n"},
		{"nothing", nil, 80, 24, erased(3)},
		{"after nothing", []string{"a"}, 80, 24, "a\n"},
	} {
		if got := s.frame(step.lines, step.columns, step.rows); got != step.want {
			t.Errorf("%s: %q, want %q", step.name, got, step.want)
		}
	}
}
