package wire

import (
	"fmt"
	"slices"
	"sync/atomic"
	"time"
)

// pacing says how many dials may be under way. An endpoint whose queue of
// connections is full drops a dial, which the kernel repeats after a second, then
// two, then four. So dials begin with a few, and their number doubles while they
// succeed at once, as a sender's window does. When one is late, the number is
// halved, and grows slowly from then on. A dial that was probably dropped does not
// keep others from trying: room in the queue may come sooner than its repetition.
type pacing struct {
	limit  float64 // of dials that may still succeed at once; 0 is firstDials
	slowly bool    // the limit grows by one for as many dials as it is
	begun  []*dialBegun
	// calm is until when late dials do not lower the limit again.
	calm time.Time
	// refused is why this machine allows no more connections, for now; until is
	// when that is tried again.
	refused error
	until   time.Time
	planned bool // somebody will look again at until
}

// dialBegun is a dial that is under way. They are in the order of their time.
type dialBegun struct {
	at   time.Time
	late bool // it has probably been dropped
}

const (
	firstDials = 4
	leastDials = 1
	// lateDial is how long after its begin a dial has probably been dropped.
	lateDial = 500 * time.Millisecond
	// repeatedAfter is when the kernel repeats a dial to which nothing came back,
	// give or take.
	repeatedAfter = time.Second - 50*time.Millisecond
	// tryAgain is how long this machine's limits are not tested again.
	tryAgain = 100 * time.Millisecond
)

// allowed is how many dials may begin for so many sends that wait, if there is
// room for so many connections.
func (p *pacing) allowed(now time.Time, waiting, room int) int {
	if now.Before(p.until) {
		return 0
	}
	fresh := p.fresh(now)
	if p.limit == 0 {
		p.limit = firstDials
	}
	return max(0, min(room, min(int(p.limit), waiting)-fresh))
}

// fresh is how many dials may still succeed at once. Those that are late by now
// lower the limit.
func (p *pacing) fresh(now time.Time) int {
	n := 0
	for _, d := range p.begun {
		switch {
		case now.Sub(d.at) < lateDial:
			n++
		case !d.late:
			d.late = true
			if !now.Before(p.calm) {
				p.limit, p.slowly, p.calm = max(p.limit/2, leastDials), true, now.Add(lateDial)
			}
		}
	}
	return n
}

// next is when there may be another dial without anything else happening; zero
// is never.
func (p *pacing) next(now time.Time) time.Time {
	if now.Before(p.until) {
		return p.until
	}
	for _, d := range p.begun {
		if late := d.at.Add(lateDial); now.Before(late) {
			return late
		}
	}
	return time.Time{}
}

func (p *pacing) begin(now time.Time) *dialBegun {
	d := &dialBegun{at: now}
	p.begun = append(p.begun, d)
	return d
}

// end notes that a dial has ended, and returns how long it took.
func (p *pacing) end(d *dialBegun) time.Duration {
	p.begun = slices.DeleteFunc(p.begun, func(other *dialBegun) bool { return other == d })
	return time.Since(d.at)
}

// succeeded learns from a dial that took so long.
func (p *pacing) succeeded(took time.Duration) {
	p.refused = nil
	switch {
	case took >= lateDial:
	case p.slowly:
		p.limit += 1 / p.limit
	default:
		p.limit++
	}
}

// limited notes that this machine allows no more connections than are open: they
// must do, and it is tried again later.
func (p *pacing) limited(err error, open int, now time.Time) {
	p.refused = fmt.Errorf("%d are open: %w", open, err)
	p.until = now.Add(tryAgain)
}

// limitedAlone is why this machine allows not a single connection, or nil. open
// counts the dials too, of which only a late one says something of the endpoint.
func (p *pacing) limitedAlone(open int, now time.Time) error {
	late := slices.ContainsFunc(p.begun, func(d *dialBegun) bool { return now.Sub(d.at) >= lateDial })
	if late || open > len(p.begun) {
		return nil
	}
	return p.refused
}

// dials counts the dials that have succeeded.
type dials struct{ all, repeated atomic.Int64 }

func (d *dials) counted(took time.Duration) {
	d.all.Add(1)
	if took >= repeatedAfter {
		d.repeated.Add(1)
	}
}

// Dials returns how many connections were dialled, and how many of them came
// about only when the kernel repeated the dial, as it does after a second when
// the endpoint's queue of connections is full.
func (c *Client) Dials() (all, repeated int64) {
	return c.dials.all.Load(), c.dials.repeated.Load()
}
