package report_test

import (
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/scrapehook/scrapehook/scenarios"
	"github.com/scrapehook/scrapehook/scenarios/report"
)

func TestBadge(t *testing.T) {
	t.Parallel()
	results := []scenarios.Result{{Verdict: scenarios.Pass}, {Verdict: scenarios.Pass}, {Verdict: scenarios.Warn}}
	for _, tc := range []struct {
		report      scenarios.Report
		says, color string
	}{
		{scenarios.Report{Verdict: scenarios.Conformant, Results: results}, "conformant 2/3", "#1a6e33"},
		{scenarios.Report{Verdict: scenarios.Partial, Results: results}, "partial 2/3", "#0a637f"},
		{scenarios.Report{Verdict: scenarios.Failed, Results: results}, "not conformant 2/3", "#b3141f"},
		{scenarios.Report{Verdict: scenarios.Failed, Results: results, Interrupted: true}, "not conformant 2/3", "#b3141f"},
		{scenarios.Report{Verdict: scenarios.Conformant, Results: results, Interrupted: true}, "interrupted 2/3", "#962087"},
		{scenarios.Report{Verdict: scenarios.Broken}, "not judged", "#962087"},
	} {
		var b strings.Builder
		if err := report.Badge(&b, tc.report, nil); err != nil {
			t.Fatal(err)
		}
		for decoder := xml.NewDecoder(strings.NewReader(b.String())); ; {
			if _, err := decoder.Token(); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				t.Fatalf("%v in\n%s", err, b.String())
			}
		}
		if !strings.Contains(b.String(), "<title>scrapehook: "+tc.says+"</title>") || !strings.Contains(b.String(), `fill="`+tc.color+`"`) {
			t.Errorf("no %q in %s in\n%s", tc.says, tc.color, b.String())
		}
	}
}
