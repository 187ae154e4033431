package record_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/scrapehook/scrapehook/internal/delivery"
	"github.com/scrapehook/scrapehook/internal/traffic/plan"
	"github.com/scrapehook/scrapehook/internal/traffic/record"
	"github.com/scrapehook/scrapehook/internal/traffic/report"
	"github.com/scrapehook/scrapehook/internal/traffic/run"
	"github.com/scrapehook/scrapehook/internal/traffic/traffictest"
)

// recorded runs a plan of everything and returns its record and its report.
func recorded(t *testing.T, endpoint traffictest.Exchanges) (string, report.Report) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "record")
	w, err := record.Create(path, []string{"http://127.0.0.1/"}, "2022")
	if err != nil {
		t.Fatal(err)
	}
	result := traffictest.Perform(t.Context(), t, traffictest.Mixed(t, 500, nil), endpoint, func(cfg *run.Config) {
		cfg.OnAttempt = func(a report.Attempt) { w.Add(a.Delivery()) }
	})
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return content(t, path), result
}

func content(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// replayed runs a record and returns its forms with their times.
func replayed(t *testing.T, text string, speed float64, endpoint traffictest.Exchanges) ([]string, []time.Duration, report.Report) {
	t.Helper()
	replay, err := record.Read(strings.NewReader(text), speed)
	if err != nil {
		t.Fatal(err)
	}
	profile := traffictest.Mixed(t, 1, nil).Config().Profile
	profile.MaxAttempts = 1
	var times []time.Duration
	r, err := run.New(run.Config{
		URL: "http://127.0.0.1/", Script: replay, Profile: profile, Connections: 64, Exchanger: endpoint, Slow: endpoint,
		OnAttempt: func(a report.Attempt) { replay.Compare(a.Job.Index, a.Reason, a.Code) },
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, at := range replay.Jobs() {
		times = append(times, at)
	}
	if err := r.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	result := r.Report(replay.Scheme("test"))
	result.Replay = replay.Replayed()
	return forms(replay), times, result
}

func forms(r *record.Replay) []string {
	var all []string
	for i := range r.Jobs() {
		all = append(all, string(r.AppendForm(nil, r.Job(i), plan.First)))
	}
	return all
}

func TestReplaySendsTheRecord(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		rejectsSome := func(ctx context.Context, r delivery.Request) (int, delivery.Reason) {
			traffictest.Sleep(ctx, time.Millisecond)
			if len(r.Body)%2 == 0 {
				return 503, delivery.Rejected
			}
			return 200, delivery.Acked
		}
		text, original := recorded(t, rejectsSome)
		forms, times, result := replayed(t, text, 1, rejectsSome)
		if int64(len(forms)) != original.Sent || result.Sent != original.Sent || result.Resends != 0 {
			t.Errorf("%d attempts were recorded, %d replayed", original.Sent, result.Sent)
		}
		if result.Rejected != original.Rejected || result.Lost != original.Lost || result.Acked != original.Acked || result.Replay.Changed != 0 {
			t.Errorf("recorded %+v\nreplayed %+v, %+v", original.Counts, result.Counts, result.Replay)
		}
		_, twice, result := replayed(t, text, 2, traffictest.Acks)
		if twice[len(twice)-1] != times[len(times)-1]/2 {
			t.Errorf("at double speed it takes %v instead of %v", twice[len(twice)-1], times[len(times)-1])
		}
		want := record.Change{Before: "rejected 503", After: "acked 204"}
		if !slices.ContainsFunc(result.Replay.Changes, func(c record.Counted) bool { return c.Change == want }) {
			t.Errorf("changes %+v", result.Replay.Changes)
		}
		if result.Replay.Same+result.Replay.Changed != result.Sent {
			t.Errorf("%d the same and %d changed of %d", result.Replay.Same, result.Replay.Changed, result.Sent)
		}
	})
}

const (
	header   = `{"scrapehook_record":1,"url":"http://127.0.0.1/","profile":"2020","started":"2026-01-01T00:00:00Z"}` + "\n"
	oneLine  = `{"index":1,"part":"first","special":"plain","attempt":1,"sent_us":5,"reason":"acked","code":200,"form":"a=b"}` + "\n"
	longLine = 64 << 20
)

func TestReadRefuses(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ text, want string }{
		"nothing":         {"", "it is empty"},
		"no header":       {oneLine, "line 1"},
		"another version": {strings.Replace(header, ":1,", ":2,", 1), "line 1"},
		"no delivery":     {header, "no delivery"},
		"half a line":     {header + oneLine + oneLine[:40], "line 3"},
		"a time":          {header + strings.Replace(oneLine, ":5,", ":-5,", 1), "line 2: sent_us -5"},
		"a reason":        {header + strings.Replace(oneLine, "acked", `\u001b[31mred`, 1), `line 2: "\x1b[31mred" is not a reason`},
		"two forms":       {header + strings.Replace(oneLine, "}", `,"form_base64":"eA=="}`, 1), "line 2: it has two forms"},
		"only canceled":   {header + strings.Replace(oneLine, "acked", "canceled", 1), "no delivery"},
		"an endless line": {header + oneLine + strings.Repeat("x", longLine+1), "line 3 is longer than"},
	} {
		if _, err := record.Read(strings.NewReader(tc.text), 1); err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: got %v, want %q", name, err, tc.want)
		}
	}
	if _, err := record.Read(strings.NewReader(header+oneLine), 0); err == nil {
		t.Error("a speed of 0 is taken")
	}
	replay, err := record.Read(strings.NewReader(header+oneLine), 1)
	if err != nil {
		t.Fatal(err)
	}
	if got := forms(replay); !slices.Equal(got, []string{"a=b"}) {
		t.Errorf("forms %v", got)
	}
}

func TestFormsAreKeptByteForByte(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "record")
	w, err := record.Create(path, []string{"http://127.0.0.1/"}, "2020")
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"", "a=b&c=<>", "käse\x00\x1b", "\xff\xfe", strings.Repeat("long", 3<<20)}
	for i, form := range want {
		w.AddAttempt(int64(i), delivery.Attempt{Reason: delivery.Acked}, []byte(form))
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	replay, err := record.Read(strings.NewReader(content(t, path)), 1)
	if err != nil {
		t.Fatal(err)
	}
	got := forms(replay)
	if !slices.EqualFunc(got, want, func(a, b string) bool { return bytes.Equal([]byte(a), []byte(b)) }) {
		t.Errorf("%d forms were kept of %d, or they differ", len(got), len(want))
	}
}
