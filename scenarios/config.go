package scenarios

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os/exec"
	"strings"
	"time"

	"github.com/scrapehook/scrapehook/internal/delivery"
	"github.com/scrapehook/scrapehook/scenarios/internal/patience"
	"github.com/scrapehook/scrapehook/scenarios/probe"
	"github.com/scrapehook/scrapehook/webhook"
)

// Config is what a run is about. Only Endpoint or Handler is required.
type Config struct {
	// Endpoint is the URL that takes the notifications; with Handler, only its
	// path, and empty is /.
	Endpoint string
	// Handler makes the receiver under test, given the simulated API that it is
	// to import from; the run serves it on loopback. It lives in our own process,
	// so nothing can be seen of what survives its death. Not with Run.
	Handler func(API) http.Handler
	// EndpointTLS says which certificates of the endpoint are accepted; nil: those
	// that the system trusts.
	EndpointTLS *tls.Config
	// Name is how reports call the endpoint; empty is its URL.
	Name string
	// Version is that of the tool, for reports; it may be empty.
	Version string
	// Command repeats the run, for reports; it may be empty.
	Command string
	// Profile is the sender's rules; the zero value is profile 2020.
	Profile webhook.Profile
	// Seed decides ids and rows. A receiver remembers what it has seen, so a
	// run that is to be repeated with its seed needs a fresh receiver.
	Seed uint64
	// Fast shortens what is ours to shorten: the resend delay, the quiet time
	// and our own pauses. The receiver's time to answer is never shortened.
	Fast bool
	// EffectTimeout is how long an import is awaited while the receiver makes no
	// progress with any job; 0 is 30 s. RetryTimeout is the same where the
	// receiver must try again by itself; 0 is 180 s. What is 0 becomes less once
	// a MUST has failed; see [patience.Limits].
	EffectTimeout, RetryTimeout time.Duration
	// MaxFail ends the run after that many broken MUSTs; 0 is no limit.
	MaxFail int
	// Check plays nothing: only the setup is looked at.
	Check bool
	// Concurrency is how many scenarios overlap at most; 0 is 16.
	Concurrency int
	// APIListen is the simulated API's address; empty is a free port of
	// loopback. APIURL is what the receiver is told of it, ending in /api/v1/;
	// empty is made from the address. APIToken is the token it must present;
	// empty is "scrapehook".
	APIListen, APIURL, APIToken string
	// APITLS makes the simulated API speak TLS; nil is plain HTTP. RunEnv is
	// added to the environment of what Run starts, so that it trusts it.
	APITLS *tls.Config
	RunEnv []string
	// Token is the receiver's secret, which every request carries; the zero
	// value is none.
	Token Token
	// Unsupported are requirements, by ID, that the receiver is declared not to
	// meet, with the reason.
	Unsupported map[string]string
	// KnownFailing are requirements, by ID, that are known not to be met, with
	// the reason. They are played all the same, and don't decide the verdict;
	// but one that passes does, because the list is out of date.
	KnownFailing map[string]string
	// Burst is how many notifications are sent at once as a burst; 0 is 100.
	Burst int
	// Sitemap is the path of a sitemap as the extension exports it: the jobs of the
	// run have its columns, and its name where a scenario does not need another
	// one. Empty is a sitemap of our own.
	Sitemap string
	// Records is the path of rows of the user's own, as JSON lines, a JSON array, CSV
	// or XLSX, at least 100: the jobs of the run have its first rows, and at most all
	// of them. A requirement that needs more rows is not observed. A requirement
	// about the text of a cell uses rows of our own.
	Records string
	// SitemapName is the name of the sitemap of every job, where a scenario does
	// not need another one; empty is that of Sitemap, or one for each job.
	SitemapName string
	// Probes see the receiver's imported rows. Without any, only the simulated
	// API's own view is there: that a job's data was downloaded.
	Probes []probe.Probe
	// ProbeMap says where probes show a column, by its name: a field's name, or
	// several with dots between them where objects are nested. Columns that it
	// does not name are found by their name, or by their values.
	ProbeMap map[string]string
	// Run is a shell command that starts the receiver. With it the run can
	// kill and restart the receiver; without it the receiver must be there.
	Run string
	// Program makes the command that starts it, in place of Run: without a shell,
	// and with an environment of its own if it likes.
	Program func() *exec.Cmd
	// StartCommand and KillCommand start and kill a receiver that is not a
	// process of ours, in a container perhaps. Both or neither; not with Run.
	StartCommand, KillCommand string
	// StartTimeout is how long it may take until it answers; 0 is 30 s.
	StartTimeout time.Duration
	// Sent is told of every exchange with the endpoint when it has ended, those
	// aside that were written byte by byte; nil is nobody. It must be safe for
	// concurrent use.
	Sent func(job int64, r delivery.Request, a delivery.Attempt)
	// Progress is told what happens while it happens; nil is nobody. It is
	// called from one goroutine at a time and must not block.
	Progress func(Event)

	limits patience.Limits // filled in by withDefaults
}

// API is where a receiver finds the simulated API.
type API struct {
	// URL ends in /api/v1/; it stands for https://api.webscraper.io/api/v1/.
	URL string
	// Token is what the parameter api_token must be.
	Token string
}

const (
	// DefaultToken is the token of the simulated API.
	DefaultToken = "scrapehook"
	// APIPath is where the API's routes begin.
	APIPath = "/api/v1/"
)

