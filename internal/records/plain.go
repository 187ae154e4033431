package records

import (
	"strconv"

	"github.com/scrapehook/scrapehook/internal/draw"
)

// The fillers that no option decides on.

func pageURL(dst []byte, src *draw.Source) []byte {
	return appendPath(append(dst, "https://shop.example/products/"...), src)
}

func imageURL(dst []byte, src *draw.Source) []byte {
	return append(appendPath(append(dst, "https://images.example/"...), src), ".jpg"...)
}

var slugs = list("chair lamp backpack kettle jacket keyboard bottle table clock wallet blanket bowl shelf scarf speaker basket")

// appendPath appends a word and a number, as shops name their pages.
func appendPath(dst []byte, src *draw.Source) []byte {
	n := src.Uint64()
	dst = append(append(dst, slugs[n%uint64(len(slugs))]...), '-')
	return appendDigits(dst, n>>16, 7)
}

func email(dst []byte, src *draw.Source) []byte {
	dst = append(append(dst, pick(src, slugs)...), '.')
	return append(appendInt(dst, between(src, 1, 999)), "@mail.example"...)
}

func sku(dst []byte, src *draw.Source) []byte {
	n := src.Uint64()
	for range 3 {
		dst = append(dst, letters[n%uint64(len(letters))])
		n /= uint64(len(letters))
	}
	return appendDigits(append(dst, '-'), n, 6)
}

func ean(dst []byte, src *draw.Source) []byte { return appendEAN(dst, src.Uint64()) }

// appendEAN appends 13 digits, the last of which is right.
func appendEAN(dst []byte, n uint64) []byte {
	from := len(dst)
	dst = appendDigits(dst, n, 12)
	sum := uint64(0)
	for i, c := range dst[from:] {
		sum += uint64(c-'0') * uint64(1+i%2*2)
	}
	return appendDigits(dst, 10-sum%10, 1)
}

func stock(dst []byte, src *draw.Source) []byte {
	return append(dst, pick(src, []string{"In stock", "In stock", "In stock", "Out of stock"})...)
}

func rating(dst []byte, src *draw.Source) []byte {
	n := 10 + src.Uint64()%41
	return appendDigits(append(appendDigits(dst, n/10, 1), '.'), n, 1)
}

func count(dst []byte, src *draw.Source) []byte { return appendInt(dst, between(src, 0, 1999)) }

// pageNumber is a page of a pagination; the first is not linked to.
func pageNumber(dst []byte, src *draw.Source) []byte { return appendInt(dst, between(src, 2, 20)) }

func percentage(dst []byte, src *draw.Source) []byte {
	return append(appendInt(append(dst, '-'), between(src, 5, 70)), '%')
}

func size(dst []byte, src *draw.Source) []byte {
	dst = append(appendInt(dst, between(src, 5, 120)), " x "...)
	return append(appendInt(dst, between(src, 5, 120)), " cm"...)
}

func phone(dst []byte, src *draw.Source) []byte {
	n := src.Uint64()
	dst = append(appendDigits(append(dst, "+1 555-"...), n, 3), '-')
	return appendDigits(dst, n>>16, 4)
}

func postcode(dst []byte, src *draw.Source) []byte { return appendDigits(dst, src.Uint64(), 5) }

func pick[T any](src *draw.Source, all []T) T { return all[src.Uint64()%uint64(len(all))] }

// between draws a number from least to most, both included.
func between(src *draw.Source, least, most int) int {
	return least + int(src.Uint64()%uint64(most-least+1)) //nolint:gosec // least is never above most
}

func appendInt(dst []byte, n int) []byte { return strconv.AppendInt(dst, int64(n), 10) }

// appendDigits appends the last width decimal digits of n.
func appendDigits(dst []byte, n uint64, width int) []byte {
	for range width {
		dst = append(dst, '0')
	}
	for i := len(dst) - 1; i >= len(dst)-width; i-- {
		dst[i] = byte('0' + n%10)
		n /= 10
	}
	return dst
}

// appendGrouped appends n, below a million, with its thousands apart.
func appendGrouped(dst []byte, n uint64, separator string) []byte {
	if n < 1000 {
		return strconv.AppendUint(dst, n, 10)
	}
	return appendDigits(append(strconv.AppendUint(dst, n/1000, 10), separator...), n%1000, 3)
}
