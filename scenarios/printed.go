package scenarios

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/scrapehook/scrapehook/scenarios/internal/process"
)

// outputKept bounds what is kept of the receiver's output while one scenario
// ran, in bytes.
const outputKept = 4 << 10

// printed is what the receiver printed since a mark; empty when it is not ours.
func (h *harness) printed(mark int64) string {
	if h.receiver == nil {
		return ""
	}
	return h.receiver.Log().Since(mark)
}

func (h *harness) mark() int64 {
	if h.receiver == nil {
		return 0
	}
	return h.receiver.Log().Mark()
}

// processEvents are what happened to the receiver since a moment.
func (h *harness) processEvents(since time.Time) []process.Event {
	if h.receiver == nil {
		return nil
	}
	return h.receiver.Log().Events(since)
}

// output is what the receiver printed while the scenario ran.
func (d *Driver) output() string {
	ids := make([]string, len(d.jobs))
	for i, job := range d.jobs {
		ids[i] = strconv.FormatInt(job, 10)
	}
	return excerpt(d.harness.redactor.Text(d.harness.printed(d.printed)), ids, outputKept)
}

// excerpt cuts text to about that many bytes, by lines: first come those that
// name one of words, then the last ones. Where lines are left out, it says so.
func excerpt(text string, words []string, most int) string {
	if len(text) <= most {
		return text
	}
	lines := strings.SplitAfter(text, "\n")
	keep := make([]bool, len(lines))
	take := func(i int) {
		if !keep[i] && len(lines[i]) <= most {
			keep[i], most = true, most-len(lines[i])
		}
	}
	for i, line := range lines {
		for _, word := range words {
			if strings.Contains(line, word) {
				take(i)
				break
			}
		}
	}
	for i := len(lines) - 1; i >= 0; i-- {
		take(i)
	}
	var b strings.Builder
	left := 0
	for i, line := range lines {
		if !keep[i] {
			left++
			continue
		}
		b.WriteString(leftOut(left) + line)
		left = 0
	}
	return b.String() + leftOut(left)
}

func leftOut(lines int) string {
	switch lines {
	case 0:
		return ""
	case 1:
		return "… 1 line left out …\n"
	}
	return fmt.Sprintf("… %d lines left out …\n", lines)
}
