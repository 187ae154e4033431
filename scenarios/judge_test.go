package scenarios

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/scrapehook/scrapehook/scenarios/probe"
	"github.com/scrapehook/scrapehook/simulator/delivery"
)

func rows(n int) [][]byte {
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
func sees(want [][]byte, got ...[]byte) Effect {
	return Effect{Job: 7, Want: want, APICalls: 3, Calls: 2, Downloads: 1, Limit: 30 * time.Second, Readings: []ProbeReading{
		{"p", probe.Reading{Rows: len(got), Records: records(got...)}},
	}}
}

// counts is an effect of which one probe counted the rows.
func counts(want, got int) Effect {
	e := sees(rows(want))
	e.Readings[0].Reading = probe.Reading{Rows: got}
	return e
}

func TestJudgeEffect(t *testing.T) {
	t.Parallel()
	unseen := func(downloads int) Effect {
		return Effect{Job: 7, Want: rows(3), Downloads: downloads, Calls: downloads, APICalls: 9, Limit: 30 * time.Second}
	}
	other := []byte(`{"web-scraper-order":"1-1","title":"other"}`)
	for _, tc := range []struct {
		name        string
		effect      Effect
		noneIsRight bool
		verdict     Verdict
		actual      string // part of the first finding
	}{
		{"whole", sees(rows(3), rows(3)...), false, Pass, ""},
		{"whole in another order", sees(rows(3), rows(3)[2], rows(3)[0], rows(3)[1]), false, Pass, ""},
		{"whole, counted", counts(3, 3), false, Pass, ""},
		{"no rows, none wanted", counts(0, 0), false, Pass, ""},
		{"none", sees(rows(3)), false, Fail, "none within 30s; its data was downloaded 1 times"},
		{"none, which is right too", sees(rows(3)), true, Pass, ""},
		{"twice", sees(rows(3), append(rows(3), rows(3)...)...), false, Fail, "6 rows: imported 2 times"},
		{"twice, where none is right too", counts(3, 6), true, Fail, "imported 2 times"},
		{"too few", counts(3, 2), false, Fail, "2 rows after"},
		{"too few, where none is right too", counts(3, 2), true, Fail, "2 rows after"},
		{"too many", counts(3, 4), false, Fail, "4 rows"},
		{"rows where there are none", counts(0, 4), false, Fail, "4 rows"},
		{"another row", sees(rows(3), rows(3)[0], other, rows(3)[2]), false, Fail, "a row too many"},
		{"one row twice, one missing", sees(rows(3), rows(3)[0], rows(3)[0], rows(3)[2]), false, Fail, "a row too many"},
		{"no probe, downloaded", unseen(1), false, NotObservable, "no probe sees the rows"},
		{"no probe, downloaded, none is right too", unseen(1), true, NotObservable, "no probe sees the rows"},
		{"no probe, never downloaded", unseen(0), false, Fail, "no complete download within 30s"},
		{"no probe, never downloaded, none is right too", unseen(0), true, Pass, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			findings := tc.effect.judge(tc.noneIsRight)
			if got := verdictOf(findings); got != tc.verdict {
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
	e := Effect{Want: rows(3), Readings: []ProbeReading{{"p", probe.Reading{}}}}
	if f := e.judge(false); !strings.Contains(f[0].Actual, "was it told its address") {
		t.Errorf("found %+v", f)
	}
}

func TestDifference(t *testing.T) {
	t.Parallel()
	want := [][]byte{[]byte(`{"order":"1","title":"a \u00fc","n":"1"}`), []byte(`{"order":"2","title":"b","n":null}`)}
	for _, tc := range []struct {
		name string
		got  []string
		same bool
	}{
		{"the same bytes", []string{`{"order":"1","title":"a \u00fc","n":"1"}`, `{"order":"2","title":"b","n":null}`}, true},
		{"other escapes and spaces", []string{`{ "title":"a ü", "order":"1","n":"1"}`, `{"n":null,"order":"2","title":"b"}`}, true},
		{"more fields", []string{`{"job":1,"order":"1","title":"a ü","n":"1"}`, `{"job":1,"order":"2","title":"b","n":null}`}, true},
		{"fewer fields", []string{`{"title":"a ü"}`, `{"title":"b"}`}, true},
		{"other fields only", []string{`{"t":"x"}`, `{"t":"y"}`}, true}, // nothing to compare
		{"another value", []string{`{"title":"a u"}`, `{"title":"b"}`}, false},
		{"a number for a text", []string{`{"title":"a ü","n":1}`, `{"title":"b","n":null}`}, false},
		{"a text for nothing", []string{`{"title":"a ü","n":"1"}`, `{"title":"b","n":""}`}, false},
		{"a field in one row only", []string{`{"title":"a ü","n":"1"}`, `{"title":"b"}`}, false},
		{"one row twice", []string{`{"title":"b"}`, `{"title":"b"}`}, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			var got []json.RawMessage
			for _, row := range tc.got {
				got = append(got, json.RawMessage(row))
			}
			if found := difference(want, got); (len(found) == 0) != tc.same {
				t.Errorf("found %+v, want same %v", found, tc.same)
			}
		})
	}
	if found := difference(rows(100), nil); found != nil {
		t.Errorf("without a row there is nothing to compare: %+v", found)
	}
	if found := difference(rows(100), records(rows(100)[0])); len(found) != differencesKept+1 {
		t.Errorf("%d differences, want %d and a summary", len(found), differencesKept)
	}
}

func exchange(label string, status int, reason delivery.Reason) Exchange {
	return Exchange{Label: label, Attempt: delivery.Attempt{Status: status, Reason: reason, Err: "why"}}
}

func TestAcknowledged(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name string
		x    Exchange
		want Verdict
	}{
		{"200", exchange("x", 200, delivery.Acked), Pass},
		{"204", exchange("x", 204, delivery.Acked), Pass},
		{"a slow body", exchange("x", 200, delivery.Timeout), Pass}, // ACK-08 is about the body
		{"302", exchange("x", 302, delivery.Rejected), Fail},
		{"500", exchange("x", 500, delivery.Rejected), Fail},
		{"timeout", exchange("x", 0, delivery.Timeout), Fail},
		{"refused", exchange("x", 0, delivery.Refused), Fail},
		{"reset", exchange("x", 0, delivery.Reset), Fail},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			findings := acknowledged(Observation{Exchanges: []Exchange{exchange("ok", 200, delivery.Acked), tc.x}})
			if got := verdictOf(findings); got != tc.want {
				t.Errorf("verdict %s of %+v, want %s", got, findings, tc.want)
			}
		})
	}
}

