package fault

import (
	"cmp"
	"net"
	"time"

	"github.com/scrapehook/scrapehook/internal/delivery"
	"github.com/scrapehook/scrapehook/webhook"
)

// SenderPlan is the faults that a sender is to have. It is safe for concurrent
// use.
type SenderPlan struct {
	list[SenderRule]
	// holds are the endpoints with a notification that waits for the next one.
	holds map[string]bool
}

// NewSenderPlan makes an empty plan, whose shares are drawn from the seed.
func NewSenderPlan(seed uint64) *SenderPlan {
	return &SenderPlan{newList[SenderRule](seed), map[string]bool{}}
}

// Add adds a rule after the others and returns its id.
func (p *SenderPlan) Add(r SenderRule) (id int, err error) {
	if err := r.check(); err != nil {
		return 0, err
	}
	return p.add(r, func(r *SenderRule, id int) { r.ID, r.Seen, r.Struck = id, 0, 0 })
}

// Remove takes a rule out and reports whether it was there.
func (p *SenderPlan) Remove(id int) bool {
	return p.remove(func(r *SenderRule) bool { return r.ID == id })
}

// For is what goes wrong with an attempt: what the first rule that strikes has go
// wrong with it, or nothing. Every rule that matches counts it. What a user sends
// by hand, and copies, are not copied or postponed.
func (p *SenderPlan) For(d delivery.Pending) (strikes delivery.Mishap) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.rules) == 0 {
		return strikes
	}
	first := d.Attempt == 1 && d.Of == 0 && !d.Postponed
	released := first && p.holds[d.URL]
	if released {
		delete(p.holds, d.URL) // it is the next one
	}
	for _, r := range p.rules {
		if !r.matches(d, first) {
			continue
		}
		r.Seen++
		hit := r.Next == 0 || r.Struck < r.Next
		if r.Share > 0 {
			hit = p.dice.Float64() < r.Share && hit
		}
		if !hit || strikes.Name != "" || r.Kind == OutOfOrder && released {
			continue
		}
		strikes = r.mishap(d.Notification)
		r.Struck++
		if r.Kind == OutOfOrder {
			p.holds[d.URL] = true
		}
	}
	return strikes
}

func (r *SenderRule) matches(d delivery.Pending, first bool) bool {
	switch r.Kind {
	case Duplicate, Late, OutOfOrder:
		if !first {
			return false
		}
	default:
	}
	n := d.Notification
	return (r.JobID == 0 || r.JobID == n.JobID) && (r.Status == "" || r.Status == n.Status) && (r.URL == "" || r.URL == d.URL)
}

// The defaults of what a kind is measured by.
const (
	defaultPostponed = 30 * time.Second
	defaultPause     = 50 * time.Millisecond // for a byte: a form in four seconds
	defaultGap       = 5 * time.Millisecond  // between packets, so that none are joined
	defaultPacket    = 16                    // bytes
	defaultStatus    = "paused"
	defaultWrong     = "-1"
)

// mishap is what the sender is told to do wrong.
func (r *SenderRule) mishap(n webhook.Notification) delivery.Mishap {
	m := delivery.Mishap{Name: string(r.Kind)}
	field := cmp.Or(r.Field, webhook.FieldJobID)
	switch r.Kind {
	case Duplicate:
		m.Copies, m.CopyDelay = max(1, r.Copies), r.Delay
	case Late, OutOfOrder:
		m.Postpone, m.Behind = cmp.Or(r.Delay, defaultPostponed), r.Kind == OutOfOrder
	case DropAnswer:
		m.Change = func(q delivery.Request) delivery.Request { q.DropAnswer = true; return q }
	case CutRequest:
		after := cmp.Or(r.After, -1)
		m.Tap = func(c net.Conn) net.Conn { return Cut(c, after) }
	case SlowBody:
		m.Tap = Pace{Size: r.Chunk, Pause: cmp.Or(r.Delay, defaultPause), BodyOnly: true}.Conn
	case SplitPackets:
		m.Tap = Pace{Size: cmp.Or(r.Chunk, defaultPacket), Pause: cmp.Or(r.Delay, defaultGap)}.Conn
	case MissingField:
		m.Change = edited(FormEdit{Drop: []string{field}})
	case WrongField:
		m.Change = edited(FormEdit{Set: map[string]string{field: cmp.Or(r.Value, defaultWrong)}})
	case DoubleField:
		m.Change = edited(FormEdit{Double: []string{field}})
	case UnknownStatus:
		m.Change = edited(FormEdit{Set: map[string]string{webhook.FieldStatus: cmp.Or(r.Value, defaultStatus)}})
	case Malformed:
		m.Change = func(q delivery.Request) delivery.Request { q.Body = []byte(MalformedForm(n)); return q }
	}
	return m
}

// edited changes a request's form. A form without the field is left as it is.
func edited(e FormEdit) func(delivery.Request) delivery.Request {
	return func(q delivery.Request) delivery.Request {
		if form, err := e.Apply(string(q.Body)); err == nil {
			q.Body = []byte(form)
		}
		return q
	}
}
