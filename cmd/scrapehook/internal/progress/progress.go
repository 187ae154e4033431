// Package progress shows how a conformance run goes while it goes on.
package progress

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/scrapehook/scrapehook/internal/human"
	"github.com/scrapehook/scrapehook/internal/term"
	"github.com/scrapehook/scrapehook/scenarios"
	"github.com/scrapehook/scrapehook/scenarios/report"
)

// View shows a run. On a terminal it is a block that is
// drawn again and again, with what each scenario waits for and a countdown;
// elsewhere a line for each result, and for each long wait.
type View struct {
	w io.Writer

	mu    sync.Mutex
	order []string
	now   map[string]scenarios.Event // by ID; "" is the run itself
	since map[string]time.Time       // when that was
	said  map[string]string          // the waits that have had their line
	block *term.Status
	began time.Time

	quit, gone chan struct{}
}

const (
	// rowsShown bounds the rows of the block, so that it fits any terminal.
	rowsShown   = 8
	redrawEvery = 200 * time.Millisecond
	// A wait deserves a line of its own when it has taken as long as patience
	// and may take as long as longWait.
	patience = time.Second
	longWait = 3 * time.Second
)

// New returns a view of a run of the selected scenarios. Stop must follow.
func New(w io.Writer, selected []scenarios.Scenario) *View {
	p := &View{
		w: w, block: term.NewStatus(w), began: time.Now(),
		now: map[string]scenarios.Event{}, since: map[string]time.Time{}, said: map[string]string{},
		quit: make(chan struct{}), gone: make(chan struct{}),
	}
	for _, s := range selected {
		p.order = append(p.order, s.ID)
	}
	go p.redraw()
	return p
}

// redraw keeps the countdowns, or the lines about long waits, going until Stop.
func (p *View) redraw() {
	defer close(p.gone)
	tick := time.NewTicker(redrawEvery)
	defer tick.Stop()
	for {
		select {
		case <-p.quit:
			return
		case <-tick.C:
			p.mu.Lock()
			if p.block.Live() {
				p.block.Draw(p.blockLocked(time.Now())...)
			} else {
				p.sayLocked(time.Now())
			}
			p.mu.Unlock()
		}
	}
}

// sayLocked prints a line for each wait that is getting long.
func (p *View) sayLocked(now time.Time) {
	for _, id := range append([]string{""}, p.order...) {
		e := p.now[id]
		left := e.Until.Sub(now)
		if e.State != scenarios.Running || now.Sub(p.since[id]) < patience || left < longWait || p.said[id] == e.Text {
			continue
		}
		p.said[id] = e.Text
		fmt.Fprintln(p.w, strings.TrimSpace(fmt.Sprintf("%-8s waits for %s, at most %s more", id, e.Text, report.Took(left))))
	}
}

// Stop removes the block; nothing is shown after it.
func (p *View) Stop() {
	close(p.quit)
	<-p.gone
	p.mu.Lock()
	defer p.mu.Unlock()
	p.block.Clear()
}

// Note shows a line that stays.
func (p *View) Note(text string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.block.Clear()
	fmt.Fprintln(p.w, text)
}

// Event takes a step of the run.
func (p *View) Event(e scenarios.Event) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.now[e.ID].Text != e.Text {
		p.since[e.ID] = time.Now()
	}
	p.now[e.ID] = e
	if e.State != scenarios.Done {
		return
	}
	broken := e.Result.Verdict == scenarios.Fail || e.Result.Verdict == scenarios.Warn
	if p.block.Live() {
		if broken {
			p.block.Clear()
			columns, _ := term.Size(p.w)
			fmt.Fprintf(p.w, "%-8s %s\n", e.ID, human.Fold(fmt.Sprintf("%s: %s", e.Result.Verdict, e.Result.Title), columns, 9))
			p.sayBroken(*e.Result, columns)
			p.block.Draw(p.blockLocked(time.Now())...)
		}
		return
	}
	if e.Result.Verdict == scenarios.Blocked {
		return // the report says why; what blocks it has its line
	}
	fmt.Fprintf(p.w, "%-8s %s (%s)\n", e.ID, e.Result.Verdict, report.Took(e.Result.Duration))
	if broken {
		p.sayBroken(*e.Result, 0)
	}
}

// sayBroken shows what is broken as soon as it is known.
func (p *View) sayBroken(r scenarios.Result, columns int) {
	say := func(name, text string) {
		fmt.Fprintf(p.w, "         %-9s %s\n", name, human.Fold(text, columns, 19))
	}
	for _, f := range r.Findings[:min(len(r.Findings), 1)] {
		fmt.Fprintf(p.w, "         %s\n", human.Fold(f.Subject, columns, 9))
		say("expected", f.Expected)
		say("actual", f.Actual)
	}
	say("repair", r.Repair)
}

// blockLocked is what is shown at a moment: how far the run is, and what each
// scenario under way waits for.
func (p *View) blockLocked(now time.Time) []string {
	done, bad, failed := 0, 0, 0
	var waiting []string
	for _, id := range append([]string{""}, p.order...) {
		e, known := p.now[id]
		switch {
		case !known:
		case e.State == scenarios.Done:
			done++
			if e.Result.Verdict != scenarios.Pass {
				bad++
			}
			if e.Result.Verdict == scenarios.Fail {
				failed++
			}
		case e.State == scenarios.Running && (id != "" || done == 0 || done == len(p.order)):
			line := fmt.Sprintf("  %-8s %s", id, e.Text)
			if left := e.Until.Sub(now); left > 0 {
				line = fmt.Sprintf("  %-8s waits for %s  %s", id, e.Text, report.Took(left.Round(time.Second)))
			}
			waiting = append(waiting, line)
		}
	}
	if more := len(waiting) - rowsShown; more > 0 {
		waiting = append(waiting[:rowsShown], fmt.Sprintf("  and %d more under way", more))
	}
	columns, _ := term.Size(p.w)
	head := fmt.Sprintf("%s %d of %d judged, %d failed", bar(done, len(p.order), columns), done, len(p.order), failed)
	if others := bad - failed; others > 0 {
		head += fmt.Sprintf(", %s not passed", human.Count(others, "other"))
	}
	head += ", " + report.Took(now.Sub(p.began).Round(time.Second))
	return append([]string{head}, waiting...)
}

// bar shows how much is done, in a sixth of the width.
func bar(done, of, columns int) string {
	wide := min(max(columns/6, 6), 20)
	full := 0
	if of > 0 {
		full = wide * done / of
	}
	return strings.Repeat("█", full) + strings.Repeat("░", wide-full)
}
