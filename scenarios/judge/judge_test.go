package judge

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/scrapehook/scrapehook/internal/delivery"
	"github.com/scrapehook/scrapehook/scenarios"
	"github.com/scrapehook/scrapehook/scenarios/probe"
)

func jobRows(n int) [][]byte {
	var out [][]byte
	for i := range n {
		out = append(out, fmt.Appendf(nil, `{"web-scraper-order":"1-%d","title":"T%d"}`, i, i))
	}
	return out
}

func records(rows ...[]byte) []json.RawMessage {
	out := []json.RawMessage{}
	for _, r := range rows {
		out = append(out, r)
	}
	return out
}

// sees is an effect of which one probe saw these rows.
func sees(want [][]byte, got ...[]byte) scenarios.Effect {
	return scenarios.Effect{Job: 7, Want: want, APICalls: 3, Calls: 2, Downloads: 1, Limit: 30 * time.Second, Readings: []scenarios.ProbeReading{
		{Probe: "p", Reading: probe.Reading{Rows: len(got), Records: records(got...)}},
	}}
}

// counts is an effect of which one probe counted the rows.
func counts(want, got int) scenarios.Effect {
	e := sees(jobRows(want))
	e.Readings[0].Reading = probe.Reading{Rows: got}
	return e
}

func TestJudgeEffect(t *testing.T) {
	t.Parallel()
	unseen := func(downloads int) scenarios.Effect {
		return scenarios.Effect{Job: 7, Want: jobRows(3), Downloads: downloads, Calls: downloads, APICalls: 9, Limit: 30 * time.Second}
	}
	other := []byte(`{"web-scraper-order":"1-1","title":"other"}`)
	for _, tc := range []struct {
		name        string
		effect      scenarios.Effect
		noneIsRight bool
		verdict     scenarios.Verdict
		actual      string // part of the first finding
	}{
		{"whole", sees(jobRows(3), jobRows(3)...), false, scenarios.Pass, ""},
		{"whole in another order", sees(jobRows(3), jobRows(3)[2], jobRows(3)[0], jobRows(3)[1]), false, scenarios.Pass, ""},
		{"whole, counted", counts(3, 3), false, scenarios.Pass, ""},
		{"no rows, none wanted", counts(0, 0), false, scenarios.Pass, ""},
		{"none", sees(jobRows(3)), false, scenarios.Fail, "its data was downloaded once"},
		{"none, which is right too", sees(jobRows(3)), true, scenarios.Pass, ""},
		{"twice", sees(jobRows(3), append(jobRows(3), jobRows(3)...)...), false, scenarios.Fail, "6 rows: imported 2 times"},
		{"twice, where none is right too", counts(3, 6), true, scenarios.Fail, "imported 2 times"},
		{"too few", counts(3, 2), false, scenarios.Fail, "2 rows after"},
		{"too few, where none is right too", counts(3, 2), true, scenarios.Fail, "2 rows after"},
		{"too many", counts(3, 4), false, scenarios.Fail, "4 rows"},
		{"rows where there are none", counts(0, 4), false, scenarios.Fail, "4 rows"},
		{"another row", sees(jobRows(3), jobRows(3)[0], other, jobRows(3)[2]), false, scenarios.Fail, `title="other"`},
		{"one row twice, one missing", sees(jobRows(3), jobRows(3)[0], jobRows(3)[0], jobRows(3)[2]), false, scenarios.Fail, "2 times"},
		{"no probe, downloaded", unseen(1), false, scenarios.NotObservable, "no probe sees the rows"},
		{"no probe, downloaded, none is right too", unseen(1), true, scenarios.NotObservable, "no probe sees the rows"},
		{"no probe, never downloaded", unseen(0), false, scenarios.Fail, "no complete download within 30 s"},
		{"no probe, never downloaded, none is right too", unseen(0), true, scenarios.Pass, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			findings := effectOnce(tc.effect, tc.noneIsRight)
			if got := scenarios.VerdictOf(findings); got != tc.verdict {
				t.Fatalf("verdict %s of %+v, want %s", got, findings, tc.verdict)
			}
			if tc.actual != "" && !strings.Contains(findings[0].Actual, tc.actual) {
				t.Errorf("actual %q, want %q in it", findings[0].Actual, tc.actual)
			}
		})
	}
}

func TestJudgeNamesAReceiverThatNeverCalls(t *testing.T) {
	t.Parallel()
	e := scenarios.Effect{Want: jobRows(3), Readings: []scenarios.ProbeReading{{Probe: "p"}}}
	if f := EffectOnce(e); !strings.Contains(f[0].Actual, "was it told its address") {
		t.Errorf("found %+v", f)
	}
}

// TestDifferencesAreShownSideBySide: a row with another value is one difference,
// and of many only the first are shown.
func TestDifferencesAreShownSideBySide(t *testing.T) {
	t.Parallel()
	changed := []byte(`{"web-scraper-order":"1-1","title":"T-one"}`)
	findings := EffectOnce(sees(jobRows(3), jobRows(3)[0], changed, jobRows(3)[2]))
	if len(findings) != 1 || findings[0].Expected != `in row 2: title="T1"` || findings[0].Actual != `title="T-one" (p)` {
		t.Errorf("found %+v", findings)
	}
	none := sees(jobRows(100), jobRows(100)[0])
	if found := differences(none, none.Readings[0]); len(found) != differencesKept+1 {
		t.Errorf("%d differences, want %d and a summary", len(found), differencesKept)
	}
}

// TestDoublingIsDamage: it fails a MUST also where a SHOULD saw it.
func TestDoublingIsDamage(t *testing.T) {
	t.Parallel()
	for name, e := range map[string]scenarios.Effect{
		"counted": counts(3, 6),
		"shown":   sees(jobRows(3), jobRows(3)[0], jobRows(3)[0], jobRows(3)[1]),
	} {
		findings := EffectOnce(e)
		if !slices.ContainsFunc(findings, func(f scenarios.Finding) bool { return f.Damage == scenarios.Doubled }) {
			t.Errorf("%s: %+v", name, findings)
		}
	}
}

func exchange(label string, status int, reason delivery.Reason) scenarios.Exchange {
	return scenarios.Exchange{Label: label, Attempt: delivery.Attempt{Status: status, Reason: reason, Err: "why"}}
}

func TestAcknowledged(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name string
		x    scenarios.Exchange
		want scenarios.Verdict
	}{
		{"200", exchange("x", 200, delivery.Acked), scenarios.Pass},
		{"204", exchange("x", 204, delivery.Acked), scenarios.Pass},
		{"a slow body", exchange("x", 200, delivery.Timeout), scenarios.Pass}, // ACK-08 is about the body
		{"302", exchange("x", 302, delivery.Rejected), scenarios.Fail},
		{"500", exchange("x", 500, delivery.Rejected), scenarios.Fail},
		{"timeout", exchange("x", 0, delivery.Timeout), scenarios.Fail},
		{"refused", exchange("x", 0, delivery.Refused), scenarios.Fail},
		{"reset", exchange("x", 0, delivery.Reset), scenarios.Fail},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			findings := Acknowledged(scenarios.Observation{Exchanges: []scenarios.Exchange{exchange("ok", 200, delivery.Acked), tc.x}})
			if got := scenarios.VerdictOf(findings); got != tc.want {
				t.Errorf("verdict %s of %+v, want %s", got, findings, tc.want)
			}
		})
	}
}
