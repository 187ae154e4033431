package sitemaps_test

import (
	"strings"
	"testing"

	"github.com/scrapehook/scrapehook/internal/sitemaps"
)

// TestPages holds the contract's examples of ranges, section 2a.
func TestPages(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		url   string
		pages int
		want  string // the first few
	}{
		{"https://a.example/", 1, "https://a.example/"},
		{"https://a.example/[1-42]", 42, "https://a.example/1 https://a.example/2"},
		{"https://a.example/[0-2650:50]x", 54, "https://a.example/0x https://a.example/50x"},
		{"https://a.example/[001-100]", 100, "https://a.example/001 https://a.example/002"},
		{"https://a.example/[08-101:31]", 4, "https://a.example/8 https://a.example/39 https://a.example/70 https://a.example/101"},
		{"https://a.example/[08-10]", 3, "https://a.example/08 https://a.example/09 https://a.example/10"},
		{"https://a.example/[7-7]", 1, "https://a.example/7"},
		{"https://a.example/[1-5:99999999999999999999]", 1, "https://a.example/1"},
		{"https://a.example/[1-2]/[3-4]", 2, "https://a.example/1/[3-4] https://a.example/2/[3-4]"},
		{"https://a.example/[a-b]/[1-]/[-2]/[]", 1, "https://a.example/[a-b]/[1-]/[-2]/[]"},
		{"HTTPS://user:pw@a.example:8443?q=ü", 1, "HTTPS://user:pw@a.example:8443?q=%C3%BC"},
		{"http://[::1]:8080/", 1, "http://[::1]:8080/"},
		{"http://localhost/[1-3]", 3, "http://localhost/1"},
	} {
		p, err := sitemaps.NewPages([]string{"https://before.example/", tc.url})
		if err != nil {
			t.Errorf("%s: %v", tc.url, err)
			continue
		}
		if p.Len() != tc.pages+1 {
			t.Errorf("%s stands for %d pages, want %d", tc.url, p.Len()-1, tc.pages)
		}
		for i, want := range strings.Fields(tc.want) {
			if got := p.URL(i + 1); got != want {
				t.Errorf("%s: page %d is %s, want %s", tc.url, i, got, want)
			}
		}
	}
	p, err := sitemaps.NewPages([]string{"https://a.example/[1-2]?x"})
	if err != nil {
		t.Fatal(err)
	}
	if got := p.Followed(3); got != "https://a.example/2?x&page=3" {
		t.Errorf("a page that follows is %s", got)
	}
}

func FuzzPages(f *testing.F) {
	for _, url := range []string{"https://a.example/[1-42]", "https://a/[08-101:31]", "http://é/[0-0:1]", "https://a/[1-9][2-3]", "https://[1-2]/"} {
		f.Add(url)
	}
	f.Fuzz(func(t *testing.T, url string) {
		p, err := sitemaps.NewPages([]string{url, url})
		if err != nil {
			return
		}
		if p.Len() < 2 || p.Len()%2 != 0 || p.Len() > sitemaps.MaxPages {
			t.Fatalf("%q twice stands for %d pages", url, p.Len())
		}
		for _, i := range []int{0, p.Len()/2 - 1, p.Len() - 1} {
			for _, c := range []byte(p.URL(i)) {
				if c >= 0x80 {
					t.Fatalf("page %d of %q is %q", i, url, p.URL(i))
				}
			}
		}
		if p.URL(0) != p.URL(p.Len()/2) {
			t.Errorf("%q twice starts at %q and %q", url, p.URL(0), p.URL(p.Len()/2))
		}
	})
}
