package simulator

import (
	"crypto/tls"
	"fmt"
	"net"
	"time"

	"github.com/scrapehook/scrapehook/internal/delivery"
	"github.com/scrapehook/scrapehook/internal/loopback"
	"github.com/scrapehook/scrapehook/simulator/internal/guard"
	"github.com/scrapehook/scrapehook/webhook"
)

// Config says what to simulate. Token is required.
type Config struct {
	// Listen is the API's address; empty is a free port of 127.0.0.1. Other
	// machines may only call if AllowRemote is set, and the control API only if
	// AllowRemoteControl is.
	Listen                          string
	AllowRemote, AllowRemoteControl bool
	// AllowHosts are host names that calls may be made by, besides localhost, IP
	// addresses, the vendor's own name, and with AllowRemote names of private
	// networks. Under any other name a web page could have itself resolved to
	// the simulator.
	AllowHosts []string
	// TLS, if not nil, makes the API answer https.
	TLS *tls.Config
	// Token is what every call of the API must bear.
	Token string
	// RateLimit of the API's calls; the zero value is off.
	RateLimit RateLimit
	// Faults of the API from the start.
	Faults []Fault
	// SenderFaults are those of the sender of notifications from the start.
	SenderFaults []SenderFault
	// Endpoints are the URLs that ended jobs are notified to.
	Endpoints []string
	// EndpointTLS says which certificates of endpoints are accepted; nil: those
	// that the system trusts.
	EndpointTLS *tls.Config
	// Concurrency bounds the attempts under way to each endpoint, and MaxPending
	// the notifications to it that the sender has taken, see [delivery.Config].
	// What it has no room for waits in the cloud's outbox.
	Concurrency, MaxPending int
	// Seed decides every generated value and outcome. AnySeed says that the
	// one of State may take its place.
	Seed    uint64
	AnySeed bool
	// Profile of the sender's rules; the zero value is the 2020 profile.
	Profile webhook.Profile
	// JobTime is about how long a job takes from its creation to its end; 0:
	// jobs move only when they are told to.
	JobTime time.Duration
	// TimeScale is how many simulated seconds pass in a real one; 0 is what
	// State has, or 1. Jobs, schedulers and resends live by them, attempts do
	// not.
	TimeScale float64
	// Rows are what a job collects whose pages are all full.
	Rows int
	// Turnouts say how start pages turn out, and EndStatuses how jobs end whose
	// pages are all full; none is always finished.
	Turnouts    Turnouts
	EndStatuses Mix
	// Records are users' own rows, by sitemap name; see [cloud.Config].
	Records map[string]*RecordFile
	// Sitemaps are there from the start, and stand in for the default sitemap;
	// see [cloud.Config].
	Sitemaps []*Sitemap
	// Data says what generated rows look like.
	Data DataOptions
	// State is the path of a file that everything lasts in; empty: nothing
	// outlives the process.
	State string
	// OnCall and OnAttempt are told of the API's calls, as [api.Config] says,
	// and of the attempts to notify, as [delivery.Config] says. OnError is told
	// of a job that could not go on, as [cloud.Config] says, and of calls that
	// were refused for their host name or origin. They are called by many
	// goroutines. Nil: nobody watches.
	OnCall    func(Call)
	OnAttempt func(Attempt)
	OnError   func(error)
	// OnStall is told once when the state can't be written, because its disk is
	// full, say, and of nil when it can be again. Meanwhile the simulator waits:
	// no job goes on, nothing is notified, and verbs are refused with 503. Nil:
	// nobody is told.
	OnStall func(error)

	// beforeWrite is asked before each write to the state file, for tests that
	// end a process in its midst.
	beforeWrite func() error
}

func (cfg Config) check() error {
	host, _, err := net.SplitHostPort(cfg.Listen)
	if err != nil {
		return fmt.Errorf("the address to listen on is %q, and must be HOST:PORT", cfg.Listen)
	}
	if !loopback.Host(host) && !cfg.AllowRemote {
		return fmt.Errorf("%s would let other machines in: listen on 127.0.0.1, or allow it (--allow-remote)", cfg.Listen)
	}
	for _, name := range cfg.AllowHosts {
		if err := guard.CheckName(name); err != nil {
			return err
		}
	}
	for _, url := range cfg.Endpoints {
		if err := delivery.CheckURL(url); err != nil {
			return err
		}
	}
	return nil
}
