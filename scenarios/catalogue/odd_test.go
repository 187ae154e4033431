package catalogue

import (
	"net/http"
	"testing"

	"github.com/scrapehook/scrapehook/internal/delivery"
	"github.com/scrapehook/scrapehook/scenarios"
)

func exchange(label string, status int, reason delivery.Reason) scenarios.Exchange {
	return scenarios.Exchange{Label: label, Attempt: delivery.Attempt{Status: status, Reason: reason, Err: "why"}}
}

func TestUnharmed(t *testing.T) {
	t.Parallel()
	good := exchange("afterwards", 200, delivery.Acked)
	for _, tc := range []struct {
		name string
		odd  scenarios.Exchange
		last scenarios.Exchange
		want scenarios.Verdict
	}{
		{"405", exchange("GET", http.StatusMethodNotAllowed, delivery.Rejected), good, scenarios.Pass},
		{"understood", exchange("GET", 200, delivery.Acked), good, scenarios.Pass},
		{"500", exchange("GET", 500, delivery.Rejected), good, scenarios.Fail},
		{"dropped", exchange("GET", 0, delivery.Reset), good, scenarios.Fail},
		{"dead afterwards", exchange("GET", 400, delivery.Rejected), exchange("afterwards", 503, delivery.Rejected), scenarios.Fail},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			findings := unharmed(scenarios.Observation{Exchanges: []scenarios.Exchange{tc.odd, tc.last}})
			if got := scenarios.VerdictOf(findings); got != tc.want {
				t.Errorf("verdict %s of %+v, want %s", got, findings, tc.want)
			}
		})
	}
}
