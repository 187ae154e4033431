package records_test

import (
	"regexp"
	"strconv"
	"testing"

	"github.com/scrapehook/scrapehook/internal/records"
	"github.com/scrapehook/scrapehook/internal/sitemaps"
)

// TestNamesGuideValues: what a column's name promises to be a number is one.
func TestNamesGuideValues(t *testing.T) {
	t.Parallel()
	const number, phone, code, price = `^\d+$`, `^\+?[\d ()-]{7,}$`, `^[A-Z0-9-]+$`, `^\$[\d,]+\.\d\d$`
	for name, want := range map[string]string{
		"num_employee": number, "numEmployees": number, "Number of stores": number, "no_of_pieces": number, "employees": number,
		"review_count": number, "rating count": number, "ratingsCount": number, "total_reviews": number, "qty": number,
		"Qty available": number, "nr_rooms": number, "number": number, "followers": number, "count": number, "num_prices": number,
		"Phone Number": phone, "contact-phone-number": phone,
		"model_number": code, "Part Number": code, "order-number": code,
		"total": price, "total_price": price, "amount": price,
	} {
		s, err := sitemaps.Parse([]byte(`{"_id":"names","startUrl":["https://shop.example/"],"selectors":[{"id":` +
			strconv.Quote(name) + `,"type":"SelectorText","parentSelectors":["_root"],"selector":"p"}]}`))
		if err != nil {
			t.Fatal(err)
		}
		l, err := records.NewLayout(s.Selectors, records.Options{Missing: map[string]float64{"": 0}})
		if err != nil {
			t.Fatal(err)
		}
		maker := l.NewMaker(records.Job{Seed: 1, ID: 1})
		for i := range 20 {
			row := maker.Row(i, 1, 0, []byte("https://shop.example/"))
			if value, there := row.Cell(2); there && !regexp.MustCompile(want).Match(value) {
				t.Errorf("%s: %q does not match %s", name, value, want)
			}
		}
	}
}
