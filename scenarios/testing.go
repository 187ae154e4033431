package scenarios

import (
	"math/rand/v2"
	"testing"

	"github.com/scrapehook/scrapehook/internal/human"
)

// Test judges a receiver within a test of its own: each requirement is a
// subtest, named conform/ID, that fails when the requirement is broken, and
// -run and -skip decide which are played. Config.Handler is what to judge, and
// Config.Probes how to see what it imports:
//
//	func TestWebhook(t *testing.T) {
//		rows := newRows(t) // where the receiver under test imports to
//		scenarios.Test(t, catalogue.All(), scenarios.Config{
//			Handler: func(api scenarios.API) http.Handler { return newWebhook(rows, api.URL, api.Token) },
//			Probes:  []probe.Probe{probe.Func("the rows", rows.ofJob)},
//			Fast:    true,
//		})
//	}
//
// A MUST that was not seen fails as well, unless Config.Unsupported gives the
// reason; only what a handler in the test's own process can't show, that it
// survives a crash, is skipped. A SHOULD that is broken is logged. The test as a
// whole fails where the command would not exit 0. A seed of
// 0 is replaced by a random one, which is logged.
func Test(t *testing.T, requirements []Scenario, cfg Config) {
	t.Helper()
	if cfg.Seed == 0 {
		cfg.Seed = uint64(rand.Uint32N(1<<31-1)) + 1 //nolint:gosec // to be repeatable, not secret
	}
	// A parallel subtest goes on only when this one's function has returned, so
	// that by then all that are selected are known and overlap in one run; and
	// what follows Test in the caller's function waits for them all.
	t.Run("conform", func(t *testing.T) {
		var run *Run
		var selected []Scenario
		for _, s := range requirements {
			t.Run(s.ID, func(t *testing.T) {
				selected = append(selected, s)
				t.Parallel()
				if run == nil {
					t.Skip("nothing was sent: see the test that this one is part of")
				}
				result, err := run.Result(t.Context(), s.ID)
				if err != nil {
					t.Fatal(err)
				}
				result.assert(t)
			})
		}
		if len(selected) == 0 {
			return
		}
		t.Logf("seed %d", cfg.Seed)
		var err error
		if run, err = Start(t.Context(), cfg, Selection{selected, len(requirements)}); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if c := run.Wait().Conclude(); c.ExitCode != 0 {
				t.Errorf("%s: %s %s", c.Headline, c.Meaning, c.Next)
			}
		})
	})
}

// assert makes the result that of a test.
func (r Result) assert(t *testing.T) {
	t.Helper()
	t.Logf("%s %s: %s, in %v", r.Level, r.Title, r.Verdict, human.Duration(r.Duration))
	switch {
	case r.Decides(), r.Verdict == Errored, r.LeavesOpen() && r.Verdict != Blocked:
		t.Errorf("%s\n%s", r.Explain(), r.Timeline())
	case r.Known != "":
		t.Skipf("known: %s\n%s", r.Known, r.Explain())
	case r.Verdict == Warn:
		t.Logf("warning\n%s", r.Explain())
	case r.Verdict != Pass:
		t.Skip(r.Explain())
	}
}
