package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"golang.org/x/term"

	"github.com/scrapehook/scrapehook/scenarios"
	"github.com/scrapehook/scrapehook/scenarios/report"
)

// progress shows a run while it goes on. On a terminal it is a block that is
// drawn again and again, with what each scenario waits for and a countdown;
// elsewhere a line for each result, and for each long wait.
type progress struct {
	w     io.Writer
	live  bool
	style report.Style

	mu    sync.Mutex
	order []string
	now   map[string]scenarios.Event // by ID; "" is the run itself
	since map[string]time.Time       // when that was
	said  map[string]string          // the waits that have had their line
	drawn int                        // lines of the block on the screen
	began time.Time

	quit, gone chan struct{}
}

const (
	redrawEvery = 200 * time.Millisecond
	// A wait deserves a line of its own when it has taken as long as patience
	// and may take as long as longWait.
	patience = time.Second
	longWait = 3 * time.Second
)

func newProgress(w io.Writer, selected []scenarios.Scenario) *progress {
	p := &progress{
		w: w, live: isTerminal(w), style: styleOf(w), began: time.Now(),
		now: map[string]scenarios.Event{}, since: map[string]time.Time{}, said: map[string]string{},
		quit: make(chan struct{}), gone: make(chan struct{}),
	}
	for _, s := range selected {
		p.order = append(p.order, s.ID)
	}
	go p.redraw()
	return p
}

// redraw keeps the countdowns, or the lines about long waits, going until stop.
func (p *progress) redraw() {
	defer close(p.gone)
	tick := time.NewTicker(redrawEvery)
	defer tick.Stop()
	for {
		select {
		case <-p.quit:
			return
		case <-tick.C:
			p.mu.Lock()
			if p.live {
				p.drawLocked()
			} else {
				p.sayLocked(time.Now())
			}
			p.mu.Unlock()
		}
	}
}

// sayLocked prints a line for each wait that is getting long.
func (p *progress) sayLocked(now time.Time) {
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

// stop removes the block; nothing is shown after it.
func (p *progress) stop() {
	close(p.quit)
	<-p.gone
	p.mu.Lock()
	defer p.mu.Unlock()
	p.eraseLocked()
}

// note shows a line that stays.
func (p *progress) note(text string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.eraseLocked()
	fmt.Fprintln(p.w, text)
}

// event takes a step of the run.
func (p *progress) event(e scenarios.Event) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.now[e.ID].Text != e.Text {
		p.since[e.ID] = time.Now()
	}
	p.now[e.ID] = e
	if e.State == scenarios.Done && !p.live {
		fmt.Fprintf(p.w, "%-8s %s (%s)\n", e.ID, e.Result.Verdict, report.Took(e.Result.Duration))
	}
}

func (p *progress) eraseLocked() {
	if p.drawn > 0 {
		fmt.Fprintf(p.w, "\x1b[%dA\x1b[J", p.drawn)
		p.drawn = 0
	}
}

func (p *progress) drawLocked() {
	lines := p.blockLocked(time.Now())
	p.eraseLocked()
	for _, line := range lines {
		fmt.Fprintln(p.w, cutTo(line, p.style.Width-1))
	}
	p.drawn = len(lines)
}

// blockLocked is what is shown at a moment: how far the run is, and what each
// scenario under way waits for.
func (p *progress) blockLocked(now time.Time) []string {
	done, bad := 0, 0
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
		case e.State == scenarios.Running && (id != "" || done == 0 || done == len(p.order)):
			line := fmt.Sprintf("  %-8s %s", id, e.Text)
			if left := e.Until.Sub(now); left > 0 {
				line = fmt.Sprintf("  %-8s waits for %s  %s", id, e.Text, report.Took(left.Round(time.Second)))
			}
			waiting = append(waiting, line)
		}
	}
	head := fmt.Sprintf("%d of %d requirements judged, %d not passed, %s", done, len(p.order), bad, report.Took(now.Sub(p.began)))
	return append([]string{head}, waiting...)
}

// cutTo keeps a line on one row of the screen, since the block is erased by
// rows.
func cutTo(line string, width int) string {
	if runes := []rune(line); width > 0 && len(runes) > width {
		return string(runes[:width-1]) + "…"
	}
	return line
}

func isTerminal(w io.Writer) bool {
	file, ok := w.(*os.File)
	return ok && term.IsTerminal(int(file.Fd())) && os.Getenv("TERM") != "dumb"
}

// styleOf is how text for w should look: colours on terminals only, and none
// where NO_COLOR is set (no-color.org).
func styleOf(w io.Writer) report.Style {
	if !isTerminal(w) {
		return report.Style{}
	}
	style := report.Style{Color: os.Getenv("NO_COLOR") == ""}
	if width, _, err := term.GetSize(int(w.(*os.File).Fd())); err == nil { //nolint:forcetypeassert // isTerminal says so
		style.Width = width
	}
	return style
}
