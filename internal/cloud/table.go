package cloud

import "fmt"

// table holds the objects of one kind by id and in the order of their making.
// Its owner guards it.
type table[T any] struct {
	byID  map[int64]made[T]
	order ordered[T]
	last  uint64 // number of the last object that was made
	// next is the cloud's own sequence of ids; retired are ids at or above it
	// that a caller chose and that are gone: an id is not given twice.
	next    int64
	retired map[int64]bool
	max     int
}

func newTable[T any](first int64, most int) table[T] {
	return table[T]{next: first, retired: map[int64]bool{}, max: most}
}

func (t *table[T]) len() int { return len(t.byID) }

// claim returns the id for a new object: the wanted one, or the next free one
// for 0.
func (t *table[T]) claim(wanted int64) (int64, error) {
	switch {
	case wanted < 0:
		return 0, fmt.Errorf("id %d is negative", wanted)
	case len(t.byID) >= t.max:
		return 0, fmt.Errorf("%w: it holds %d already", ErrFull, t.max)
	case wanted == 0:
		for t.has(t.next) || t.retired[t.next] {
			delete(t.retired, t.next)
			t.next++
		}
		wanted = t.next
		t.next++ // an id is not given twice, also after a deletion
	case t.has(wanted):
		return 0, fmt.Errorf("id %d: %w", wanted, ErrExists)
	}
	return wanted, nil
}

func (t *table[T]) has(id int64) bool {
	_, ok := t.byID[id]
	return ok
}

func (t *table[T]) put(id int64, v *T) made[T] {
	t.last++
	m := made[T]{t.last, v}
	t.byID[id] = m
	t.order.add(m)
	return m
}

func (t *table[T]) get(id int64) (*T, error) {
	if m, ok := t.byID[id]; ok {
		return m.object, nil
	}
	return nil, fmt.Errorf("id %d: %w", id, ErrNotFound)
}

// remove takes out an object that is there.
func (t *table[T]) remove(id int64) made[T] {
	m := t.byID[id]
	delete(t.byID, id)
	t.order.remove(m.number)
	if id >= t.next {
		t.retired[id] = true
	}
	return m
}

// gone is the change that removes an object. Of an id that the sequence has yet
// to come to, a trace is kept.
func (t *table[T]) gone(kind string, id int64) Change {
	return Change{Kind: kind, ID: id, Retired: id >= t.next}
}

// ahead are the changes that retire every id that the sequence has yet to come
// to.
func (t *table[T]) ahead(kind string) []Change {
	var changes []Change
	for id := range t.byID {
		if id >= t.next {
			changes = append(changes, t.gone(kind, id))
		}
	}
	for id := range t.retired {
		changes = append(changes, t.gone(kind, id))
	}
	return changes
}

// clear removes everything. Ids go on.
func (t *table[T]) clear() {
	t.byID = map[int64]made[T]{}
	t.order = ordered[T]{}
}
