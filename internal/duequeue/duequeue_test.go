package duequeue_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/scrapehook/scrapehook/internal/duequeue"
)

type entry struct{ due, id int }

func (e entry) Before(other entry) bool {
	if e.due != other.due {
		return e.due < other.due
	}
	return e.id < other.id
}

func compare(a, b entry) int {
	switch {
	case a == b:
		return 0
	case a.Before(b):
		return -1
	}
	return 1
}

func TestEntriesComeInOrder(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	var q duequeue.Queue[entry]
	var want []entry
	for id := range 5000 {
		// Now and then one is taken in between.
		if random.IntN(3) == 0 && len(want) > 0 {
			slices.SortFunc(want, compare)
			if got := q.Pop(); got != want[0] {
				t.Fatalf("got %v, want %v", got, want[0])
			}
			want = want[1:]
		}
		e := entry{random.IntN(100), id}
		q.Push(e)
		want = append(want, e)
	}
	slices.SortFunc(want, compare)
	if got := slices.SortedFunc(slices.Values(q.All()), compare); !slices.Equal(got, want) {
		t.Errorf("%d entries wait, want %d", len(got), len(want))
	}
	for _, e := range want {
		first, ok := q.Peek()
		if got := q.Pop(); !ok || got != first || got != e {
			t.Fatalf("got %v after a peek at %v, want %v", got, first, e)
		}
	}
	if _, ok := q.Peek(); ok || q.Len() != 0 {
		t.Errorf("%d entries are left", q.Len())
	}
}
