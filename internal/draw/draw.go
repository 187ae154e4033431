// Package draw has random draws that are repeatable, and cheap to make anew for
// each thing that is drawn: what a job or a row is like follows from a seed and
// its number, so nothing has to be remembered. It is not for secrets.
package draw

import "math"

const golden = 0x9e3779b97f4a7c15

// Mix spreads every bit of x over all of them. It is a bijection: the finalizer
// of splitmix64.
func Mix(x uint64) uint64 {
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// Source is splitmix64: a whole generator in eight bytes, so that seeding one
// costs an assignment. It is a source for math/rand/v2.
type Source struct{ State uint64 }

// Of returns the source of the index-th thing of a kind. Kinds and indexes draw
// independently of each other.
func Of(seed, kind uint64, index int64) Source {
	return Source{Mix(Mix(seed+kind*golden) + uint64(index)*golden)} //nolint:gosec // bits, not a number
}

// Uint64 returns the next draw.
func (s *Source) Uint64() uint64 {
	s.State += golden
	return Mix(s.State)
}

// Float64 returns the next draw, in [0, 1).
func (s *Source) Float64() float64 { return Unit(s.Uint64()) }

// ExpFloat64 returns the next gap between events that happen once a unit of time
// on average, independently of each other.
func (s *Source) ExpFloat64() float64 { return -math.Log(1 - s.Float64()) }

// Unit turns a draw of 64 bits into one in [0, 1).
func Unit(x uint64) float64 { return float64(x>>11) / (1 << 53) }
