package fault_test

import (
	"testing"

	"github.com/scrapehook/scrapehook/internal/fault"
)

// FuzzParseRule: a rule that is taken can be added to a plan.
func FuzzParseRule(f *testing.F) {
	for _, seed := range []string{
		"server-error,nth=1", "stall,route=account,nth=1,delay=15s", "too-many-requests,route=GET scraping-job/{id}/json,retry_after=3s",
		"dribble,bytes=1,delay=1h", "reset,probability=0.5", "x", "", ",", "stall,delay=-1s", "server-error,job=-5", "cut,after=99999999999999999999",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		rule, err := fault.ParseRule(text)
		if err != nil {
			return
		}
		plan := fault.NewPlan(1)
		if _, err := plan.Add(rule); err != nil {
			t.Errorf("%q is a rule, and can't be added: %v", text, err)
		}
		_ = plan.For("GET account", 1)
	})
}
