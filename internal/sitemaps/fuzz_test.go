package sitemaps_test

import (
	"testing"

	"github.com/scrapehook/scrapehook/internal/sitemaps"
)

// FuzzParse: what is taken is kept byte for byte, and is taken again when it comes
// from a state file.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		`{"_id":"shop","startUrl":["https://a.example/[1-9]"],"selectors":[]}`,
		`{"_id":"s","startUrl":"https://a.example/","selectors":[{"id":"t","type":"SelectorText","selector":"h1","parentSelectors":["_root"],"multiple":false,"regex":""}]}`,
		`{"_id":"s","startUrl":["https://a.example/[00001-99999:2]"],"selectors":[{"id":"a","type":"SelectorLink","parentSelectors":["_root","a"]}]}`,
		`{"_id":"","startUrl":[],"selectors":null}`, `null`, `[]`, `{"_id":1e999}`, "\xff",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		m, err := sitemaps.Parse(text)
		if err != nil {
			return
		}
		again, err := sitemaps.ParseKept([]byte(m.JSON))
		if err != nil || again.Name != m.Name || len(again.StartURLs) != len(m.StartURLs) {
			t.Errorf("%q is taken, and from a state file it is %v", text, err)
		}
	})
}
