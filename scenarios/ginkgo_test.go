package scenarios_test

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"strings"
	"testing"

	. "github.com/onsi/ginkgo/v2"
	"github.com/onsi/ginkgo/v2/types"
	. "github.com/onsi/gomega"
	"go.uber.org/goleak"

	"github.com/scrapehook/scrapehook/scenarios"
	"github.com/scrapehook/scrapehook/scenarios/catalogue"
	"github.com/scrapehook/scrapehook/scenarios/probe"
	"github.com/scrapehook/scrapehook/scenarios/probe/sqlprobe"
	"github.com/scrapehook/scrapehook/webhook"
)

// The suite as a Ginkgo tree: a spec for each requirement, which awaits its
// verdict from the engine, where all scenarios overlap. It runs against the
// endpoint of -endpoint, and without it against the small receiver in
// model_test.go:
//
//	go test ./scenarios -args -endpoint=http://127.0.0.1:8080/webhook -receiver-probe=file:$PWD/rows.jsonl
//	ginkgo --label-filter=MUST ./scenarios -- -endpoint=http://127.0.0.1:8080/webhook
var options struct {
	endpoint, run, probe, token, apiListen, apiToken, profile string
	seed                                                      uint64
	fast                                                      bool
}

func TestMain(m *testing.M) {
	flag.StringVar(&options.endpoint, "endpoint", "", "URL of the receiver under test; empty: the model receiver of this package")
	flag.StringVar(&options.run, "receiver-run", "", "shell command that starts the receiver")
	flag.StringVar(&options.probe, "receiver-probe", "api", "how to see imported rows: file:PATH, http:URL, cmd:CMD or api")
	flag.StringVar(&options.token, "receiver-token", "", "the receiver's secret: query:NAME=VALUE, header:NAME=VALUE or path:VALUE")
	flag.StringVar(&options.apiListen, "api-listen", "", "address of the simulated API (default 127.0.0.1:8085, with -receiver-run a free port)")
	flag.StringVar(&options.apiToken, "api-token", "", "token of the simulated API")
	flag.StringVar(&options.profile, "profile", "2020", "the sender's rules: 2020 or 2022")
	flag.Uint64Var(&options.seed, "conform-seed", uint64(rand.Uint32()), "decides ids and rows")
	flag.BoolVar(&options.fast, "fast", false, "shorten our own waits")
	flag.Parse()
	// Who names an endpoint wants it judged; the package's own tests are not
	// about it.
	if run := flag.Lookup("test.run"); options.endpoint != "" && run.Value.String() == "" {
		_ = run.Value.Set("^TestConformance$") // a string: it takes any
	}
	code := m.Run()
	http.DefaultClient.CloseIdleConnections() // the model receiver's
	if err := goleak.Find(goleak.IgnoreAnyFunction(ginkgoInterrupts)); err != nil && code == 0 {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

// ginkgoInterrupts is a goroutine that Ginkgo never ends.
const ginkgoInterrupts = "github.com/onsi/ginkgo/v2/internal/interrupt_handler.(*InterruptHandler).registerForInterrupts.func2"

// TestConformance builds the tree when the flags are known, and runs it.
func TestConformance(t *testing.T) {
	RegisterFailHandler(Fail)
	const description = "receiver of Web Scraper Cloud's webhook"
	selected := scenarios.Selection{Of: len(catalogue.All())}
	declare(&selected)
	// Ginkgo itself says what its filters and focus leave, so that no other
	// scenario is played.
	for _, spec := range PreviewSpecs(description).SpecReports {
		if spec.LeafNodeType.Is(types.NodeTypeIt) && spec.State.Is(types.SpecStatePassed) {
			id, _, _ := strings.Cut(spec.LeafNodeText, " ")
			some, err := scenarios.Select(catalogue.All(), id)
			if err != nil {
				t.Fatal(err)
			}
			selected.Scenarios = append(selected.Scenarios, some.Scenarios...)
		}
	}
	if len(selected.Scenarios) == 0 {
		t.Fatal("no requirement is selected: see the label filter and the focus")
	}
	RunSpecs(t, description)
}

func declare(selected *scenarios.Selection) {
	var run *scenarios.Run
	results := map[string]scenarios.Result{}
	// The scenarios outlive BeforeSuite, whose own context ends with it.
	ctx, cancel := context.WithCancel(context.Background())

	// Parallel processes would each play everything.
	BeforeSuite(func() {
		suite, _ := GinkgoConfiguration()
		Expect(suite.ParallelTotal).To(Equal(1), "the scenarios overlap in one process: run without -p")
		cfg, stop := configuration()
		DeferCleanup(stop)
		DeferCleanup(func() {
			defer cancel()
			if len(results) < len(selected.Scenarios) {
				cancel() // the tree was interrupted: nobody waits for the rest
			}
			if run != nil {
				// The tree fails wherever the command does not exit 0: what was not
				// seen is skipped above, and is no success.
				c := run.Wait().Conclude()
				Expect(c.ExitCode).To(BeZero(), "%s: %s %s", c.Headline, c.Meaning, c.Next)
			}
		})
		var err error
		run, err = scenarios.Start(ctx, cfg, *selected)
		Expect(err).NotTo(HaveOccurred())
	})

	// Ginkgo took the time that a spec awaited its verdict, of which the first
	// has nearly all. Its own reports are written after this one.
	ReportAfterSuite("times of the checks themselves", func(suite Report) {
		for i, spec := range suite.SpecReports {
			id, _, _ := strings.Cut(spec.LeafNodeText, " ")
			if result, ok := results[id]; ok {
				suite.SpecReports[i].RunTime = result.Duration
			}
		}
	})

	// In a container, because a preview sees nothing else.
	Describe("the receiver", func() {
		for _, s := range catalogue.All() {
			It(s.ID+" "+s.Title, labelsOf(s), func(ctx SpecContext) {
				result, err := run.Result(ctx, s.ID)
				Expect(err).NotTo(HaveOccurred())
				results[s.ID] = result
				AddReportEntry("evidence", result.Timeline(), ReportEntryVisibilityFailureOrVerbose)
				said := string(result.Verdict) + "\n" + result.Explain()
				switch {
				case result.Decides(), result.Verdict == scenarios.Errored:
					Fail(said)
				case result.Verdict == scenarios.Pass:
				case result.Verdict == scenarios.Warn:
					AddReportEntry("warning", result.Explain())
				default:
					Skip(said)
				}
			})
		}
	})
}

func labelsOf(s scenarios.Scenario) Labels {
	return Labels{s.ID, s.Group(), string(s.Level)}
}

// configuration is that of the flags; without an endpoint, the model receiver
// is served and judged in fast mode.
func configuration() (scenarios.Config, func()) {
	profile, err := webhook.ProfileByName(options.profile)
	Expect(err).NotTo(HaveOccurred())
	cfg := scenarios.Config{
		Endpoint: options.endpoint, Profile: profile, Seed: options.seed, Fast: options.fast,
		APIListen: options.apiListen, APIToken: options.apiToken, Run: options.run,
	}
	GinkgoWriter.Printf("seed %d\n", cfg.Seed)
	if options.endpoint == "" {
		return withModel(cfg)
	}
	if cfg.APIListen == "" && cfg.Run == "" {
		cfg.APIListen = "127.0.0.1:8085" // where a receiver that was started by hand looks for it
	}
	if options.token != "" {
		cfg.Token, err = scenarios.ParseToken(options.token, cfg.Endpoint)
		Expect(err).NotTo(HaveOccurred())
	}
	p, err := probe.Parse(append(probe.Kinds(), sqlprobe.Kind()), options.probe, probe.Options{})
	Expect(err).NotTo(HaveOccurred())
	if p != nil {
		cfg.Probes = []probe.Probe{p}
	}
	return cfg, func() {}
}

// withModel lets the run judge the model receiver.
func withModel(cfg scenarios.Config) (scenarios.Config, func()) {
	m := newModel()
	cfg.Endpoint, cfg.Handler, cfg.Fast, cfg.Probes = "/webhook", m.serve, true, []probe.Probe{m}
	return cfg, m.stop
}
