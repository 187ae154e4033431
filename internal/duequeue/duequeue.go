// Package duequeue orders what waits by when it is due. It is a heap in an
// array: no timer and no allocation for each entry, and entries of any delay
// meet in it. What "due" is, simulated or real time, is its user's concern.
package duequeue

// Entry is what waits. Before reports whether it is due before another one;
// entries that are due together need an order, too, for a run to be repeatable.
type Entry[E any] interface {
	Before(other E) bool
}

// Queue holds what waits. Its zero value is empty. It is not safe for
// concurrent use.
type Queue[E Entry[E]] struct {
	heap []E
}

// Len is how many entries wait.
func (q *Queue[E]) Len() int { return len(q.heap) }

// Push adds an entry.
func (q *Queue[E]) Push(e E) {
	q.heap = append(q.heap, e)
	at := len(q.heap) - 1
	for at > 0 {
		parent := (at - 1) / 2
		if !e.Before(q.heap[parent]) {
			break
		}
		q.heap[at] = q.heap[parent]
		at = parent
	}
	q.heap[at] = e
}

// Peek returns the entry that is due first, and whether there is one.
func (q *Queue[E]) Peek() (first E, ok bool) {
	if len(q.heap) == 0 {
		return first, false
	}
	return q.heap[0], true
}

// Pop takes the entry that is due first. The queue must not be empty.
func (q *Queue[E]) Pop() E {
	first, end := q.heap[0], len(q.heap)-1
	last := q.heap[end]
	var none E
	q.heap[end] = none // lets go of what it refers to
	q.heap = q.heap[:end]
	if end > 0 {
		q.sink(last)
	}
	return first
}

// sink puts e where it belongs, from the front on, whose entry is gone.
func (q *Queue[E]) sink(e E) {
	h, at := q.heap, 0
	for {
		child := 2*at + 1
		if child >= len(h) {
			break
		}
		if child+1 < len(h) && h[child+1].Before(h[child]) {
			child++
		}
		if !h[child].Before(e) {
			break
		}
		h[at] = h[child]
		at = child
	}
	h[at] = e
}

// All returns the entries in no particular order. It must not be changed, and
// is valid until the queue is.
func (q *Queue[E]) All() []E { return q.heap }
