package cloud

import (
	"strconv"
	"strings"

	"github.com/brianvoe/gofakeit/v6"
)

// filler appends one made-up value, escaped for the inside of a JSON string.
// It may draw from fake and from nothing else.
type filler func(dst []byte, fake *gofakeit.Faker) []byte

// fillers says which value fits a column, by a word in its name. The first that
// matches wins, so the narrower words stand above the wider ones.
var fillers = []struct {
	words []string
	fill  filler
}{
	{[]string{"email", "mail"}, text((*gofakeit.Faker).Email)},
	{[]string{"image", "img", "photo", "picture", "thumbnail"}, imageURL},
	{[]string{"url", "link", "href", "website"}, pageURL},
	{[]string{"price", "cost", "amount", "total"}, price},
	{[]string{"sku", "code", "ean", "isbn", "id"}, sku},
	{[]string{"stock", "available", "availability"}, flag},
	{[]string{"date", "time", "published", "updated"}, date},
	{[]string{"description", "text", "review", "comment", "summary"}, sentence},
	{[]string{"rating", "stars", "score"}, rating},
	{[]string{"count", "quantity", "reviews", "number"}, count},
	{[]string{"phone", "tel"}, text((*gofakeit.Faker).Phone)},
	{[]string{"city"}, text((*gofakeit.Faker).City)},
	{[]string{"country"}, text((*gofakeit.Faker).Country)},
	{[]string{"street", "address"}, text((*gofakeit.Faker).Street)},
	{[]string{"company", "brand", "manufacturer", "vendor"}, text((*gofakeit.Faker).Company)},
	{[]string{"author", "person", "seller"}, person},
	{[]string{"color", "colour"}, text((*gofakeit.Faker).SafeColor)},
	{[]string{"category"}, text((*gofakeit.Faker).ProductCategory)},
	{[]string{"title", "name", "product"}, title},
}

// fillerFor picks the filler for a column by the words of its name; a column
// that none of them fits gets a few words.
func fillerFor(column string) filler {
	words := strings.FieldsFunc(strings.ToLower(column), func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < '0' || r > '9')
	})
	for _, f := range fillers {
		for _, want := range f.words {
			for _, word := range words {
				if word == want || word == want+"s" {
					return f.fill
				}
			}
		}
	}
	return title
}

func text(draw func(*gofakeit.Faker) string) filler {
	return func(dst []byte, fake *gofakeit.Faker) []byte { return appendJSONString(dst, draw(fake)) }
}

func title(dst []byte, fake *gofakeit.Faker) []byte {
	dst = appendJSONString(dst, fake.AdjectiveDescriptive())
	dst = append(dst, ' ')
	dst = appendJSONString(dst, fake.ProductMaterial())
	dst = append(dst, ' ')
	return appendJSONString(dst, fake.NounCommon())
}

func person(dst []byte, fake *gofakeit.Faker) []byte {
	dst = appendJSONString(dst, fake.FirstName())
	dst = append(dst, ' ')
	return appendJSONString(dst, fake.LastName())
}

func sentence(dst []byte, fake *gofakeit.Faker) []byte {
	for range 3 {
		dst = title(dst, fake)
		dst = append(dst, ' ')
		dst = appendJSONString(dst, fake.VerbIntransitive())
		dst = append(dst, ". "...)
	}
	return dst[:len(dst)-1]
}

func price(dst []byte, fake *gofakeit.Faker) []byte {
	return appendCents(dst, fake.Rand.Intn(100_000)+99)
}

// appendCents appends n hundredths.
func appendCents(dst []byte, n int) []byte {
	dst = strconv.AppendInt(dst, int64(n/100), 10)
	return append(dst, '.', byte('0'+n/10%10), byte('0'+n%10))
}

func rating(dst []byte, fake *gofakeit.Faker) []byte {
	n := 10 + fake.Rand.Uint64()%41
	dst = append(appendDigits(dst, n/10, 1), '.')
	return appendDigits(dst, n, 1)
}

func count(dst []byte, fake *gofakeit.Faker) []byte {
	return strconv.AppendInt(dst, int64(fake.Rand.Intn(1000)), 10)
}

func flag(dst []byte, fake *gofakeit.Faker) []byte {
	return strconv.AppendBool(dst, fake.Rand.Intn(4) != 0)
}

func sku(dst []byte, fake *gofakeit.Faker) []byte {
	const letters = "ABCDEFGHJKLMNPQRSTUVWXYZ"
	n := fake.Rand.Uint64()
	for range 3 {
		dst = append(dst, letters[n%uint64(len(letters))])
		n /= uint64(len(letters))
	}
	dst = append(dst, '-')
	return appendDigits(dst, n, 6)
}

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

func date(dst []byte, fake *gofakeit.Faker) []byte {
	n := fake.Rand.Uint64()
	dst = append(dst, "20"...)
	dst = appendDigits(dst, 15+n%10, 2)
	dst = append(dst, '-')
	dst = appendDigits(dst, 1+n>>8%12, 2)
	dst = append(dst, '-')
	return appendDigits(dst, 1+n>>16%28, 2)
}

func pageURL(dst []byte, fake *gofakeit.Faker) []byte {
	return appendPath(append(dst, "https://shop.example/products/"...), fake)
}

func imageURL(dst []byte, fake *gofakeit.Faker) []byte {
	dst = appendPath(append(dst, "https://images.example/"...), fake)
	return append(dst, ".jpg"...)
}

// appendPath appends a word and a number, as shops name their pages.
func appendPath(dst []byte, fake *gofakeit.Faker) []byte {
	for _, c := range []byte(fake.NounCommon()) {
		if c == ' ' {
			c = '-'
		}
		dst = append(dst, c)
	}
	dst = append(dst, '-')
	return appendDigits(dst, fake.Rand.Uint64(), 7)
}
