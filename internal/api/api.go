// Package api serves a simulated cloud over HTTP, as the vendor's API does it:
// the same paths, key sets, envelopes and errors (contract, section 2). It also
// lets faults into its answers and tells an observer of every call.
package api

import (
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"

	"github.com/gorilla/mux"

	"github.com/scrapehook/scrapehook/internal/cloud"
	"github.com/scrapehook/scrapehook/internal/fault"
)

// Path is where the API begins.
const Path = "/api/v1/"

// Config is what the API needs. Cloud and Token are required.
type Config struct {
	Cloud *cloud.Cloud
	// Token is what every call must bear as ?api_token=.
	Token string
	// Fault decides what goes wrong with a call. It is asked once for each call
	// that is authenticated and has a route, when the call begins. Nil: nothing
	// goes wrong.
	Fault func(Call) fault.Fault
	// Observe is told of every call when it begins and again when it ended. It
	// is called by many goroutines and holds up the call. Nil: nobody watches.
	Observe func(Call)
	// RateLimit is how many calls may be made in a time; the zero value is off.
	RateLimit RateLimit
}

type server struct {
	cfg    Config
	token  [sha256.Size]byte
	number atomic.Uint64
	limit  *limiter
}

// New makes the API's handler, which serves below [Path] and answers any other
// path as not found. Its calls end early when their request's context ends.
func New(cfg Config) (http.Handler, error) {
	if cfg.Cloud == nil {
		return nil, errors.New("configuring the API: it needs a cloud")
	}
	if cfg.Token == "" {
		return nil, errors.New("configuring the API: it needs a token")
	}
	s := &server{cfg: cfg, token: sha256.Sum256([]byte(cfg.Token)), limit: newLimiter(cfg.RateLimit)}
	router := mux.NewRouter().SkipClean(true)
	for path, methods := range s.routes() {
		pattern := Path + strings.ReplaceAll(path, "{id}", "{id:[0-9]+}")
		router.Path(pattern).Handler(s.route(path, methods))
	}
	router.NotFoundHandler = s.observed("", refuse(http.StatusNotFound, "Not Found"))
	return router, nil
}

// methods are the handlers of one path.
type methods map[string]http.Handler

// routes is the API's table of paths.
func (s *server) routes() map[string]methods {
	return map[string]methods{
		"account": {http.MethodGet: answering(s.account)},
		"sitemap": {http.MethodPost: answering(s.createSitemap)},
		"sitemap/{id}": {
			http.MethodGet: answering(s.sitemap), http.MethodPut: answering(s.replaceSitemap), http.MethodDelete: answering(s.deleteSitemap),
		},
		"sitemap/{id}/enable-scheduler":      {http.MethodPost: answering(s.enableScheduler)},
		"sitemap/{id}/disable-scheduler":     {http.MethodPost: answering(s.disableScheduler)},
		"sitemap/{id}/scheduler":             {http.MethodGet: answering(s.scheduler)},
		"scraping-job/{id}/csv":              {http.MethodGet: http.HandlerFunc(s.downloadCSV)},
		"scraping-job/{id}/xlsx":             {http.MethodGet: http.HandlerFunc(s.downloadXLSX)},
		"scraping-job/{id}/problematic-urls": {http.MethodGet: answering(s.problematicURLs)},
		"scraping-job/{id}/data-quality":     {http.MethodGet: answering(s.dataQuality)},
		"sitemaps":                           {http.MethodGet: answering(s.sitemaps)},
		"scraping-job":                       {http.MethodPost: answering(s.createJob)},
		"scraping-job/{id}":                  {http.MethodGet: answering(s.job), http.MethodDelete: answering(s.deleteJob)},
		"scraping-job/{id}/json":             {http.MethodGet: http.HandlerFunc(s.downloadJSON)},
		"scraping-jobs":                      {http.MethodGet: answering(s.jobs)},
	}
}

// route serves one path. An unknown method is refused before the token is
// looked at (contract, section 2). OPTIONS is such a method: the refusal's Allow
// says which ones there are. HEAD is answered where GET is.
func (s *server) route(path string, methods methods) http.Handler {
	served := make(map[string]http.Handler, len(methods)+1)
	for method, next := range methods {
		served[method] = s.observed(method+" "+path, next)
	}
	if get, ok := methods[http.MethodGet]; ok {
		served[http.MethodHead] = s.observed(http.MethodHead+" "+path, headOnly(get))
	}
	allow := strings.Join(slices.Sorted(maps.Keys(served)), ", ")
	notAllowed := s.observed("", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Allow", allow)
		refuse(http.StatusMethodNotAllowed, "Method Not Allowed").ServeHTTP(w, r)
	}))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if next, ok := served[r.Method]; ok {
			next.ServeHTTP(w, r)
			return
		}
		notAllowed.ServeHTTP(w, r)
	})
}

// authentic reports whether the call bears the token. Digests are compared, so
// that the time taken tells nothing, not even the token's length.
func (s *server) authentic(r *http.Request) bool {
	given := sha256.Sum256([]byte(r.URL.Query().Get("api_token")))
	return subtle.ConstantTimeCompare(given[:], s.token[:]) == 1
}

// pathID is the object that the path names. A number beyond 64 bits names none.
func pathID(r *http.Request) (int64, error) {
	id, err := strconv.ParseInt(mux.Vars(r)["id"], 10, 64)
	if err != nil {
		return 0, cloud.ErrNotFound
	}
	return id, nil
}
