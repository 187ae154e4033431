// Package history remembers deliveries with their attempts, for people and
// programs that look at what a cloud has sent: what is known of each, lists with
// filters, and changes as they happen.
//
// It is bounded by a number of deliveries and by bytes. When there are too many,
// the delivery whose last change is the oldest is forgotten, whole, whether it
// has come to its end or not; one that changes again is then remembered from that
// attempt on. Of one delivery the last [MaxAttempts] attempts are kept.
//
// It never holds a sender up: what it remembers is not changed but replaced, so
// that readers hold no lock while they look at it.
package history

import (
	"cmp"
	"container/list"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/scrapehook/scrapehook/internal/delivery"
	"github.com/scrapehook/scrapehook/webhook"
)

// State says where a delivery is in its life.
type State string

// The states of a delivery.
const (
	Waiting  State = "waiting" // for its first attempt or for a resend
	UnderWay State = "under-way"
	Acked    State = "acked"
	GivenUp  State = "given-up"
)

// States returns every state.
func States() []State { return []State{Waiting, UnderWay, Acked, GivenUp} }

// Delivery is what is remembered of one. It is not to be changed.
type Delivery struct {
	Number       uint64
	URL          string
	Notification webhook.Notification
	State        State
	// Of is the delivery that this one was made of by hand; 0: none.
	Of uint64
	// Form is sent in place of the notification's, if Edited.
	Form   string
	Edited bool
	// Attempt is the number of the attempt that is under way or comes next, or of
	// the last one when there is no other.
	Attempt int
	Due     time.Time // of the attempt that comes next, by the sender's clock
	Began   time.Time // when the attempt under way was begun
	// Attempts are those that have ended, the oldest first, without the first
	// Forgotten.
	Attempts  []delivery.Attempt
	Forgotten int
}

// Last is the last attempt that has ended, or nil.
func (d *Delivery) Last() *delivery.Attempt {
	if len(d.Attempts) == 0 {
		return nil
	}
	return &d.Attempts[len(d.Attempts)-1]
}

// The bounds of [New].
const (
	DefaultDeliveries = 10_000
	DefaultBytes      = 64 << 20
	// MaxAttempts is how many attempts of one delivery are kept.
	MaxAttempts = 50
)

// History remembers deliveries. It is safe for concurrent use.
type History struct {
	deliveries int
	bytes      int
	life       string // tells this process's changes apart from another's

	mu        sync.Mutex
	byNumber  map[uint64]*entry
	order     []*entry   // by number
	changed   *list.List // of *entry, the oldest change first
	held      int
	forgotten int
	ignored   map[uint64]bool // under way when all was cleared
	feed      feed
}

// entry is the place of a delivery, which is replaced when it changes.
type entry struct {
	*Delivery
	held int
	at   *list.Element // in changed
}

// New makes a history that is bounded by a number of deliveries and about so many
// bytes; 0 is the default.
func New(deliveries, bytes int) *History {
	return &History{
		deliveries: cmp.Or(deliveries, DefaultDeliveries), bytes: cmp.Or(bytes, DefaultBytes),
		life:     strconv.FormatInt(time.Now().UnixNano(), 36),
		byNumber: map[uint64]*entry{}, changed: list.New(), ignored: map[uint64]bool{},
	}
}

// Pending notes a delivery that waits, or whose attempt begins; see
// [delivery.Config.OnPending].
func (h *History) Pending(p delivery.Pending, underWay bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	d := h.copyLocked(p.Delivery, p.URL, p.Notification)
	d.Of, d.Form, d.Edited = p.Of, p.Form, p.Edited
	d.Attempt, d.Due, d.State, d.Began = p.Attempt, p.Due, Waiting, time.Time{}
	if underWay {
		d.State, d.Began = UnderWay, time.Now()
	}
	h.putLocked(d)
}

