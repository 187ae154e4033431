package report_test

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/scrapehook/scrapehook/scenarios"
	"github.com/scrapehook/scrapehook/scenarios/report"
)

func TestCompare(t *testing.T) {
	t.Parallel()
	run := func(verdicts map[string]scenarios.Verdict) report.Summary {
		var s report.Summary
		for _, id := range []string{"ACK-01", "ACK-02"} {
			if v, played := verdicts[id]; played {
				s.Judged = append(s.Judged, report.Judged{ID: id, Level: scenarios.Must, Title: "t", Verdict: v})
			}
		}
		return s
	}
	const same = report.ChangeKind("")
	for _, tc := range []struct {
		name          string
		before, after scenarios.Verdict // empty: not played
		want          report.ChangeKind
	}{
		{"as before", scenarios.Fail, scenarios.Fail, same},
		{"newly failing", scenarios.Pass, scenarios.Fail, report.Broke},
		{"newly warned of", scenarios.Pass, scenarios.Warn, report.Broke},
		{"failing, and not seen before", scenarios.NotObservable, scenarios.Fail, report.Broke},
		{"failing, and blocked before", scenarios.Blocked, scenarios.Fail, report.Broke},
		{"repaired", scenarios.Fail, scenarios.Pass, report.Repaired},
		{"a warning repaired", scenarios.Warn, scenarios.Pass, report.Repaired},
		{"seen at last", scenarios.NotObservable, scenarios.Pass, report.Met},
		{"no longer blocked", scenarios.Blocked, scenarios.Pass, report.Met},
		{"no longer seen", scenarios.Pass, scenarios.NotObservable, report.Other},
		{"blocked now", scenarios.Fail, scenarios.Blocked, report.Other},
		{"the harness failed", scenarios.Pass, scenarios.Errored, report.Other},
		{"new", "", scenarios.Fail, report.Added},
		{"gone", scenarios.Pass, "", report.Gone},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			of := func(v scenarios.Verdict) report.Summary {
				verdicts := map[string]scenarios.Verdict{"ACK-02": scenarios.Pass}
				if v != "" {
					verdicts["ACK-01"] = v
				}
				return run(verdicts)
			}
			c := report.Compare(of(tc.before), of(tc.after))
			if tc.want == same {
				if len(c.Changes) != 0 || c.Same != 2 {
					t.Errorf("compared %+v", c)
				}
				return
			}
			want := []report.Change{{Kind: tc.want, ID: "ACK-01", Level: scenarios.Must, Title: "t", Before: tc.before, After: tc.after}}
			if !slices.Equal(c.Changes, want) || c.Same != 1 || !slices.Equal(c.Of(tc.want), want) {
				t.Errorf("compared %+v, want %+v", c, want)
			}
		})
	}
}

func TestCompareNamesDifferentCircumstances(t *testing.T) {
	t.Parallel()
	one := report.Summary{Endpoint: "http://a/", Profile: "2020", Version: "v1", Seed: 1}
	if c := report.Compare(one, one); len(c.Circumstances) != 0 {
		t.Errorf("the same differs in %+v", c.Circumstances)
	}
	c := report.Compare(one, report.Summary{Endpoint: "http://b/", Profile: "2022", Version: "v2", Seed: 2, Fast: true})
	var what []string
	for _, d := range c.Circumstances {
		what = append(what, d.What+" "+d.Before+" "+d.After)
	}
	if want := "endpoint http://a/ http://b/, profile 2020 2022, fast false true, version v1 v2, seed 1 2"; strings.Join(what, ", ") != want {
		t.Errorf("differ in %q, want %q", what, want)
	}
}

func TestTextOfAComparison(t *testing.T) {
	t.Parallel()
	before := earlier()
	before.Began = time.Date(2026, 11, 23, 21, 2, 3, 0, time.UTC)
	now := sample()
	now.Results = now.Results[:3]
	c := report.Compare(before, report.SummaryOf(now))
	var b strings.Builder
	if err := report.Text(&b, now, &c, report.Style{}); err != nil {
		t.Fatal(err)
	}
	const want = `
compared with the run of 2026-11-23 21:02:03 UTC
  the whole: conformant before, failed now
  newly failing
    ACK-03    MUST    pass → FAIL           a <title>
  repaired
    ACK-01    MUST    FAIL → pass           a <title>
  not played before: ACK-02
  not played now: ACK-99
  0 requirements as before
  the runs differ, which may explain changes: endpoint none, now http://127.0.0.1:1/hook; profile none, now 2020; fast false, now true; version v0, now v1; seed 0, now 42

not conformant  `
	if !strings.Contains(b.String(), want) {
		t.Errorf("got\n%s\nwant\n%s", b.String(), want)
	}
}

// TestReadSummary: what was written is read again, and compares as the same.
func TestReadSummary(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	if err := report.JSON(&b, sample(), nil); err != nil {
		t.Fatal(err)
	}
	read, err := report.ReadSummary(written(t, b.String()))
	if err != nil {
		t.Fatal(err)
	}
	if c := report.Compare(read, report.SummaryOf(sample())); len(c.Changes) != 0 || len(c.Circumstances) != 0 || c.Same != len(sample().Results) || c.Before != c.After {
		t.Errorf("compared with itself: %+v", c)
	}
}

func TestReadSummaryRefuses(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ name, content, want string }{
		{"nothing", "", "is not JSON"},
		{"no JSON", "<testsuites/>", "is not JSON"},
		{"half of a report", `{"schema":1,"requirements":[`, "is not JSON"},
		{"a list", "[1]", "is not a report of a conformance run"},
		{"another document", `{"schema":1,"url":"http://h/"}`, "is not a report of a conformance run"},
		{"an old report", `{"verdict":"failed","requirements":[]}`, "has no schema version"},
		{"a later report", `{"schema":3,"requirements":[]}`, "has schema version 3, and this program reads version 2"},
		{"fields of other types", `{"schema":2,"requirements":[{"id":7}]}`, "is not a report of a conformance run"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			path := written(t, tc.content)
			_, err := report.ReadSummary(path)
			if err == nil || !strings.Contains(err.Error(), tc.want) || !strings.Contains(err.Error(), path) {
				t.Errorf("error %v, want %q and the path", err, tc.want)
			}
		})
	}
	t.Run("no such file", func(t *testing.T) {
		t.Parallel()
		if _, err := report.ReadSummary(filepath.Join(t.TempDir(), "old.json")); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("error %v", err)
		}
	})
}

func written(t *testing.T, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "old.json")
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
