// Package console is the simulated cloud as people see it: pages on which they
// set an endpoint, test it, make jobs, and watch what is sent. It is the third
// face of the cloud beside the vendor's API and the control API: it calls the
// same verbs, renders what came of them, and owns no state.
//
// Its pages read and submit without a script; the script makes them live.
package console

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/scrapehook/scrapehook/internal/delivery/history"
	"github.com/scrapehook/scrapehook/internal/page"
	"github.com/scrapehook/scrapehook/simulator/internal/guard"
	"github.com/scrapehook/scrapehook/webhook"
)

// Path is where the console begins. The address without a path leads there.
const Path = "/console/"

// Config is the parts that the console shows and acts on; all are required.
type Config struct {
	Profile webhook.Profile
	Cloud   Cloud
	Sender  Sender
	Clock   Clock
	Faults  Faults
	// SenderFaults are those of the sender.
	SenderFaults SenderFaults
	History      *history.History
	// Dispatcher sends deliveries again, and others made of them.
	Dispatcher Dispatcher
	Client     Client // of test notifications
	// Token is what the vendor's API wants, for the links of downloads.
	Token string
	// Guard says who may call.
	Guard guard.Guard
}

type server struct {
	cfg    Config
	views  views
	trials trials
	began  time.Time

	// endpoints is held while the list of endpoints is read and replaced, so
	// that two tabs lose none.
	endpoints sync.Mutex
}

// Serves reports whether a path is one of the console's.
func Serves(path string) bool {
	return path == "/" || path+"/" == Path || strings.HasPrefix(path, Path)
}

// New makes the handler of the paths that [Serves] names.
func New(cfg Config) http.Handler {
	s := &server{cfg: cfg, views: parseViews(), began: time.Now()}
	mux := http.NewServeMux()
	mux.Handle("GET /{$}", http.RedirectHandler(Path, http.StatusFound))
	mux.HandleFunc("GET "+Path+"asset/{name}", serveAsset)
	for route, handler := range s.routes() {
		method, path, _ := strings.Cut(route, " ")
		mux.HandleFunc(method+" "+Path+path, handler)
	}
	mux.HandleFunc(Path, func(w http.ResponseWriter, r *http.Request) {
		s.fail(w, r, http.StatusNotFound, "This page does not exist.")
	})
	return cfg.Guard.Wrap(withPolicy(mux), func(w http.ResponseWriter, _ *http.Request, err error) {
		http.Error(w, err.Error(), http.StatusForbidden)
	})
}

// routes is the console's table. What changes something is a POST, and leads to
// a page.
func (s *server) routes() map[string]http.HandlerFunc {
	return map[string]http.HandlerFunc{
		"GET {$}":                     s.endpointPage,
		"POST endpoints":              s.addEndpoint,
		"GET endpoints/{key}":         s.editEndpointPage,
		"POST endpoints/{key}":        s.editEndpoint,
		"POST endpoints/{key}/remove": s.removeEndpoint,
		"POST test":                   s.test,
		"GET jobs":                    s.jobsPage,
		"GET jobs/events":             s.jobsEvents,
		"POST jobs":                   s.addJobs,
		"GET jobs/{id}":               s.jobPage,
		"GET jobs/{id}/events":        s.jobEvents,
		"POST jobs/{id}/continue":     s.verb(func(id int64) error { _, err := s.cfg.Cloud.Continue(id); return err }),
		"POST jobs/{id}/stop":         s.verb(func(id int64) error { _, err := s.cfg.Cloud.Stop(id); return err }),
		"POST jobs/{id}/end":          s.endJob,
		"POST jobs/{id}/delete":       s.verb(s.cfg.Cloud.DeleteJob),
		"POST sitemaps":               s.addSitemap,
		"POST sitemaps/{id}/delete":   s.verb(s.cfg.Cloud.DeleteSitemap),
		"GET deliveries":              s.deliveriesPage,
		"GET deliveries/events":       s.deliveriesEvents,
		"GET deliveries/{id}":         s.deliveryPage,
		"GET deliveries/{id}/events":  s.deliveryEvents,
		"POST deliveries/{id}/resend": s.resend,
		"POST deliveries/{id}/edit":   s.sendEdited,
		"GET faults":                  s.faultsPage,
		"POST faults":                 s.addFault,
		"POST faults/clear":           s.clearFaults,
		"POST faults/{id}/remove":     s.verb(s.removeFault),

		"POST sender-faults":             s.addSenderFault,
		"POST sender-faults/{id}/remove": s.verb(s.removeSenderFault),
		"GET clock":                      s.clockPage,
		"GET clock/events":               s.clockEvents,
		"POST clock":                     s.setClock,
	}
}

// maxForm bounds a form, in bytes: a sitemap may be in it.
const maxForm = 4 << 20

// withPolicy sets what every answer bears. No script and no style runs but the
// console's own files: what an endpoint managed to smuggle into a page could
// neither run nor call home.
func withPolicy(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; "+
			"img-src data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Cache-Control", "no-store")
		r.Body = http.MaxBytesReader(w, r.Body, maxForm)
		next.ServeHTTP(w, r)
	})
}

//go:embed asset
var assetFiles embed.FS

// assets are the style and the script by their names. The report pages' own
// come first, so that all pages speak one visual language.
var assets = sync.OnceValue(func() map[string][]byte {
	read := func(name string) string {
		text, err := assetFiles.ReadFile("asset/" + name)
		if err != nil {
			panic(err) // it is embedded
		}
		return string(text)
	}
	return map[string][]byte{
		"console.css": []byte(page.Style() + read("console.css")),
		"console.js":  []byte(read("console.js")),
		"scheme.js":   []byte(page.Script()),
	}
})

// assetVersion changes with any asset, so that a browser may keep them.
var assetVersion = sync.OnceValue(func() string {
	sum := sha256.New()
	for _, name := range []string{"console.css", "console.js", "scheme.js"} {
		sum.Write(assets()[name])
	}
	return hex.EncodeToString(sum.Sum(nil)[:6])
})

func serveAsset(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("name")
	body, ok := assets()[name]
	if !ok {
		http.NotFound(w, r)
		return
	}
	kind := "text/css; charset=utf-8"
	if strings.HasSuffix(name, ".js") {
		kind = "text/javascript; charset=utf-8"
	}
	w.Header().Set("Content-Type", kind)
	w.Header().Set("Cache-Control", "max-age=31536000, immutable")
	_, _ = w.Write(body) // a browser that has left needs no answer
}
