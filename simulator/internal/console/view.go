package console

import (
	"bytes"
	"embed"
	"html/template"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/scrapehook/scrapehook/internal/human"
	"github.com/scrapehook/scrapehook/internal/page"
	"github.com/scrapehook/scrapehook/internal/redact"
)

//go:embed page/*.tmpl
var pageFiles embed.FS

// views are the pages' templates by name, each within the frame of all.
type views map[string]*template.Template

// pages has a template for each, and its place in the navigation if it has one.
var pages = []struct{ file, path, name string }{
	{"endpoints", "", "Endpoints"},
	{"endpoint", "", ""},
	{"jobs", "jobs", "Jobs"},
	{"job", "", ""},
	{"deliveries", "deliveries", "Deliveries"},
	{"delivery", "", ""},
	{"faults", "faults", "Faults"},
	{"clock", "clock", "Clock"},
	{"error", "", ""},
}

func parseViews() views {
	v := views{}
	frame := template.Must(template.New("frame").Funcs(template.FuncMap{
		"mask": redact.URL, "clean": harmless, "duration": human.Duration, "count": human.Count[int], "and": human.And[string],
		"moment": func(t time.Time) string { return t.Format("15:04:05") },
		"day":    func(t time.Time) string { return t.Format("2006-01-02 15:04:05") },
		"millis": time.Time.UnixMilli,
	}).ParseFS(pageFiles, "page/frame.tmpl", "page/part_*.tmpl"))
	for _, p := range pages {
		v[p.file] = template.Must(template.Must(frame.Clone()).ParseFS(pageFiles, "page/"+p.file+".tmpl"))
	}
	return v
}

// frameView is what the frame around a page shows.
type frameView struct {
	Title   string
	Nav     []navItem
	Version string // of the assets
	Icon    template.URL
	// Done says what the last form did; empty: nothing.
	Done  string
	Clock clockView
	Page  any
}

type navItem struct {
	Path, Name string
	Here       bool
}

// show writes a page. here is the name of its place in the navigation.
func (s *server) show(w http.ResponseWriter, r *http.Request, status int, file, title, here string, data any) {
	v := frameView{Title: title, Version: assetVersion(), Icon: page.Icon(), Done: done[r.URL.Query().Get("done")], Clock: s.clockView(), Page: data}
	for _, p := range pages {
		if p.name != "" {
			v.Nav = append(v.Nav, navItem{Path + p.path, p.name, p.name == here})
		}
	}
	var b bytes.Buffer
	if err := s.views[file].ExecuteTemplate(&b, "frame", v); err != nil {
		http.Error(w, "making the page: "+err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = b.WriteTo(w) // a browser that has left needs no answer
}

// fail shows what went wrong on a page of its own.
func (s *server) fail(w http.ResponseWriter, r *http.Request, status int, text string) {
	s.show(w, r, status, "error", http.StatusText(status), "", text)
}

// done are the words for what a form did, by the name in the address that it led
// to: no text of an address is shown.
var done = map[string]string{
	"added":   "The endpoint was added. Jobs that end from now on are notified to it.",
	"changed": "The endpoint was changed. What is pending keeps the old address.",
	"removed": "The endpoint was removed. What is pending for it is still sent.",
	"made":    "The jobs were made. Each ends by itself, and is notified then.",
	"sitemap": "The sitemap was added.",
	"ended":   "The job has ended.",
	"sent":    "The deliveries were made.",
	"fault":   "The fault is in force.",
}

// seeOther leads to a page of the console, where a form has done what it was to
// do, so that a reload does not do it again.
func seeOther(w http.ResponseWriter, r *http.Request, path string) {
	http.Redirect(w, r, Path+path, http.StatusSeeOther) //nolint:gosec // a path of the console's own, whatever follows
}

// came is the page of the console that a form was on, so that its user stays
// there; or else another one. It has no word of what was done before.
func came(r *http.Request, other string) string {
	u, err := url.Parse(r.Referer())
	if err != nil || u.Host != r.Host || !strings.HasPrefix(u.Path, Path) || strings.HasSuffix(r.URL.Path, "/delete") && u.Path != Path+"jobs" {
		return other
	}
	query := u.Query()
	query.Del("done")
	u.RawQuery = query.Encode()
	return strings.TrimPrefix(u.RequestURI(), Path)
}

// parseForm reads a form; when it can't, it has answered.
func (s *server) parseForm(w http.ResponseWriter, r *http.Request) bool {
	if err := r.ParseForm(); err != nil {
		s.fail(w, r, http.StatusBadRequest, "The form can't be read: "+err.Error())
		return false
	}
	return true
}

// field is a field of a form, trimmed.
func field(r *http.Request, name string) string { return strings.TrimSpace(r.PostForm.Get(name)) }
