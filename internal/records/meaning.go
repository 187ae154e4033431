package records

import (
	"slices"
	"strings"
	"unicode"

	"github.com/scrapehook/scrapehook/internal/sitemaps"
)

// meaning is what a column's name says about its values.
type meaning string

// The meanings that names tell.
const (
	anything    meaning = ""
	aTitle      meaning = "title"
	aPrice      meaning = "price"
	anEmail     meaning = "email"
	anImage     meaning = "image"
	aURL        meaning = "url"
	anSKU       meaning = "sku"
	anEAN       meaning = "ean"
	aStock      meaning = "stock"
	aDate       meaning = "date"
	aText       meaning = "text"
	aRating     meaning = "rating"
	aCount      meaning = "count"
	aPhone      meaning = "phone"
	aCity       meaning = "city"
	aCountry    meaning = "country"
	aStreet     meaning = "street"
	aPostcode   meaning = "postcode"
	aCompany    meaning = "company"
	aPerson     meaning = "person"
	aColour     meaning = "colour"
	aCategory   meaning = "category"
	aSize       meaning = "size"
	aPercentage meaning = "percentage"
)

// meanings has the words that tell them. The first that matches wins, so the
// narrower words stand above the wider ones.
var meanings = []struct {
	meaning meaning
	words   string
}{
	{anEmail, "email mail почта"},
	{anImage, "image img photo picture thumbnail thumb logo avatar bild фото 图片"},
	{aURL, "url link href website web homepage site src сайт 链接"},
	{aPercentage, "discount percent percentage скидка rabatt"},
	{aPrice, "price cost amount total msrp rrp salary rent preis prix precio prezzo cena цена 价格 سعر"},
	{anEAN, "ean isbn gtin upc barcode asin"},
	{aRating, "rating stars score рейтинг bewertung"},
	{aCount, "count quantity qty reviews views likes comments sold pages year votes bedrooms bathrooms beds baths rooms seats " +
		"guests employee followers subscribers students units pieces downloads orders anzahl количество 数量"},
	{anSKU, "sku code id mpn model serial part order invoice reference ref article artikelnummer артикул"},
	{aStock, "stock available availability наличие"},
	{aDate, "date time published updated created posted datum fecha дата 日期 تاريخ"},
	{aText, "description desc text review comment summary body content article details about bio beschreibung описание 描述"},
	{aPhone, "phone tel telephone mobile fax телефон"},
	{aCity, "city town place stadt город"},
	{aCountry, "country land страна"},
	{aPostcode, "zip postcode postal plz"},
	{aStreet, "street address location adresse адрес"},
	{aCompany, "company brand manufacturer vendor store shop dealer publisher marke бренд"},
	{aPerson, "author person seller owner agent contact name_of user username reviewer автор"},
	{aColour, "color colour farbe цвет"},
	{aCategory, "category genre type department breadcrumb tag kategorie категория"},
	{aSize, "size weight dimension length width height area volume capacity размер"},
	{aTitle, "title name product heading header h1 item titel название 标题 اسم"},
	{aCount, "number num nr"},
}

// Words that make a count of whatever stands beside them, like num_ratings and
// "number of stores"; and those of numbers that count nothing, like "Phone
// number" and model_number.
const (
	counting    = "count counter qty quantity num nbr number nr total"
	notCounting = "phone tel telephone mobile fax model part order serial article invoice account house zip postcode id sku ean isbn code " +
		"price cost amount tax shipping"
)

// counts reports whether the words of a name are of a count. Alone, number and
// total say too little.
func counts(words []string) bool {
	found := false
	for i, word := range words {
		switch {
		case contains(notCounting, word):
			return false
		case (word == "number" || word == "total") && len(words) == 1:
		case contains(counting, word), word == "no" && i+1 < len(words) && words[i+1] == "of":
			found = true
		}
	}
	return found
}

func contains(known, word string) bool {
	return slices.Contains(strings.Fields(known), word)
}

// meaningOf reads a name: productPrice, product_price and "Product price" are
// the same.
func meaningOf(name string) meaning {
	words := split(name)
	if counts(words) {
		return aCount
	}
	for _, m := range meanings {
		for known := range strings.FieldsSeq(m.words) {
			for _, word := range words {
				if word == known || word == known+"s" {
					return m.meaning
				}
			}
		}
	}
	return anything
}

// split returns the words of a name in small letters.
func split(name string) []string {
	var words []string
	var word []rune
	end := func() {
		if len(word) > 0 {
			words, word = append(words, string(word)), nil
		}
	}
	before := rune(0)
	for _, r := range name {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			end()
		} else {
			if unicode.IsUpper(r) && unicode.IsLower(before) {
				end()
			}
			word = append(word, unicode.ToLower(r))
		}
		before = r
	}
	end()
	return words
}

// freeTexts are the meanings of columns that may hold any text, the likeliest
// first.
var freeTexts = []meaning{aTitle, aText, anything, aCategory, aCompany, aPerson, aCity, aCountry, aColour, aStreet}

// TextColumn is the column among these whose name promises free text most, and
// no number, date, address or key; empty: none does.
func TextColumn(names []string) string {
	for _, wanted := range freeTexts {
		for _, name := range names {
			if name != OrderColumn && name != StartURLColumn && meaningOf(name) == wanted {
				return name
			}
		}
	}
	return ""
}

// TextColumn is the column of the layout's rows that holds free text; empty: none
// does.
func (l *Layout) TextColumn() string {
	var names []string
	for _, c := range l.columns {
		if c.key == nil && (c.kind == sitemaps.KindText || c.kind == sitemaps.KindLinkText) {
			names = append(names, c.name)
		}
	}
	return TextColumn(names)
}

// missing is how often a value of the meaning is missing unless users say: what
// every page has hardly ever, a price that is on request sometimes, and anything
// else the more or less often by its name. It is made up, within what one public
// export shows (contract, section 2a).
func (m meaning) missing(column string) float64 {
	switch m {
	case aTitle:
		return 0
	case aURL, anImage, anSKU:
		return 0.01
	case aPrice, aCategory:
		return 0.03
	default:
	}
	return 0.02 + float64(hash(column)%11)/100
}
