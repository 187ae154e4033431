package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"time"
)

// figure is one comparison of tools: what they are asked to do, and to whom.
type figure struct {
	name  string // as -only has it
	kind  string // of target
	order order
	tools []tool
}

// measured is what came of one tool in one round; NaN is what can't be told.
type measured struct {
	rate    float64 // requests that arrived a second
	cpu     float64 // of the sender, in ns a request
	peak    float64 // of the sender's memory, in bytes
	busy    float64 // share of the target's core
	late    lateness
	behind  float64       // p99 of how late requests were by the tool's own plan, in ns
	truth   time.Duration // the p99 of a plan whose target froze
	said    reported
	silence silence
}

// silence is what came of requests that are never answered.
type silence struct {
	perRequest float64 // bytes of the sender's memory
	// overshoot is how much later than the deadline the target saw connections
	// closed, p99 in ns; said is the same by the sender's report.
	overshoot, said float64
	closed          int // connections that the target saw closed
}

// arena is what all measurements share.
type arena struct {
	self    string
	program func(from string) (string, bool) // a tool's file, if it is there
	dir     string
}

// fight has one tool do a figure's order.
func (a arena) fight(ctx context.Context, f figure, t tool) (m measured, err error) {
	o := f.order
	if t.connections > 0 {
		o.connections = t.connections
	}
	ctx, cancel := context.WithTimeout(ctx, o.lasts+deadline+30*time.Second)
	defer cancel()
	if o.dir, err = os.MkdirTemp(a.dir, "run-"); err != nil {
		return m, err
	}
	if f.kind == silent {
		m.silence, err = a.silence(ctx, o, t)
		return m, err
	}
	opponent, err := startTarget(ctx, a.self, f.kind)
	if err != nil {
		return m, err
	}
	s, err := a.start(ctx, opponent.address, &o, t)
	if err != nil {
		return m, errors.Join(err, opponent.kill())
	}
	used, stdout, err := s.finish()
	record, ended := opponent.finish()
	if err := errors.Join(err, ended); err != nil {
		return m, err
	}
	if m.said, err = a.report(ctx, o, t, stdout); err != nil {
		return m, err
	}
	m.rate, m.busy, m.peak = record.rate(o.lasts), record.busy(), float64(used.peak)
	m.cpu = float64(used.cpu) / float64(len(record.Arrivals))
	if o.perSecond > 0 {
		p := plan{o.perSecond, o.lasts}
		m.late, m.truth, m.behind = record.hold(p), record.frozen(p, 0.99), record.behind(p, m.said.began)
	}
	return m, nil
}

// start starts a tool on its order, at a target.
func (a arena) start(ctx context.Context, address string, o *order, t tool) (*sender, error) {
	o.address, o.url = address, "http://"+address+"/webhook"
	args, err := t.args(*o)
	if err != nil {
		return nil, err
	}
	program, _ := a.program(t.from)
	return startSender(ctx, append([]string{program}, args...))
}

// report reads what a tool said of its run.
func (a arena) report(ctx context.Context, o order, t tool, stdout []byte) (reported, error) {
	if t.report == nil {
		return reported{}, nil
	}
	if t.after != nil {
		program, _ := a.program(t.from)
		var err error
		if stdout, err = exec.CommandContext(ctx, program, t.after(o)...).Output(); err != nil { //nolint:gosec // the tool that ran
			return reported{}, fmt.Errorf("asking for its report: %w", err)
		}
	}
	return t.report(o, stdout)
}

// underWay is how many requests are under way when the memory is looked at.
const underWay = 8000

// silence has a tool send requests to a target that answers none, and compares
// its memory with that of the same tool with one request.
func (a arena) silence(ctx context.Context, o order, t tool) (silence, error) {
	one := o
	one.connections, one.perSecond = 1, 1
	before, err := a.memoryAt(ctx, one, t, 1, func(s *sender) error { return s.abandon() })
	if err != nil {
		return silence{}, err
	}
	var out silence
	during, err := a.memoryAt(ctx, o, t, underWay, func(s *sender) error {
		_, stdout, err := s.finish()
		if err != nil {
			return err
		}
		said, err := a.report(ctx, o, t, stdout)
		out.said = float64(said.p99 - deadline)
		if said.fromSent > 0 {
			out.said = float64(said.fromSent - deadline)
		}
		return err
	})
	if err != nil {
		return silence{}, err
	}
	held := slices.Sorted(slices.Values(during.record.Held))
	out.perRequest, out.closed, out.overshoot = float64(during.bytes-before.bytes)/underWay, len(held), math.NaN()
	if len(held) >= underWay {
		out.overshoot = float64(quantile(held, 0.99) - deadline)
	}
	return out, nil
}

// occupied is a tool's memory with requests under way, and what their target saw.
type occupied struct {
	bytes  int64
	record *Record
}

// memoryAt starts a tool at a silent target, looks at its memory when that has
// so many requests, and lets end see to the tool's end.
func (a arena) memoryAt(ctx context.Context, o order, t tool, requests int, end func(*sender) error) (at occupied, err error) {
	opponent, err := startTarget(ctx, a.self, silent, requests)
	if err != nil {
		return at, err
	}
	s, err := a.start(ctx, opponent.address, &o, t)
	if err != nil {
		return at, errors.Join(err, opponent.kill())
	}
	if line, err := opponent.line(); err != nil || line != strconv.Itoa(requests) {
		return at, errors.Join(fmt.Errorf("it never had %d requests under way: %w", requests, err), s.abandon(), opponent.kill())
	}
	if at.bytes, err = s.memory("VmRSS:"); err != nil {
		return at, errors.Join(err, s.abandon(), opponent.kill())
	}
	if err := end(s); err != nil {
		return at, errors.Join(err, opponent.kill())
	}
	at.record, err = opponent.finish()
	return at, err
}
