package scenarios

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
)

// Death is an end of the receiver's process that the run did not cause.
type Death struct {
	// At is when it was noticed, counted from the beginning of the run.
	At time.Duration
	// How is its exit status, in words.
	How string
	// Requests are what it was sent when it ended, each with the requirement
	// that it belongs to; empty when nothing was under way.
	Requests []string
	// Scenarios are the IDs of those requirements.
	Scenarios []string
	// Output are the last lines that it printed.
	Output string
	// Restarted says that it was started again.
	Restarted bool
}

// Sentence says what happened, without the output; it follows the name of what
// ended.
func (d Death) Sentence() string {
	during := "while nothing was sent to it"
	if len(d.Requests) > 0 {
		during = "while it answered " + d.Requests[0]
		if more := len(d.Requests) - 1; more > 0 {
			during += fmt.Sprintf(" and %d more", more)
		}
	}
	return fmt.Sprintf("ended by itself (%s) %s", d.How, during)
}

// mortality knows whether the receiver's process is alive, and what it was sent
// last. Its zero value is ready.
type mortality struct {
	// control is held by whoever stops or starts the receiver.
	control sync.Mutex
	owner   sync.WaitGroup // restarts under way

	mu     sync.Mutex
	deaths []Death
	recent []sent        // exchanges under way, and those that ended a moment ago
	alive  chan struct{} // closed when it is alive again; nil: it is
	gone   bool          // it can't be started any more
	// dying is cancelled when it dies, and made anew for who begins later.
	dying context.Context //nolint:containedctx // what it ends outlives any call
	die   context.CancelFunc
}

// sent is an exchange with the receiver.
type sent struct {
	number          uint64
	scenario, label string
	ended           time.Time
	answered        bool
}

// restartsAllowed bounds how often a receiver that ends is started again.
const restartsAllowed = 10

// sending notes an exchange that begins, and returns what notes its end.
func (h *harness) sending(scenario, label string) (ended func(answered bool)) {
	m := &h.mortality
	m.mu.Lock()
	defer m.mu.Unlock()
	number := h.exchanges.Add(1)
	m.recent = slices.DeleteFunc(m.recent, func(s sent) bool {
		return !s.ended.IsZero() && (s.answered || time.Since(s.ended) > time.Second)
	})
	m.recent = append(m.recent, sent{number: number, scenario: scenario, label: label})
	return func(answered bool) {
		m.mu.Lock()
		defer m.mu.Unlock()
		for i := range m.recent {
			if m.recent[i].number == number {
				m.recent[i].ended, m.recent[i].answered = time.Now(), answered
			}
		}
	}
}

// watch starts the receiver again whenever it ends by itself, until ctx ends.
func (h *harness) watch(ctx context.Context) {
	if h.receiver == nil {
		return
	}
	h.receiver.OnDeath(func(how string) { h.died(ctx, how) })
}

// died notes a death and starts the receiver again.
func (h *harness) died(ctx context.Context, how string) {
	m := &h.mortality
	d := Death{
		At: time.Since(h.began), How: how,
		Output: h.redactor.Text(ending(h.printed(max(0, h.mark()-deathOutput)), deathOutput)),
	}
	m.mu.Lock()
	for _, s := range m.recent {
		if !s.answered {
			d.Requests = append(d.Requests, strings.TrimSpace(fmt.Sprintf("%q (%s)", s.label, s.scenario)))
			if s.scenario != "" && !slices.Contains(d.Scenarios, s.scenario) {
				d.Scenarios = append(d.Scenarios, s.scenario)
			}
		}
	}
	d.Restarted = len(m.deaths) < restartsAllowed && ctx.Err() == nil
	m.deaths = append(m.deaths, d)
	if m.die != nil {
		m.die()
		m.dying, m.die = nil, nil
	}
	h.rhythm.Fail()
	if m.alive == nil {
		m.alive = make(chan struct{})
	}
	if !d.Restarted {
		m.gone = true
		close(m.alive)
		m.alive = nil
	}
	m.mu.Unlock()
	if d.Restarted {
		m.owner.Go(func() { h.startAgain(ctx) })
	}
}

// deathOutput bounds what is kept of the output of a receiver that ended.
const deathOutput = 2000

func (h *harness) startAgain(ctx context.Context) {
	m := &h.mortality
	m.control.Lock()
	err := h.receiver.Crash(ctx)
	if err == nil {
		err = h.receiver.Start(ctx)
	}
	m.control.Unlock()
	m.mu.Lock()
	defer m.mu.Unlock()
	m.gone = err != nil
	if err == nil {
		h.rhythm.Started(time.Now())
	}
	if m.alive != nil {
		close(m.alive)
		m.alive = nil
	}
}

// deaths are those so far.
func (h *harness) deaths() []Death {
	h.mortality.mu.Lock()
	defer h.mortality.mu.Unlock()
	return slices.Clone(h.mortality.deaths)
}

// whileAlive returns a context that ends when the receiver ends by itself.
func (h *harness) whileAlive(ctx context.Context) (context.Context, context.CancelFunc) {
	m := &h.mortality
	m.mu.Lock()
	if m.dying == nil {
		m.dying, m.die = context.WithCancel(context.Background())
	}
	dying := m.dying
	m.mu.Unlock()
	ctx, cancel := context.WithCancel(ctx)
	stop := context.AfterFunc(dying, cancel)
	return ctx, func() {
		stop()
		cancel()
	}
}

// deathNotice is how long the end of a process takes to be known after its
// connections have broken.
const deathNotice = 500 * time.Millisecond

// diedSince reports whether the receiver has ended by itself since there were
// so many deaths. If a connection broke, it waits a moment to be sure.
func (h *harness) diedSince(ctx context.Context, deaths int, broken bool) bool {
	for until := time.Now().Add(deathNotice); ; {
		if len(h.deaths()) > deaths {
			return true
		}
		if !broken || h.receiver == nil || time.Now().After(until) || sleep(ctx, h.timing.poll) != nil {
			return false
		}
	}
}

// awaitAlive waits until a receiver that ended is running again, and reports
// whether it is.
func (h *harness) awaitAlive(ctx context.Context) bool {
	m := &h.mortality
	m.mu.Lock()
	alive, gone := m.alive, m.gone
	m.mu.Unlock()
	if alive == nil {
		return !gone
	}
	select {
	case <-alive:
		m.mu.Lock()
		defer m.mu.Unlock()
		return !m.gone
	case <-ctx.Done():
		return false
	}
}
