package api

import (
	"net/http"

	"github.com/scrapehook/scrapehook/simulator/cloud"
)

// createSitemap is POST sitemap.
func (s *server) createSitemap(r *http.Request) (any, error) {
	body, err := readBody(r)
	if err != nil {
		return nil, err
	}
	if len(body) == 0 {
		body = []byte("null") // no JSON object either, and named so
	}
	sitemap, err := s.cfg.Cloud.AddSitemap("", string(body))
	if err != nil {
		return nil, err
	}
	return struct {
		ID int64 `json:"id"`
	}{sitemap.ID}, nil
}

// sitemap is GET sitemap/{id}. The sitemap itself is a JSON string, byte for
// byte what was sent.
func (s *server) sitemap(r *http.Request) (any, error) {
	id, err := pathID(r)
	if err != nil {
		return nil, err
	}
	sitemap, err := s.cfg.Cloud.Sitemap(id)
	if err != nil {
		return nil, err
	}
	return struct {
		ID      int64  `json:"id"`
		Name    string `json:"name"`
		Sitemap string `json:"sitemap"`
	}{sitemap.ID, sitemap.Name, sitemap.Body}, nil
}

// deleteSitemap is DELETE sitemap/{id}, also while its jobs exist.
func (s *server) deleteSitemap(r *http.Request) (any, error) {
	id, err := pathID(r)
	if err != nil {
		return nil, err
	}
	return "ok", s.cfg.Cloud.DeleteSitemap(id)
}

// sitemaps is GET sitemaps. No sitemap has a tag, because the API has no way to
// give it one, so a tag finds none.
func (s *server) sitemaps(r *http.Request) (any, error) {
	type item struct {
		ID   int64  `json:"id"`
		Name string `json:"name"`
	}
	number := pageNumber(r)
	if r.URL.Query().Get("tag") != "" {
		return newPage[item](number, 0, nil), nil
	}
	found, total := s.cfg.Cloud.Sitemaps((number-1)*perPage, perPage)
	return newPage(number, total, each(found, func(m cloud.Sitemap) item { return item{m.ID, m.Name} })), nil
}

func each[T, U any](list []T, f func(T) U) []U {
	out := make([]U, 0, len(list))
	for _, v := range list {
		out = append(out, f(v))
	}
	return out
}
