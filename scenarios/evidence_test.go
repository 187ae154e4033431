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
	for _, id := range []string{"FORM-06", "FORM-07", "SEC-03"} {
		for _, e := range evidenceOf(t, r, id) {
			if e.Kind == scenarios.OfRequest &&
				(e.Wire == nil || e.Took <= 0 || !strings.Contains(strings.ToLower(e.Wire.Request.Head+e.Wire.Request.Body), "\nx-token: redacted")) {
				t.Fatalf("%s: evidence %+v of %+v", id, e, e.Wire)
			}
		}
	}
	t.Run("head in lower case, its answer cut", func(t *testing.T) {
		e := requestOf(t, r, "FORM-06", "header names in lower case")
		contains(t, e.Wire.Request.Head, "\ncontent-type: application/x-www-form-urlencoded\n")
		a := e.Wire.Answer
		contains(t, a.Head, "HTTP/1.1 103 Early Hints\n", "\n\nHTTP/1.1 200 OK\n", "X-Seen: REDACTED")
		contains(t, a.Body, "seen: REDACTED..")
		if a.Bytes != 4012 || len(a.Body) != 2<<10 {
			t.Errorf("the answer has %d of %d bytes", len(a.Body), a.Bytes)
		}
	})
	t.Run("in pieces", func(t *testing.T) {
		e := requestOf(t, r, "FORM-06", "split over packets")
		contains(t, e.Text, "no curl line: curl sends no request in pieces")
		if e.Wire.Curl != "" {
			t.Errorf("the line %s", e.Wire.Curl)
		}
	})
	t.Run("in chunks", func(t *testing.T) {
		e := requestOf(t, r, "FORM-07", "in chunks")
		contains(t, e.Wire.Request.Body, "9\r\nscrapingj\r\n", "\r\n0\r\n\r\n")
		contains(t, e.Wire.Curl, "-H 'Transfer-Encoding: chunked'", `-H 'X-Token: '"$TOKEN"`)
	})
	t.Run("enormous, cut", func(t *testing.T) {
		e := requestOf(t, r, "SEC-03", "a form of 10 MB")
		if e.Wire.Request.Bytes < 1<<16 || len(e.Wire.Request.Body) != 2<<10 || e.Wire.Curl != "" {
			t.Errorf("10 MB: %+v", e.Wire)
		}
	})
}

// requestOf returns the last request of a requirement whose text begins so.
func requestOf(t *testing.T, r scenarios.Report, id, begins string) scenarios.Evidence {
	t.Helper()
	for _, e := range slices.Backward(evidenceOf(t, r, id)) {
		if e.Kind == scenarios.OfRequest && strings.HasPrefix(e.Text, begins) {
			return e
		}
	}
	t.Fatalf("%s has no request %q", id, begins)
	return scenarios.Evidence{}
}

// contains wants each part in text.
func contains(t *testing.T, text string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(text, part) {
			t.Errorf("%q is not in %q", part, text)
		}
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
