// Package guard keeps web pages and other machines away from a simulated cloud.
// A browser can be made to call any address of its machine by any page that it
// shows; a page can even have a name of its own resolved to such an address (DNS
// rebinding), and is then read by the browser as if it came from there. Every
// face of the cloud stands behind a [Guard]: the vendor's API, the control API
// and the console.
//
// It knows no passwords: whoever is let in by it may have to show one.
package guard

import (
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"github.com/scrapehook/scrapehook/internal/loopback"
)

// Guard says who may call. The zero value lets in this machine alone.
type Guard struct {
	// Remote lets other machines in, under names of private networks too: a
	// container's, say.
	Remote bool
	// Names are host names by which the cloud may be called, besides localhost,
	// IP addresses and the vendor's own name.
	Names []string
}

// Vendor is the host name of the vendor's API. Users have it resolved to this
// machine, so that a client needs no setting.
const Vendor = "api.webscraper.io"

// CheckName says why a name can't be one of [Guard.Names].
func CheckName(name string) error {
	u, err := url.Parse("http://" + name)
	if err != nil || u.Host != name || u.Port() != "" || u.Hostname() == "" {
		return fmt.Errorf("%q is not a host name: write it without a scheme, port or path, like cloud.example.com", name)
	}
	return nil
}

// Check says why a request is refused; nil lets it in. It looks at the address
// and the head of the request alone.
func (g Guard) Check(r *http.Request) error {
	if !g.Remote && !loopback.Address(r.RemoteAddr) {
		return fmt.Errorf("a call from %s: this is for the cloud's own machine alone", r.RemoteAddr)
	}
	if !g.known(r.Host) {
		return fmt.Errorf("the cloud is not known as %q: call it by localhost or an IP address, or allow the name (--allow-host)", r.Host)
	}
	if !sameOrigin(r) {
		return fmt.Errorf("a web page of another origin (%s) may not call the cloud", originOf(r))
	}
	return nil
}

// Wrap serves what [Guard.Check] lets in by next, and the rest by refuse, which
// is given the reason.
func (g Guard) Wrap(next http.Handler, refuse func(http.ResponseWriter, *http.Request, error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := g.Check(r); err != nil {
			refuse(w, r, err)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// known reports whether a Host header names the cloud. An IP address always
// does: nobody can have it resolved to another one. No browser leaves the header
// empty.
func (g Guard) known(host string) bool {
	name := host
	if bare, _, err := net.SplitHostPort(host); err == nil {
		name = bare
	}
	name = strings.ToLower(strings.TrimSuffix(strings.Trim(name, "[]"), "."))
	if _, err := netip.ParseAddr(name); err == nil {
		return true
	}
	switch {
	case host == "", name == "localhost", strings.HasSuffix(name, ".localhost"), name == Vendor:
		return true
	case slices.ContainsFunc(g.Names, func(n string) bool { return strings.EqualFold(strings.TrimSuffix(n, "."), name) }):
		return true
	}
	return g.Remote && loopback.PrivateURL("http://"+name)
}

// sameOrigin reports whether no page of another origin has made the browser send
// r. Clients that are not browsers send none of these headers; Node's fetch has
// a Sec-Fetch-Mode alone. A browser that follows a link to a page of ours is let
// in, unless it shows that in a frame of the other page.
func sameOrigin(r *http.Request) bool {
	switch r.Header.Get("Sec-Fetch-Site") {
	case "same-origin", "none":
		return true
	case "":
		origin := r.Header.Get("Origin")
		if origin == "" {
			return true
		}
		u, err := url.Parse(origin)
		return err == nil && u.Host != "" && strings.EqualFold(u.Host, r.Host)
	}
	reads := r.Method == http.MethodGet || r.Method == http.MethodHead
	return reads && r.Header.Get("Sec-Fetch-Mode") == "navigate" && r.Header.Get("Sec-Fetch-Dest") == "document"
}

// originOf names the page of a request that was refused.
func originOf(r *http.Request) string {
	if origin := r.Header.Get("Origin"); origin != "" {
		return origin
	}
	return "Sec-Fetch-Site: " + r.Header.Get("Sec-Fetch-Site")
}
