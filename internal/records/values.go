package records

import (
	"bytes"
	"strconv"

	"github.com/scrapehook/scrapehook/internal/draw"
	"github.com/scrapehook/scrapehook/internal/sitemaps"
)

// filler appends one made-up value as plain text. It draws from src and from
// nothing else.
type filler func(dst []byte, src *draw.Source) []byte

// values makes the fillers that options decide on.
type values struct {
	scripts  []*script
	currency string
	dates    string
}

// fillerFor picks the filler of a column by its kind and by what its name, or
// that of the attribute, says.
func fillerFor(c sitemaps.Column, s *sitemaps.Selector, o *Options) filler {
	v := &values{scriptsOf(o.Scripts), o.Currency, o.Dates}
	if v.currency == "" {
		v.currency = "USD"
	}
	switch c.Kind {
	case sitemaps.KindURL:
		return pageURL
	case sitemaps.KindImage:
		return imageURL
	case sitemaps.KindHTML:
		return v.html
	case sitemaps.KindGroup:
		return v.group(s)
	case sitemaps.KindPage:
		return pageNumber
	case sitemaps.KindAttribute:
		return v.attribute(s.Attribute, c.Name)
	case sitemaps.KindLinkText:
		if m := meaningOf(c.Name); m != aURL && m != anImage {
			return v.of(m)
		}
		return v.title
	case sitemaps.KindText:
	}
	return v.of(meaningOf(c.Name))
}

// attribute is the filler of an element's attribute, whatever the column's name.
func (v *values) attribute(attribute, column string) filler {
	switch attribute {
	case "href", "action", "cite":
		return pageURL
	case "src", "srcset", "data-src", "poster":
		return imageURL
	case "datetime":
		return (&values{dates: "datetime"}).date
	case "id", "data-id":
		return sku
	case "style":
		return func(dst []byte, src *draw.Source) []byte {
			return append(appendInt(append(dst, "width: "...), between(src, 1, 100)), "%;"...)
		}
	}
	return v.of(meaningOf(column))
}

// plainFillers are those that no option decides on.
var plainFillers = map[meaning]filler{
	anEmail: email, anImage: imageURL, aURL: pageURL, anSKU: sku, anEAN: ean, aStock: stock, aRating: rating,
	aCount: count, aPhone: phone, aPostcode: postcode, aPercentage: percentage, aSize: size,
}

// of is the filler of a meaning.
func (v *values) of(m meaning) filler {
	switch m {
	case aPrice:
		return v.price
	case aDate:
		return v.date
	case aText:
		return v.sentences
	case aPerson:
		return v.person
	case aStreet:
		return v.street
	case aCity:
		return v.word(func(s *script) []string { return s.cities })
	case aCountry:
		return v.word(func(s *script) []string { return s.countries })
	case aCompany:
		return v.word(func(s *script) []string { return s.companies })
	case aColour:
		return v.word(func(s *script) []string { return s.colours })
	case aCategory:
		return v.word(func(s *script) []string { return s.categories })
	default:
	}
	if fill := plainFillers[m]; fill != nil {
		return fill
	}
	return v.title
}

// script draws one of the scripts.
func (v *values) script(src *draw.Source) *script {
	if len(v.scripts) == 1 {
		return v.scripts[0]
	}
	return pick(src, v.scripts)
}

func (v *values) word(words func(*script) []string) filler {
	return func(dst []byte, src *draw.Source) []byte { return append(dst, pick(src, words(v.script(src)))...) }
}

func (v *values) title(dst []byte, src *draw.Source) []byte {
	s := v.script(src)
	bits := src.Uint64() // three small draws out of one
	dst = append(dst, s.qualities[bits%uint64(len(s.qualities))]...)
	dst = append(dst, s.between...)
	dst = append(dst, s.materials[bits>>16%uint64(len(s.materials))]...)
	dst = append(dst, s.between...)
	return append(dst, s.things[bits>>32%uint64(len(s.things))]...)
}

func (v *values) person(dst []byte, src *draw.Source) []byte {
	s := v.script(src)
	if s.between == "" { // where names have no space, the family's comes first
		return append(append(dst, pick(src, s.lastNames)...), pick(src, s.firstNames)...)
	}
	dst = append(append(dst, pick(src, s.firstNames)...), ' ')
	return append(dst, pick(src, s.lastNames)...)
}

func (v *values) street(dst []byte, src *draw.Source) []byte {
	s := v.script(src)
	dst = append(append(dst, pick(src, s.streets)...), ' ')
	dst = append(appendInt(dst, between(src, 1, 200)), ", "...)
	return append(dst, pick(src, s.cities)...)
}

