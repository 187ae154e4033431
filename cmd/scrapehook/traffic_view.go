package main

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/scrapehook/scrapehook/simulator/traffic"
)

// trafficView shows how a load goes: on a terminal as one line that is drawn
// again and again, elsewhere as a line every ten seconds.
type trafficView struct {
	w      io.Writer
	live   bool
	width  int
	total  int64         // jobs of this part of the plan, 0 if only time ends it
	span   time.Duration // how long the plan takes, if it is known
	before traffic.Progress
}

func newTrafficView(w io.Writer, l *load) *trafficView {
	v := &trafficView{w: w, live: isTerminal(w), width: styleOf(w).Width, span: l.whole}
	if l.scheme.Jobs > 0 {
		v.total = traffic.Share(l.scheme.Jobs, l.scheme.Shard, l.scheme.Shards)
	}
	return v
}

func (v *trafficView) every() time.Duration {
	if v.live {
		return redrawEvery
	}
	return 10 * time.Second
}

func (v *trafficView) show(p traffic.Progress) {
	line := progressLine(p, v.before, v.total, v.span)
	v.before = p
	if v.live {
		fmt.Fprintf(v.w, "\r\x1b[K%s", cutTo(line, v.width-1))
		return
	}
	fmt.Fprintln(v.w, line)
}

func (v *trafficView) clear() {
	if v.live {
		fmt.Fprint(v.w, "\r\x1b[K")
	}
}

// progressLine is a run in one line; before is where it stood at the last one.
func progressLine(p, before traffic.Progress, total int64, span time.Duration) string {
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
		bar(fraction(p, total, span)), p.Elapsed.Round(time.Second), rate, p.Sending, p.Pending,
		traffic.Short(p.P50), traffic.Short(p.P99), all.Acked)
	for _, o := range all.Outcomes() {
		if o.Name != "acked" && o.Value > 0 {
			line += fmt.Sprintf(", %d %s", o.Value, o.Name)
		}
	}
	return line
}

// fraction is how much of the plan has been handed out, from 0 to 1.
func fraction(p traffic.Progress, total int64, span time.Duration) float64 {
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