func TestUnharmed(t *testing.T) {
	t.Parallel()
	good := exchange("afterwards", 200, delivery.Acked)
	for _, tc := range []struct {
		name string
		odd  Exchange
		last Exchange
		want Verdict
	}{
		{"405", exchange("GET", http.StatusMethodNotAllowed, delivery.Rejected), good, Pass},
		{"understood", exchange("GET", 200, delivery.Acked), good, Pass},
		{"500", exchange("GET", 500, delivery.Rejected), good, Fail},
		{"dropped", exchange("GET", 0, delivery.Reset), good, Fail},
		{"dead afterwards", exchange("GET", 400, delivery.Rejected), exchange("afterwards", 503, delivery.Rejected), Fail},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			findings := unharmed(Observation{Exchanges: []Exchange{tc.odd, tc.last}})
			if got := verdictOf(findings); got != tc.want {
				t.Errorf("verdict %s of %+v, want %s", got, findings, tc.want)
			}
		})
	}
}

func TestOverall(t *testing.T) {
	t.Parallel()
	result := func(l Level, v Verdict) Result { return Result{Requirement: Requirement{Level: l}, Verdict: v} }
	for _, tc := range []struct {
		name    string
		results []Result
		want    Overall
	}{
		{"nothing was played", nil, Broken},
		{"all pass", []Result{result(Must, Pass), result(Should, Pass)}, Conformant},
		{"a warning", []Result{result(Must, Pass), result(Should, Warn)}, Conformant},
		{"a MUST is broken", []Result{result(Must, Pass), result(Must, Fail)}, Failed},
		{"a MUST is broken and the harness too", []Result{result(Must, Errored), result(Must, Fail)}, Failed},
		{"the harness failed", []Result{result(Must, Pass), result(Should, Errored)}, Broken},
		{"a MUST was not seen", []Result{result(Must, Pass), result(Must, NotObservable)}, Partial},
		{"a SHOULD was not seen", []Result{result(Must, Pass), result(Should, NotObservable)}, Conformant},
		{"a MUST was blocked", []Result{result(Must, Pass), result(Must, Blocked)}, Partial},
		{"a MUST is declared unsupported", []Result{result(Must, Pass), result(Must, NotSupported)}, Conformant},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if got := overall(tc.results); got != tc.want {
				t.Errorf("got %s, want %s", got, tc.want)
			}
		})
	}
}

func TestLevelCaps(t *testing.T) {
	t.Parallel()
	findings := []Finding{{Verdict: Fail}, {Verdict: NotObservable}}
	if got := verdictOf(Must.capped(findings)); got != Fail {
		t.Errorf("a MUST: %s", got)
	}
	if got := Should.capped(findings); got[0].Verdict != Warn || findings[0].Verdict != Fail {
		t.Errorf("a SHOULD: %+v, of %+v", got, findings)
	}
}