func (v *values) sentences(dst []byte, src *draw.Source) []byte {
	s := v.script(src)
	for i := range between(src, 2, 4) {
		if i > 0 {
			dst = append(dst, ' ')
		}
		dst = append(dst, pick(src, s.phrases)...)
	}
	return dst
}

// html has what HTML has: markup, quotes, entities, line ends.
func (v *values) html(dst []byte, src *draw.Source) []byte {
	dst = append(dst, "<div class=\"content\">\n  <p>"...)
	dst = v.sentences(dst, src)
	dst = append(dst, "</p>\n  <a href=\""...)
	dst = pageURL(dst, src)
	dst = append(dst, "\">"...)
	dst = v.title(dst, src)
	return append(dst, "</a>&nbsp;&amp; more\n</div>"...)
}

// group is a JSON array of two to four entries, as JavaScript writes it.
func (v *values) group(s *sitemaps.Selector) filler {
	text, attribute := v.of(meaningOf(s.ID)), v.attribute(s.Attribute, s.ID)
	key := append(appendScriptJSON([]byte("{"), []byte(s.ID)), ':')
	var second []byte
	if s.Attribute != "" {
		second = append(appendScriptJSON([]byte(","), []byte(s.ID+"-"+s.Attribute)), ':')
	}
	return func(dst []byte, src *draw.Source) []byte {
		dst = append(dst, '[')
		for i := range between(src, 2, 4) {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = appendMade(append(dst, key...), text, src)
			if second != nil {
				dst = appendMade(append(dst, second...), attribute, src)
			}
			dst = append(dst, '}')
		}
		return append(dst, ']')
	}
}

// appendMade appends a made-up value as a JSON string. Few need an escape.
func appendMade(dst []byte, fill filler, src *draw.Source) []byte {
	from := len(dst)
	dst = fill(append(dst, '"'), src)
	for _, c := range dst[from+1:] {
		if c < ' ' || c == '"' || c == '\\' {
			return appendScriptJSON(dst[:from], bytes.Clone(dst[from+1:]))
		}
	}
	return append(dst, '"')
}

func (v *values) price(dst []byte, src *draw.Source) []byte {
	cents := uint64(between(src, 99, 150_000)) //nolint:gosec // positive
	format := func(thousands, point string) {
		dst = appendGrouped(dst, cents/100, thousands)
		if point != "" {
			dst = appendDigits(append(dst, point...), cents, 2)
		}
	}
	switch v.currency {
	case "USD":
		dst = append(dst, '$')
		format(",", ".")
	case "GBP":
		dst = append(dst, "£"...)
		format(",", ".")
	case "EUR":
		format(".", ",")
		dst = append(dst, "\u00a0€"...)
	case "CHF":
		dst = append(dst, "CHF "...)
		format("'", ".")
	case "JPY":
		dst = append(dst, "¥"...)
		cents *= 100
		format(",", "")
	case "CNY":
		dst = append(dst, "¥"...)
		format("", ".")
	case "INR":
		dst = append(dst, "₹"...)
		format(",", ".")
	case "PLN":
		format("\u00a0", ",")
		dst = append(dst, " zł"...)
	case "RUB":
		format("\u00a0", "")
		dst = append(dst, " ₽"...)
	default:
		format("", ".")
	}
	return dst
}

var months = list("January February March April May June July August September October November December")

func (v *values) date(dst []byte, src *draw.Source) []byte {
	n := src.Uint64()
	year, month, day := 2015+n%10, 1+n>>8%12, 1+n>>16%28
	join := func(separator string, parts ...uint64) {
		for i, part := range parts {
			if i > 0 {
				dst = append(dst, separator...)
			}
			width := 2
			if part > 99 {
				width = 4
			}
			dst = appendDigits(dst, part, width)
		}
	}
	switch v.dates {
	case "datetime":
		join("-", year, month, day)
		dst = append(dst, 'T')
		join(":", n>>24%24, n>>32%60, n>>40%60)
		dst = append(dst, 'Z')
	case "us":
		join("/", month, day, year)
	case "uk":
		join("/", day, month, year)
	case "de":
		join(".", day, month, year)
	case "long":
		dst = append(append(dst, months[month-1]...), ' ')
		dst = append(strconv.AppendUint(dst, day, 10), ", "...)
		join("", year)
	default:
		dst = append(appendDigits(dst, year, 4), '-')
		dst = append(appendDigits(dst, month, 2), '-')
		dst = appendDigits(dst, day, 2)
	}
	return dst
}
