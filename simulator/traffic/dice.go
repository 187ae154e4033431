package traffic

import "math"

// dice is a source of draws that is cheap to make anew for each job, so that a
// job is a pure function of the plan's seed and its index and nothing has to be
// remembered between its first attempt and its last. It is splitmix64.
type dice struct{ state uint64 }

// The plan draws independently for different ends.
const (
	forGaps = iota + 1
	forContent
	forIDs
)

// roll returns the dice of the index-th thing of a kind.
func roll(seed, kind uint64, index int64) dice {
	return dice{scramble(scramble(seed+kind*golden) + uint64(index)*golden)} //nolint:gosec // never negative
}

const golden = 0x9e3779b97f4a7c15

func scramble(x uint64) uint64 {
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

func (d *dice) next() uint64 {
	d.state += golden
	return scramble(d.state)
}

// float is in [0, 1).
func (d *dice) float() float64 { return float64(d.next()>>11) / (1 << 53) }

// exponential is the gap between events that happen once a unit of time.
func (d *dice) exponential() float64 { return -math.Log(1 - d.float()) }
