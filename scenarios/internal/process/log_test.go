package process

import (
	"fmt"
	"strings"
	"testing"
)

func TestLogSince(t *testing.T) {
	t.Parallel()
	l := &Log{}
	fmt.Fprint(l, "one\ntw")
	mark := l.Mark()
	fmt.Fprint(l, "o\nthree\n")
	if got := l.Since(mark); got != "two\nthree\n" {
		t.Errorf("since the second line: %q", got)
	}
	if got := l.Since(l.Mark()); got != "" {
		t.Errorf("since the end: %q", got)
	}
}

// TestLogIsBounded: the beginning and the end are kept, whole lines are left
// out between them, and every byte is accounted for.
func TestLogIsBounded(t *testing.T) {
	t.Parallel()
	l := &Log{}
	const lines, line = 100_000, "line %06d of the output\n"
	var marks []int64
	total := 0
	for i := range lines {
		if i%10_000 == 0 {
			marks = append(marks, l.Mark())
		}
		n, _ := fmt.Fprintf(l, line, i)
		total += n
	}
	for i, mark := range marks {
		got := l.Since(mark)
		head, tail, cut := strings.Cut(got, "\n… ")
		if !strings.HasSuffix(got, fmt.Sprintf(line, lines-1)) || len(got) > 2*outputKept+100 {
			t.Fatalf("since mark %d: %d bytes, which end %q", i, len(got), got[max(0, len(got)-60):])
		}
		if !cut {
			if !strings.HasPrefix(got, fmt.Sprintf(line, i*10_000)) {
				t.Errorf("since mark %d: begins %.60q", i, got)
			}
			continue
		}
		var lost int
		if _, err := fmt.Sscanf(tail, "%d bytes left out", &lost); err != nil {
			t.Fatalf("since mark %d: %v in %.60q", i, err, tail)
		}
		_, tail, _ = strings.Cut(tail, "…\n")
		if head != "" {
			head += "\n"
		}
		if got := len(head) + lost + len(tail); got != total-int(mark) {
			t.Errorf("since mark %d: %d bytes kept and left out, want %d", i, got, total-int(mark))
		}
		for _, part := range []string{head, tail} {
			if part != "" && (!strings.HasPrefix(part, "line ") || !strings.HasSuffix(part, "output\n")) {
				t.Errorf("since mark %d: a line is cut: %.40q … %q", i, part, part[max(0, len(part)-40):])
			}
		}
	}
}