// withDefaults validates c and fills in what it leaves open.
func (c Config) withDefaults() (Config, error) {
	if err := c.checkEndpoint(); err != nil {
		return c, err
	}
	c.limits = patience.Limits{ImportSet: c.EffectTimeout != 0, RetrySet: c.RetryTimeout != 0, Fast: c.Fast}
	for _, d := range []struct {
		name  string
		value *time.Duration
		def   time.Duration
	}{
		{"effect timeout", &c.EffectTimeout, 30 * time.Second},
		{"retry timeout", &c.RetryTimeout, 180 * time.Second},
		{"start timeout", &c.StartTimeout, 30 * time.Second},
	} {
		if *d.value < 0 {
			return c, fmt.Errorf("%s %v: want more than 0", d.name, *d.value)
		}
		if *d.value == 0 {
			*d.value = d.def
		}
	}
	c.limits.Import, c.limits.Retry = c.EffectTimeout, c.RetryTimeout
	if c.Concurrency < 0 || c.Concurrency > 1000 {
		return c, fmt.Errorf("concurrency %d: want 1 to 1000", c.Concurrency)
	}
	if c.Concurrency == 0 {
		c.Concurrency = 16
	}
	if (c.StartCommand == "") != (c.KillCommand == "") || c.runs() && c.KillCommand != "" {
		return c, errors.New("the receiver is started and killed either by one command to run, or by one command to start and one to kill it")
	}
	if c.Burst < 0 || c.Burst > 10_000 {
		return c, fmt.Errorf("burst %d: want 1 to 10000", c.Burst)
	}
	if c.Burst == 0 {
		c.Burst = usualBurst
	}
	if c.Profile.Name == "" {
		c.Profile = webhook.Profile2020()
	}
	if c.Handler != nil && c.Endpoint == "" {
		c.Endpoint = "/"
	}
	if c.Name == "" {
		c.Name = c.Endpoint
	}
	if c.APIToken == "" {
		c.APIToken = DefaultToken
	}
	return c.withAPI()
}

func (c Config) checkEndpoint() error {
	if c.Handler == nil {
		u, err := url.Parse(c.Endpoint)
		if err != nil {
			return fmt.Errorf("endpoint %q: %w", c.Endpoint, err)
		}
		if (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" {
			return fmt.Errorf("endpoint %q: want a URL such as http://127.0.0.1:8080/webhook", c.Endpoint)
		}
		return nil
	}
	if c.Endpoint != "" && !strings.HasPrefix(c.Endpoint, "/") {
		return fmt.Errorf("endpoint %q: with a handler, want the path that takes the notifications, such as /webhook", c.Endpoint)
	}
	if c.runs() || c.StartCommand != "" {
		return errors.New("the receiver is either a handler or a command, not both")
	}
	return nil
}

func (c Config) withAPI() (Config, error) {
	if c.APIListen == "" {
		c.APIListen = "127.0.0.1:0"
	}
	if _, _, err := net.SplitHostPort(c.APIListen); err != nil {
		return c, fmt.Errorf("API address %q: want HOST:PORT: %w", c.APIListen, err)
	}
	if c.APIURL == "" {
		return c, nil
	}
	u, err := url.Parse(c.APIURL)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" {
		return c, fmt.Errorf("API URL %q: want a URL that ends in %s", c.APIURL, APIPath)
	}
	if !strings.HasSuffix(c.APIURL, "/") {
		c.APIURL += "/"
	}
	return c, nil
}

// excludes says that a scenario can't be played with this configuration, and
// why; the empty verdict is that it can.
func (c Config) excludes(s Scenario) (Verdict, Finding) {
	switch reason := c.Unsupported[s.ID]; {
	case reason != "":
		return NotSupported, found(NotSupported, s.ID, "declared", reason)
	case s.Token && c.Token == (Token{}):
		return NotSupported, found(NotSupported, "the receiver's secret token", "declared", "none is: use --token if there is one")
	case c.Handler != nil && s.endsReceiver():
		return NotObservable, found(NotObservable, "the receiver", "killed or stopped, and started again", "a handler in the process of the test: use scrapehook conform --run")
	case s.Phase == Kill && !c.runs() && c.KillCommand == "":
		return NotObservable, found(NotObservable, "the receiver", "killed and started again", "not ours to kill: use --run, or --kill-cmd and --start-cmd")
	case s.Polite && !c.runs():
		return NotObservable, found(NotObservable, "the receiver", "asked to stop", "not ours to ask: use --run")
	}
	return "", Finding{}
}

// runs reports whether the receiver's process is a child of ours.
func (c Config) runs() bool { return c.Run != "" || c.Program != nil }

// timing are the waits that are our own.
type timing struct {
	// resend replaces the profile's delay when it is not zero.
	resend time.Duration
	// quiet is how long nothing may have happened before "no second effect"
	// is judged.
	quiet time.Duration
	// poll is how often probes are read.
	poll time.Duration
}

func (c Config) timing() timing {
	if c.Fast {
		return timing{resend: time.Second, quiet: 1500 * time.Millisecond, poll: 50 * time.Millisecond}
	}
	return timing{quiet: 5 * time.Second, poll: 100 * time.Millisecond}
}

// resendDelay is the wait before the resend that follows a failed attempt.
func (c Config) resendDelay(failed int) time.Duration {
	if d := c.timing().resend; d > 0 {
		return d
	}
	p := c.Profile
	p.MaxAttempts = 0 // scenarios count their attempts themselves
	d, _ := p.ResendDelay(failed)
	return d
}

// port is the port of an endpoint, as receivers started by a run are told it.
func port(endpoint string) string {
	u, err := url.Parse(endpoint)
	switch {
	case err != nil:
		return ""
	case u.Port() != "":
		return u.Port()
	case u.Scheme == "https":
		return "443"
	}
	return "80"
}
