package scenarios_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/scrapehook/scrapehook/scenarios"
)

// evidenceOf returns the evidence of one requirement of a report.
func evidenceOf(t *testing.T, r scenarios.Report, id string) []scenarios.Evidence {
	t.Helper()
	i := slices.IndexFunc(r.Results, func(result scenarios.Result) bool { return result.ID == id })
	if i < 0 {
		t.Fatalf("no %s in the report", id)
	}
	return r.Results[i].Evidence
}

// TestEvidenceIsWhatWentOverTheWire: requests are as they were written, byte by
// byte where we wrote them so, and answers as people read them.
func TestEvidenceIsWhatWentOverTheWire(t *testing.T) {
	t.Parallel()
	r := judge(t, t.Context(), "FORM-06,FORM-07,SEC-03", func(m *model, cfg *scenarios.Config) {
		cfg.Token = scenarios.Token{Kind: "header", Name: "X-Token", Value: "s3cret"}
		m.handle = func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("X-Seen", r.Header.Get("X-Token"))
			w.WriteHeader(http.StatusEarlyHints)
			m.accept(w, r)
			if r.ContentLength < 1000 {
				_, _ = w.Write([]byte("seen: " + r.Header.Get("X-Token") + strings.Repeat(".", 4000)))
			}
		}
	})
	var lower, chunked, enormous *scenarios.Wire
	for _, id := range []string{"FORM-06", "FORM-07", "SEC-03"} {
		for _, e := range evidenceOf(t, r, id) {
			if e.Kind != scenarios.OfRequest {
				continue
			}
			if e.Wire == nil || e.Took <= 0 || !strings.Contains(e.Wire.Request.Head+e.Wire.Request.Body, "\nX-Token: REDACTED") {
				t.Fatalf("%s: evidence %+v of %+v", id, e, e.Wire)
			}
			switch {
			case strings.HasPrefix(e.Text, "header names in lower case"):
				lower = e.Wire
			case strings.HasPrefix(e.Text, "split over packets"):
				if e.Wire.Curl != "" || !strings.Contains(e.Text, "no curl line: curl sends no request in pieces") {
					t.Errorf("%q with the line %s", e.Text, e.Wire.Curl)
				}
			case strings.HasPrefix(e.Text, "in chunks"):
				chunked = e.Wire
			case strings.HasPrefix(e.Text, "a form of 10 MB"):
				enormous = e.Wire
			}
		}
	}
	if lower == nil || !strings.Contains(lower.Request.Head, "\ncontent-type: application/x-www-form-urlencoded\n") {
		t.Errorf("lower case: %+v", lower)
	} else if a := lower.Answer; !strings.HasPrefix(a.Head, "HTTP/1.1 103 Early Hints\n") || !strings.Contains(a.Head, "\n\nHTTP/1.1 200 OK\n") ||
		!strings.Contains(a.Head, "X-Seen: REDACTED") || !strings.HasPrefix(a.Body, "seen: REDACTED..") || a.Bytes != 4012 || len(a.Body) != 2<<10 {
		t.Errorf("the answer is %+v", a)
	}
	if chunked == nil || !strings.HasPrefix(chunked.Request.Body, "9\r\nscrapingj\r\n") || !strings.HasSuffix(chunked.Request.Body, "\r\n0\r\n\r\n") ||
		!strings.Contains(chunked.Curl, "-H 'Transfer-Encoding: chunked'") || !strings.Contains(chunked.Curl, `-H 'X-Token: '"$TOKEN"`) {
		t.Errorf("in chunks: %+v", chunked)
	}
	if enormous == nil || enormous.Request.Bytes < 1<<16 || len(enormous.Request.Body) != 2<<10 || enormous.Curl != "" {
		t.Errorf("10 MB: %+v", enormous)
	}
}

// TestEvidenceTellsHowAnImportCame: which calls there were and how long they
// took, and what the probe saw when.
func TestEvidenceTellsHowAnImportCame(t *testing.T) {
	t.Parallel()
	r := judge(t, t.Context(), "IDEM-01", func(m *model, _ *scenarios.Config) { m.double = true })
	var readings []string
	calls := 0
	last := time.Duration(-1)
	for _, e := range evidenceOf(t, r, "IDEM-01") {
		if e.At < last {
			t.Errorf("%q is out of order", e.Text)
		}
		last = e.At
		switch e.Kind {
		case scenarios.OfAPI:
			if calls++; e.Took <= 0 {
				t.Errorf("%q took %v", e.Text, e.Took)
			}
		case scenarios.OfProbe:
			readings = append(readings, e.Text)
		default:
		}
	}
	all := strings.Join(readings, "\n")
	if calls < 2 || !strings.Contains(all, "the model's memory sees 40 of 20 rows") {
		t.Errorf("%d calls, and the probe saw\n%s", calls, all)
	}
}
