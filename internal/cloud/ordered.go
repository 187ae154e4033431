package cloud

import (
	"cmp"
	"slices"
	"sort"
)

// ordered holds objects in the order of their making. They are kept in blocks,
// so that removing one moves few others, and a page is found by the blocks'
// lengths: a million objects are a few thousand blocks.
type ordered[T any] struct {
	blocks [][]made[T] // none is empty
	size   int
}

// made is an object with its number in the order of all that were made.
type made[T any] struct {
	number uint64
	object *T
}

// blockSize is the most objects in a block.
const blockSize = 512

func (o *ordered[T]) len() int {
	if o == nil {
		return 0
	}
	return o.size
}

// find returns the block that an object with that number is in or belongs to,
// and its place there.
func (o *ordered[T]) find(number uint64) (block, place int) {
	block = max(0, sort.Search(len(o.blocks), func(i int) bool { return o.blocks[i][0].number > number })-1)
	if block < len(o.blocks) {
		b := o.blocks[block]
		place = sort.Search(len(b), func(i int) bool { return b[i].number >= number })
	}
	return block, place
}

// add adds an object that is not there.
func (o *ordered[T]) add(m made[T]) {
	o.size++
	if len(o.blocks) == 0 {
		o.blocks = [][]made[T]{{m}}
		return
	}
	block, place := o.find(m.number)
	full := o.blocks[block]
	switch {
	case len(full) < blockSize:
		o.blocks[block] = slices.Insert(full, place, m)
	case place == blockSize: // a new last one leaves a full block behind
		o.blocks = slices.Insert(o.blocks, block+1, []made[T]{m})
	default:
		half := slices.Clone(full[blockSize/2:])
		clear(full[blockSize/2:])
		o.blocks[block] = full[:blockSize/2]
		o.blocks = slices.Insert(o.blocks, block+1, half)
		o.size--
		o.add(m)
	}
}

// remove takes out the object with that number, if it is there.
func (o *ordered[T]) remove(number uint64) {
	block, place := o.find(number)
	if block >= len(o.blocks) || place >= len(o.blocks[block]) || o.blocks[block][place].number != number {
		return
	}
	o.size--
	if len(o.blocks[block]) == 1 {
		o.blocks = slices.Delete(o.blocks, block, block+1)
		return
	}
	o.blocks[block] = slices.Delete(o.blocks[block], place, place+1)
}

// before is how many of the objects have a smaller number.
func (o *ordered[T]) before(number uint64) int {
	block, place := o.find(number)
	for _, b := range o.blocks[:block] {
		place += len(b)
	}
	return place
}

// page returns up to limit objects after the first offset.
func (o *ordered[T]) page(offset, limit int) []made[T] {
	if o == nil || offset >= o.size || limit <= 0 {
		return nil
	}
	page := make([]made[T], 0, min(limit, o.size-offset))
	for _, b := range o.blocks {
		if offset >= len(b) {
			offset -= len(b)
			continue
		}
		page = append(page, b[offset:min(len(b), offset+limit-len(page))]...)
		if offset = 0; len(page) == limit {
			break
		}
	}
	return page
}

// mergedPage is the page of several lists as if they were one.
func mergedPage[T any](lists []*ordered[T], offset, limit int, last uint64) []made[T] {
	// The first number that has offset objects before it, or more.
	first := sort.Search(int(last)+1, func(number int) bool { //nolint:gosec // counted from 1
		before := 0
		for _, list := range lists {
			before += list.before(uint64(number)) //nolint:gosec // counted from 1
		}
		return before >= offset
	})
	var page []made[T]
	for _, list := range lists {
		page = append(page, list.page(list.before(uint64(first)), limit)...) //nolint:gosec // counted from 1
	}
	slices.SortFunc(page, func(a, b made[T]) int { return cmp.Compare(a.number, b.number) })
	return page[:min(limit, len(page))]
}
