package records_test

import (
	"strings"
	"testing"

	"github.com/scrapehook/scrapehook/internal/records"
)

// TestKeysAreUnique: a column that identifies records has a value in each, and no
// value twice, in a job and in the jobs of a run.
func TestKeysAreUnique(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		selectors string
		keys      string
	}{
		"a list": {
			`{"id":"item","parentSelectors":["_root"],"type":"SelectorElement","multiple":true},` +
				`{"id":"title","parentSelectors":["item"],"type":"SelectorText"},` +
				`{"id":"sku","parentSelectors":["item"],"type":"SelectorText"},` +
				`{"id":"ean","parentSelectors":["item"],"type":"SelectorText"},` +
				`{"id":"page_url","parentSelectors":["item"],"type":"SelectorText"},` +
				`{"id":"number","parentSelectors":["item"],"type":"SelectorElementAttribute","extractAttribute":"data-id"},` +
				`{"id":"go","parentSelectors":["item"],"type":"SelectorLink"}`,
			"sku ean page_url number go-href",
		},
		"one record a page": {`{"id":"sku","parentSelectors":["_root"],"type":"SelectorText"}`, "sku"},
		"below a link": {
			`{"id":"shop_id","parentSelectors":["_root"],"type":"SelectorText"},` +
				`{"id":"product","parentSelectors":["_root"],"type":"SelectorLink","multiple":true},` +
				`{"id":"variant","parentSelectors":["product"],"type":"SelectorElement","multiple":true},` +
				`{"id":"sku","parentSelectors":["variant"],"type":"SelectorText"}`,
			"sku", // the page's rows share its shop_id, and those of a product its address
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, l := layoutOf(t, `{"_id":"shop",`+oneStart+test.selectors+`]}`, records.Options{})
			seen := map[string]bool{}
			for job := range int64(300) {
				rows := table(l, records.Job{Seed: 1, ID: 1<<20 + job*7_919}, 200)
				for key := range strings.FieldsSeq(test.keys) {
					for _, value := range column(t, l, rows, key) {
						if value == "-" || seen[key+" "+value] {
							t.Fatalf("%s is %s twice, or missing", key, value)
						}
						seen[key+" "+value] = true
					}
				}
			}
		})
	}
}

// TestUsersDecideOnKeys: what users say of missing values holds for keys too.
func TestUsersDecideOnKeys(t *testing.T) {
	t.Parallel()
	shares := missingShares(t, `{"_id":"shop",`+oneStart+`{"id":"sku","parentSelectors":["_root"],"type":"SelectorText"}]}`,
		records.Options{Missing: map[string]float64{"": 0.5}}, 1)
	if share := shares["sku"]; share < 0.45 || share > 0.55 {
		t.Errorf("of 50%%, %.2f are missing", share)
	}
}
