package main

import (
	"fmt"
	"io"
	"time"

	"github.com/scrapehook/scrapehook/internal/term"
	"github.com/scrapehook/scrapehook/internal/traffic/plan"
	"github.com/scrapehook/scrapehook/internal/traffic/report"
)

// trafficView shows how a load goes: on a terminal as one line that is drawn
// again and again, elsewhere as a line every ten seconds.
type trafficView struct {
	w      io.Writer
	line   *term.Status
	total  int64         // jobs of this part of the plan, 0 if only time ends it
	span   time.Duration // how long the plan takes, if it is known
	before report.Progress
}

func newTrafficView(w io.Writer, l *load) *trafficView {
	v := &trafficView{w: w, line: term.NewStatus(w), span: l.whole}
	if l.scheme.Jobs > 0 {
		v.total = plan.Share(l.scheme.Jobs, l.scheme.Shard, l.scheme.Shards)
	}
	return v
}

func (v *trafficView) every() time.Duration {
	if v.line.Live() {
		return 200 * time.Millisecond
	}
	return 10 * time.Second
}

func (v *trafficView) show(p report.Progress) {
	line := p.Line(v.before, v.total, v.span)
	v.before = p
	if v.line.Live() {
		v.line.Draw(line)
		return
	}
	fmt.Fprintln(v.w, line)
}

func (v *trafficView) clear() { v.line.Clear() }
