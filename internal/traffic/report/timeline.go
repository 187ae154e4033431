package report

import (
	"errors"
	"time"

	"github.com/scrapehook/scrapehook/internal/delivery"
	"github.com/scrapehook/scrapehook/internal/traffic/plan"
)

// maxSlots is how many slots a timeline has at most; when a run lasts longer,
// each two become one of double width. Widths are powers of two seconds, so
// the timelines of shards that started together can be merged.
const maxSlots = 240

// Timeline is what happened over a run, by the planned moment of each send.
type Timeline struct {
	WidthS int     `json:"width_s"` // of a slot; 0 while there is none
	Slots  []*Slot `json:"slots"`
}

// Slot is one piece of a timeline.
type Slot struct {
	Sent   int64 `json:"sent"`
	Acked  int64 `json:"acked"`
	Failed int64 `json:"failed"` // what is malformed, lost or canceled is neither
	// Latency from the planned moment, two digits exact.
	Latency *Histogram `json:"latency_us"`
}

func newSlot() *Slot { return &Slot{Latency: newHistogram(2)} }

func (s *Slot) count(a *Attempt) {
	s.Sent++
	switch {
	case a.Job.Special == plan.Malformed, a.Reason == delivery.Dropped, a.Reason == delivery.Canceled:
	case a.Reason == delivery.Acked:
		s.Acked++
	default:
		s.Failed++
	}
	if a.measured() {
		s.Latency.Record(a.Ended - a.Planned)
	}
}

func (s *Slot) merge(other *Slot) {
	s.Sent += other.Sent
	s.Acked += other.Acked
	s.Failed += other.Failed
	s.Latency.Merge(other.Latency)
}

// at returns the slot of a moment.
func (t *Timeline) at(moment time.Duration) *Slot {
	if t.WidthS == 0 {
		t.WidthS = 1
	}
	second := int(moment / time.Second)
	for second/t.WidthS >= maxSlots {
		t.double()
	}
	return t.slot(second / t.WidthS)
}

func (t *Timeline) slot(i int) *Slot {
	for len(t.Slots) <= i {
		t.Slots = append(t.Slots, newSlot())
	}
	return t.Slots[i]
}

// double makes one slot of each two.
func (t *Timeline) double() {
	old := t.Slots
	t.WidthS, t.Slots = t.WidthS*2, nil
	for i, s := range old {
		if i%2 == 0 {
			t.Slots = append(t.Slots, s)
		} else {
			t.Slots[i/2].merge(s)
		}
	}
}

func (t *Timeline) clone() Timeline {
	c := Timeline{WidthS: t.WidthS}
	for i, s := range t.Slots {
		c.slot(i).merge(s)
	}
	return c
}

// merge adds another timeline, of which it may change the width.
func (t *Timeline) merge(other *Timeline) {
	if t.WidthS == 0 {
		t.WidthS = other.WidthS
	}
	for t.WidthS < other.WidthS {
		t.double()
	}
	for other.WidthS > 0 && other.WidthS < t.WidthS {
		other.double()
	}
	for i, s := range other.Slots {
		t.slot(i).merge(s)
	}
}

// check refuses a timeline that was read and is none of ours.
func (t *Timeline) check() error {
	if w := t.WidthS; w < 0 || w&(w-1) != 0 || len(t.Slots) > maxSlots || (w == 0 && len(t.Slots) > 0) {
		return errors.New("its timeline is not one of ours")
	}
	for _, s := range t.Slots {
		if s == nil || s.Latency == nil {
			return errors.New("its timeline has a hole")
		}
	}
	return nil
}
