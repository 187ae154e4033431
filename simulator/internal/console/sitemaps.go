package console

import (
	"errors"
	"maps"
	"net/http"
	"slices"
	"time"

	"github.com/scrapehook/scrapehook/internal/cloud"
)

// sitemapsShown bounds the sitemaps of a page: the newest.
const sitemapsShown = 50

// sitemapView is a sitemap as pages show it.
type sitemapView struct {
	ID      int64
	Name    string
	Pages   int
	Columns int
	Next    time.Time // of its scheduler; zero: there is none
}

// sitemapViews are the newest sitemaps, and how many there are in all.
func (s *server) sitemapViews() (views []sitemapView, total int) {
	_, total = s.cfg.Cloud.Sitemaps("", 0, 0)
	page, _ := s.cfg.Cloud.Sitemaps("", max(0, total-sitemapsShown), sitemapsShown)
	for _, m := range slices.Backward(page) {
		v := sitemapView{ID: m.ID, Name: m.Name, Pages: len(m.StartURLs), Columns: len(m.Columns)}
		if m.Scheduler.Enabled {
			v.Next, _ = m.Scheduler.Next() // it was checked when it was enabled
		}
		views = append(views, v)
	}
	return views, total
}

// pasteForm is the form that adds a sitemap.
type pasteForm struct {
	Body   string
	Errors []string
}

func (s *server) addSitemap(w http.ResponseWriter, r *http.Request) {
	if !s.parseForm(w, r) {
		return
	}
	form := pasteForm{Body: field(r, "body")}
	if form.Body == "" && r.PostForm.Get("typical") == "" {
		form.Errors = []string{"Paste a sitemap as the vendor's extension exports it: JSON that begins with {\"_id\":."}
	} else if _, err := s.cfg.Cloud.AddSitemap("", form.Body); err != nil {
		form.Errors = faults(err)
	}
	if form.Errors != nil {
		s.showJobs(w, r, http.StatusUnprocessableEntity, jobForm{Count: "1"}, form)
		return
	}
	seeOther(w, r, "jobs?done=sitemap")
}

// faults are what is wrong with a sitemap, a line each.
func faults(err error) []string {
	wrong, ok := errors.AsType[*cloud.ValidationError](err)
	if !ok {
		return []string{sentence(err)}
	}
	var lines []string
	for _, name := range slices.Sorted(maps.Keys(wrong.Fields)) {
		for _, text := range wrong.Fields[name] {
			lines = append(lines, name+": "+harmless(text))
		}
	}
	return lines
}