// Ended notes an attempt that has ended.
func (h *History) Ended(a delivery.Attempt) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.ignored[a.Delivery] {
		delete(h.ignored, a.Delivery)
		return
	}
	d := h.copyLocked(a.Delivery, a.URL, a.Notification)
	if d.Forgotten+len(d.Attempts) < a.Number-1 {
		d.Forgotten = a.Number - 1 // those before were forgotten with the delivery
	}
	if len(d.Attempts) == MaxAttempts {
		d.Attempts = slices.Clone(d.Attempts[1:])
		d.Forgotten++
	}
	// Nobody else appends to what earlier copies share.
	d.Attempts = append(d.Attempts, a)
	d.Attempt, d.Due, d.Began = a.Number, a.Resend, time.Time{}
	switch {
	case a.Reason == delivery.Acked:
		d.State = Acked
	case a.Reason == delivery.Canceled:
		d.State, d.Due = Waiting, a.Planned
	case a.Resend.IsZero():
		d.State = GivenUp
	default:
		d.State, d.Attempt = Waiting, a.Number+1
	}
	h.putLocked(d)
}

// Clear forgets all deliveries, and has every subscriber list anew.
func (h *History) Clear() {
	h.mu.Lock()
	defer h.mu.Unlock()
	for number, e := range h.byNumber {
		if e.State == UnderWay {
			h.ignored[number] = true
		}
	}
	h.byNumber, h.order, h.held, h.forgotten = map[uint64]*entry{}, nil, 0, 0
	h.changed.Init()
	h.feed.clear()
}

// Stats says how much is remembered.
type Stats struct {
	Deliveries int // that are remembered
	Bytes      int // about what they take
	Forgotten  int // that had to make room
}

// Stats returns how much is remembered.
func (h *History) Stats() Stats {
	h.mu.Lock()
	defer h.mu.Unlock()
	return Stats{len(h.order), h.held, h.forgotten}
}

// Delivery returns a delivery by its number, or nil.
func (h *History) Delivery(number uint64) *Delivery {
	h.mu.Lock()
	defer h.mu.Unlock()
	if e := h.byNumber[number]; e != nil {
		return e.Delivery
	}
	return nil
}

// copyLocked returns a copy of a delivery for a change, or a new one.
func (h *History) copyLocked(number uint64, url string, n webhook.Notification) *Delivery {
	if e := h.byNumber[number]; e != nil {
		d := *e.Delivery
		return &d
	}
	return &Delivery{Number: number, URL: url, Notification: n}
}

// putLocked remembers d in place of what was remembered of it, and forgets what
// there is no room for.
func (h *History) putLocked(d *Delivery) {
	e := h.byNumber[d.Number]
	if e == nil {
		e = &entry{}
		e.at = h.changed.PushBack(e)
		h.byNumber[d.Number] = e
		at := h.placeLocked(d.Number)
		h.order = slices.Insert(h.order, at, e)
	}
	h.held -= e.held
	e.Delivery, e.held = d, d.size()
	h.held += e.held
	h.changed.MoveToBack(e.at)
	for len(h.order) > h.deliveries || (h.held > h.bytes && len(h.order) > 1) {
		oldest, _ := h.changed.Front().Value.(*entry) // it has nothing else
		h.forgetLocked(oldest)
	}
	h.feed.add(d.Number)
}

func (h *History) forgetLocked(e *entry) {
	h.changed.Remove(e.at)
	delete(h.byNumber, e.Number)
	h.held -= e.held
	h.forgotten++
	if at := h.placeLocked(e.Number); at == 0 {
		h.order[0] = nil
		h.order = h.order[1:]
	} else {
		h.order = slices.Delete(h.order, at, at+1)
	}
}

// placeLocked is where a delivery is in the order, or belongs.
func (h *History) placeLocked(number uint64) int {
	if last := len(h.order) - 1; last < 0 || h.order[last].Number < number {
		return last + 1 // as nearly always
	}
	at, _ := slices.BinarySearchFunc(h.order, number, func(e *entry, n uint64) int { return cmp.Compare(e.Number, n) })
	return at
}

// size is about how much memory d takes, in bytes.
func (d *Delivery) size() int {
	n := 512 + len(d.Form) + len(d.URL) + len(d.Notification.SitemapName)
	for _, a := range d.Attempts {
		n += a.Held()
	}
	return n
}
