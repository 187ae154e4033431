package report

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"time"

	"github.com/scrapehook/scrapehook/scenarios"
)

// Summary is as much of a report as another one is compared with: how the run
// was made, and each verdict.
type Summary struct {
	Verdict  scenarios.Overall `json:"verdict"`
	Version  string            `json:"version"`
	Endpoint string            `json:"endpoint"`
	Profile  string            `json:"profile"`
	Seed     uint64            `json:"seed"`
	Fast     bool              `json:"fast"`
	Began    time.Time         `json:"began"`
	Judged   []Judged          `json:"-"`
}

// Judged is the verdict on one requirement.
type Judged struct {
	ID      string            `json:"id"`
	Level   scenarios.Level   `json:"level"`
	Title   string            `json:"title"`
	Verdict scenarios.Verdict `json:"verdict"`
	// Known is why it is known to fail; empty: it is not.
	Known string `json:"known_failing,omitempty"`
}

// SummaryOf is the summary of a report.
func SummaryOf(r scenarios.Report) Summary {
	s := Summary{
		Verdict: r.Conclude().Verdict, Version: r.Version, Endpoint: r.Endpoint, Profile: r.Profile,
		Seed: r.Seed, Fast: r.Fast, Began: r.Began.UTC(),
	}
	for _, result := range r.Results {
		s.Judged = append(s.Judged, judgedOf(result))
	}
	return s
}

func judgedOf(r scenarios.Result) Judged {
	return Judged{ID: r.ID, Level: r.Level, Title: r.Title, Verdict: r.Verdict, Known: r.Known}
}

// reportCap bounds a report that is read, in bytes.
const reportCap = 256 << 20

// ReadSummary reads the summary of a report that [JSON] has written to a file.
// The error says what the file is instead.
func ReadSummary(path string) (Summary, error) {
	file, err := os.Open(path)
	if err != nil {
		return Summary{}, fmt.Errorf("reading an earlier report: %w", err)
	}
	defer file.Close() //nolint:errcheck // it is only read
	body, err := io.ReadAll(io.LimitReader(file, reportCap+1))
	if err != nil {
		return Summary{}, fmt.Errorf("reading an earlier report: %w", err)
	}
	s, err := parseSummary(body)
	if err != nil {
		return Summary{}, fmt.Errorf("reading an earlier report: %s %w", path, err)
	}
	return s, nil
}

func parseSummary(body []byte) (Summary, error) {
	if len(body) > reportCap {
		return Summary{}, fmt.Errorf("is larger than the %d MiB that a report may have", reportCap>>20)
	}
	var head struct {
		Schema       *int            `json:"schema"`
		Requirements json.RawMessage `json:"requirements"`
	}
	var syntax *json.SyntaxError
	switch err := json.Unmarshal(body, &head); {
	case errors.As(err, &syntax):
		return Summary{}, fmt.Errorf("is not JSON: %w", err)
	case err != nil || head.Requirements == nil:
		return Summary{}, errors.New("is not a report of a conformance run: use a file that --json has written")
	case head.Schema == nil:
		return Summary{}, fmt.Errorf("has no schema version: it is older than version %d, which this program reads", schemaVersion)
	case *head.Schema != schemaVersion:
		return Summary{}, fmt.Errorf("has schema version %d, and this program reads version %d", *head.Schema, schemaVersion)
	}
	var d struct {
		Summary
		Requirements []Judged `json:"requirements"`
	}
	if err := json.Unmarshal(body, &d); err != nil {
		return Summary{}, fmt.Errorf("is not a report of a conformance run: %w", err)
	}
	d.Judged = d.Requirements
	return d.Summary, nil
}

// ChangeKind says in which way a requirement's verdict is another one.
type ChangeKind string

// The kinds of changes.
const (
	Broke    ChangeKind = "newly_failing" // met, or not seen, before; broken now
	Repaired ChangeKind = "repaired"      // broken before, met now
	Met      ChangeKind = "newly_passing" // neither broken nor met before, met now
	Added    ChangeKind = "new"           // not played before
	Gone     ChangeKind = "gone"          // not played now
	Other    ChangeKind = "other"
)

// ChangeKinds returns every kind, the most urgent first.
func ChangeKinds() []ChangeKind { return []ChangeKind{Broke, Repaired, Met, Other, Added, Gone} }

// Change is a requirement whose verdict is another one than before.
type Change struct {
	Kind  ChangeKind      `json:"kind"`
	ID    string          `json:"id"`
	Level scenarios.Level `json:"level"`
	Title string          `json:"title"`
	// Before and After are empty where the requirement was not played.
	Before scenarios.Verdict `json:"before,omitempty"`
	After  scenarios.Verdict `json:"after,omitempty"`
}

// Difference is one thing in which the runs differ, which may explain changes.
type Difference struct {
	What   string `json:"what"`
	Before string `json:"before"`
	After  string `json:"after"`
}

// Comparison is what changed from one run to another.
type Comparison struct {
	// Began is when the earlier run began, Before and After are the verdicts of
	// the whole.
	Began         time.Time         `json:"began"`
	Before        scenarios.Overall `json:"before"`
	After         scenarios.Overall `json:"after"`
	Circumstances []Difference      `json:"circumstances"`
	Changes       []Change          `json:"changes"`
	// Same counts the requirements whose verdict is as it was.
	Same int `json:"same"`
}

// Of returns the changes of one kind.
func (c Comparison) Of(kind ChangeKind) []Change {
	var of []Change
	for _, change := range c.Changes {
		if change.Kind == kind {
			of = append(of, change)
		}
	}
	return of
}

// Compare says what changed from one run to a later one. Changes are in the
// order of the later run, those that are gone last.
func Compare(before, after Summary) Comparison {
	c := Comparison{
		Began: before.Began, Before: before.Verdict, After: after.Verdict,
		Circumstances: circumstances(before, after), Changes: []Change{},
	}
	earlier := map[string]Judged{}
	for _, j := range before.Judged {
		earlier[j.ID] = j
	}
	for _, now := range after.Judged {
		was, played := earlier[now.ID]
		delete(earlier, now.ID)
		if played && was.Verdict == now.Verdict {
			c.Same++
			continue
		}
		c.Changes = append(c.Changes, Change{
			changeKind(was.Verdict, now.Verdict), now.ID, now.Level, now.Title, was.Verdict, now.Verdict,
		})
	}
	for _, was := range before.Judged {
		if _, gone := earlier[was.ID]; gone {
			c.Changes = append(c.Changes, Change{Gone, was.ID, was.Level, was.Title, was.Verdict, ""})
		}
	}
	return c
}

// changeKind names a change from one verdict to another; an empty one was not
// played.
func changeKind(was, now scenarios.Verdict) ChangeKind {
	broken := func(v scenarios.Verdict) bool { return v == scenarios.Fail || v == scenarios.Warn }
	switch {
	case was == "":
		return Added
	case broken(now) && !broken(was):
		return Broke
	case now == scenarios.Pass && broken(was):
		return Repaired
	case now == scenarios.Pass:
		return Met
	}
	return Other
}

func circumstances(before, after Summary) []Difference {
	differences := []Difference{}
	for _, d := range []Difference{
		{"endpoint", before.Endpoint, after.Endpoint},
		{"profile", before.Profile, after.Profile},
		{"fast", strconv.FormatBool(before.Fast), strconv.FormatBool(after.Fast)},
		{"version", before.Version, after.Version},
		{"seed", strconv.FormatUint(before.Seed, 10), strconv.FormatUint(after.Seed, 10)},
	} {
		if d.Before != d.After {
			differences = append(differences, d)
		}
	}
	return differences
}
