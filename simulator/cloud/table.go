package cloud

import (
	"fmt"
	"slices"
)

// table holds the objects of one kind by id and in the order of their making.
// Its owner guards it.
type table[T any] struct {
	byID map[int64]*T
	// order is the ids as they were added; those of deleted objects are taken
	// out, so that pages count only what exists.
	order []int64
	next  int64
	most  int
}

func newTable[T any](first int64, most int) table[T] {
	return table[T]{byID: make(map[int64]*T), next: first, most: most}
}

// claim returns the id for a new object: the wanted one, or the next free one
// for 0.
func (t *table[T]) claim(wanted int64) (int64, error) {
	switch {
	case wanted < 0:
		return 0, fmt.Errorf("id %d is negative", wanted)
	case len(t.byID) >= t.most:
		return 0, fmt.Errorf("%w: it holds %d already", ErrFull, t.most)
	case wanted == 0:
		for t.byID[t.next] != nil {
			t.next++
		}
		wanted = t.next
		t.next++ // an id is not given twice, also after a deletion
	case t.byID[wanted] != nil:
		return 0, fmt.Errorf("id %d: %w", wanted, ErrExists)
	}
	return wanted, nil
}

func (t *table[T]) put(id int64, v *T) {
	t.byID[id] = v
	t.order = append(t.order, id)
}

func (t *table[T]) get(id int64) (*T, error) {
	if v := t.byID[id]; v != nil {
		return v, nil
	}
	return nil, fmt.Errorf("id %d: %w", id, ErrNotFound)
}

// remove takes out an object that is there.
func (t *table[T]) remove(id int64) {
	delete(t.byID, id)
	i := slices.Index(t.order, id)
	t.order = slices.Delete(t.order, i, i+1)
}

// clear removes everything. Ids go on.
func (t *table[T]) clear() {
	clear(t.byID)
	t.order = nil
}

// page returns up to limit of the objects that keep wants, after the first
// offset of them, and how many there are in all.
func (t *table[T]) page(offset, limit int, keep func(*T) bool) (page []*T, total int) {
	for _, id := range t.order {
		v := t.byID[id]
		if !keep(v) {
			continue
		}
		if total >= offset && len(page) < limit {
			page = append(page, v)
		}
		total++
	}
	return page, total
}
