// Package sitemaptest makes sitemaps for tests of whatever reads them.
package sitemaptest

import (
	"encoding/json"
	"math/rand/v2"
	"strings"

	"github.com/scrapehook/scrapehook/internal/sitemaps"
)

// Any makes a sitemap of any selectors in any tree, as JSON.
func Any(draw *rand.Rand) string {
	names := []string{"title", "price", "Größe", "a, b", `say "x"`, "名前", "image", "e-mail", "date", "1/2", "naïve café", "text", "b'c", "semi;colon", "tab"}
	parents := []string{"_root"}
	var selectors []map[string]any
	for i := range 1 + draw.IntN(12) {
		id := names[draw.IntN(len(names))] + strings.Repeat("'", i) // unique
		selector := map[string]any{
			"id": id, "type": sitemaps.Types()[draw.IntN(len(sitemaps.Types()))], "multiple": draw.IntN(2) == 0,
			"parentSelectors": []string{parents[draw.IntN(len(parents))]},
		}
		if draw.IntN(5) == 0 { // below itself, as pagination is
			selector["parentSelectors"] = []string{parents[draw.IntN(len(parents))], id}
		}
		if draw.IntN(3) == 0 {
			selector["extractAttribute"] = "href"
		}
		if draw.IntN(4) == 0 {
			selector["paginationType"] = "clickMore"
		}
		columns := []map[string]any{}
		for range draw.IntN(4) {
			columns = append(columns, map[string]any{"name": names[draw.IntN(len(names))], "header": "h", "extract": draw.IntN(4) > 0, "is_url": draw.IntN(2) == 0})
		}
		selector["columns"], selector["scriptDataColumns"] = columns, columns
		selectors = append(selectors, selector)
		parents = append(parents, id)
	}
	body, err := json.Marshal(map[string]any{
		"_id": "any", "startUrl": []string{"https://shop.example/[1-3]", "https://shop.example/ü?a=1&b=2"}, "selectors": selectors,
	})
	if err != nil {
		panic(err) // it is made of what JSON has
	}
	return string(body)
}
