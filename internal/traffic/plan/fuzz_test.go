package plan_test

import (
	"strings"
	"testing"
	"time"

	"github.com/scrapehook/scrapehook/internal/traffic/plan"
)

// FuzzFlags: rates, arrivals and traces are taken or refused.
func FuzzFlags(f *testing.F) {
	for _, seed := range []string{"100/s", "even", "poisson", "burst=5", "1e308/s", "-1/m", "NaN", "0\n1.5\n2\n", "0\n-1\n", "max", "steps=1,2,3", "file:x"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if rate, err := plan.ParseRate(text); err == nil && !(rate >= 0) {
			t.Errorf("the rate %q is %v", text, rate)
		}
		_, _ = plan.ParseArrivals(text, 10, time.Minute)
		seconds, err := plan.ReadTrace(strings.NewReader(text))
		if err != nil {
			return
		}
		for _, s := range seconds {
			if !(s >= 0) {
				t.Errorf("the trace %q has %v", text, s)
			}
		}
	})
}
