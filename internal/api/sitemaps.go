package api

import (
	"net/http"

	"github.com/scrapehook/scrapehook/internal/cloud"
)

// createSitemap is POST sitemap.
func (s *server) createSitemap(r *http.Request) (any, error) {
	body, err := sitemapBody(r)
	if err != nil {
		return nil, err
	}
	sitemap, err := s.cfg.Cloud.AddSitemap("", body)
	if err != nil {
		return nil, err
	}
	return struct {
		ID int64 `json:"id"`
	}{sitemap.ID}, nil
}

// sitemapBody is the sitemap that a request bears, as it was sent.
func sitemapBody(r *http.Request) (string, error) {
	body, err := readBody(r)
	if len(body) == 0 {
		body = []byte("null") // no JSON object either, and named so
	}
	return string(body), err
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

// replaceSitemap is PUT sitemap/{id}.
func (s *server) replaceSitemap(r *http.Request) (any, error) {
	id, err := pathID(r)
	if err != nil {
		return nil, err
	}
	if _, err := s.cfg.Cloud.Sitemap(id); err != nil {
		return nil, err // before the body is judged
	}
	body, err := sitemapBody(r)
	if err != nil {
		return nil, err
	}
	return "ok", s.cfg.Cloud.ReplaceSitemap(id, body)
}

// sitemaps is GET sitemaps.
func (s *server) sitemaps(r *http.Request) (any, error) {
	type item struct {
		ID   int64  `json:"id"`
		Name string `json:"name"`
	}
	number := pageNumber(r)
	found, total := s.cfg.Cloud.Sitemaps(r.URL.Query().Get("tag"), (number-1)*perPage, perPage)
	return newPage(number, total, each(found, func(m cloud.Sitemap) item { return item{m.ID, m.Name} })), nil
}

func each[T, U any](list []T, f func(T) U) []U {
	out := make([]U, 0, len(list))
	for _, v := range list {
		out = append(out, f(v))
	}
	return out
}
