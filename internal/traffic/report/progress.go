package report

import (
	"fmt"
	"strings"
	"time"

	"github.com/scrapehook/scrapehook/internal/human"
)

// Progress is where a run stands.
type Progress struct {
	Elapsed  time.Duration // since the start, negative before it
	Jobs     int64         // handed out
	Counts   Counts        // the warm-up's excluded
	Warm     Counts
	Sending  int64 // exchanges under way
	Waiting  int   // due, and waiting for a connection
	Pending  int   // not due yet: resends, copies, continuations
	P50, P99 time.Duration
}

// Line shows the progress in one line; before is where the run stood at the last
// one. total is how many jobs this part of the plan has and span how long it
// takes; 0 is not known.
func (p Progress) Line(before Progress, total int64, span time.Duration) string {
	if p.Elapsed < 0 {
		return fmt.Sprintf("begins in %v", (-p.Elapsed).Round(time.Second))
	}
	all, then := p.Counts, before.Counts
	all.Add(p.Warm)
	then.Add(before.Warm)
	rate := 0.0
	if took := (p.Elapsed - before.Elapsed).Seconds(); took > 0 {
		rate = float64(all.Sent-then.Sent) / took
	}
	line := fmt.Sprintf("%s %v %.0f/s, %d in flight, %d pending, p50 %s p99 %s, %d acked",
		bar(p.fraction(total, span)), p.Elapsed.Round(time.Second), rate, p.Sending, p.Pending,
		human.Duration(p.P50), human.Duration(p.P99), all.Acked)
	for _, o := range all.Outcomes() {
		if o.Name != "acked" && o.Value > 0 {
			line += fmt.Sprintf(", %d %s", o.Value, o.Name)
		}
	}
	return line
}

// fraction is how much of the plan has been handed out, from 0 to 1.
func (p Progress) fraction(total int64, span time.Duration) float64 {
	switch {
	case total > 0:
		return min(1, float64(p.Jobs)/float64(total))
	case span > 0:
		return min(1, float64(p.Elapsed)/float64(span))
	}
	return 0
}

func bar(f float64) string {
	const width = 20
	full := int(f * width)
	return fmt.Sprintf("[%s%s] %3.0f%%", strings.Repeat("#", full), strings.Repeat(" ", width-full), f*100)
}
