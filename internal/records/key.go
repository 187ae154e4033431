package records

import (
	"github.com/scrapehook/scrapehook/internal/draw"
	"github.com/scrapehook/scrapehook/internal/sitemaps"
)

// A key is a column that tells one record from all others: a number of the thing
// (sku, id, ean, …) or an address (of the link to it, or of the page itself), where
// no two rows share it. Its values never come twice, neither in a job nor in the
// jobs of a run, and are never missing unless users say so: receivers update their
// tables by such columns. Which columns these are follows from the selectors alone.

// keyer appends the n-th of many values, no two of which are the same.
type keyer func(dst []byte, n uint64) []byte

// keysOf are the keyers of columns; nil: the column is not a key.
func keysOf(columns []sitemaps.Column, selectors []sitemaps.Selector, slots []slot) []keyer {
	keys := make([]keyer, len(columns))
	for i, c := range columns {
		if key := keyFor(c, &selectors[c.Selector]); key != nil && ownOfRows(slots, i) {
			keys[i] = key
		}
	}
	return keys
}

// keyFor is a column's keyer by its kind and name, see [fillerFor].
func keyFor(c sitemaps.Column, s *sitemaps.Selector) keyer {
	switch c.Kind {
	case sitemaps.KindURL:
		return pageKey
	case sitemaps.KindAttribute:
		switch s.Attribute {
		case "href":
			return pageKey
		case "id", "data-id":
			return skuKey
		}
	case sitemaps.KindText, sitemaps.KindLinkText:
	default:
		return nil
	}
	switch m := meaningOf(c.Name); {
	case m == anSKU:
		return skuKey
	case m == anEAN:
		return eanKey
	case m == aURL && c.Kind != sitemaps.KindLinkText:
		return pageKey
	}
	return nil
}

// ownOfRows reports whether every row has a value of its own in a column, which it
// shares with no other row of its block.
func ownOfRows(slots []slot, column int) bool {
	seen := map[uint64]bool{}
	for _, s := range slots {
		switch level := s.level[column]; {
		case level < 0: // rows of this slot have none
		case level < ownLevels:
			if level == pageLevel || len(slots) > 1 {
				return false
			}
		default:
			salt := s.salts[level-ownLevels]
			if seen[salt] {
				return false
			}
			seen[salt] = true
		}
	}
	return true
}

// firstKey is where the numbers of a job's keys begin; row i has the i-th from
// there. The numbers of two jobs overlap hardly ever, as both are few beside those
// that there are.
func (j Job) firstKey() uint64 { return draw.Mix(j.base()+1) >> 1 }

// spread puts the numbers below size into another order, so that neighbours differ
// in all digits. The prime divides no size.
func spread(n, size, prime uint64) uint64 { return n % size * prime % size }

const letters = "ABCDEFGHJKLMNPQRSTUVWXYZ"

func skuKey(dst []byte, n uint64) []byte {
	const (
		numbers = 1_000_000
		size    = uint64(len(letters)*len(letters)*len(letters)) * numbers
	)
	n = spread(n, size, 982_451_653)
	for rest, i := n/numbers, 0; i < 3; i++ {
		dst = append(dst, letters[rest%uint64(len(letters))])
		rest /= uint64(len(letters))
	}
	return appendDigits(append(dst, '-'), n%numbers, 6)
}

func eanKey(dst []byte, n uint64) []byte {
	return appendEAN(dst, spread(n, 1_000_000_000_000, 15_485_863))
}

func pageKey(dst []byte, n uint64) []byte {
	n = spread(n, 16*10_000_000_000, 86_028_121) // 16 slugs
	dst = append(append(dst, "https://shop.example/products/"...), slugs[n%16]...)
	return appendDigits(append(dst, '-'), n/16, 10)
}
