package traffic_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/scrapehook/scrapehook/simulator/delivery"
	"github.com/scrapehook/scrapehook/simulator/traffic"
)

// record runs a plan of everything and returns its record and its report.
func record(t *testing.T, endpoint exchanges) (string, traffic.Report) {
	t.Helper()
	var out bytes.Buffer
	p := mixed(t, 500, nil)
	rec := traffic.NewRecorder(&out, "http://127.0.0.1/", "2022")
	report := perform(t.Context(), t, p, endpoint, func(cfg *traffic.Config) { cfg.OnAttempt = rec.Add })
	if err := rec.Close(); err != nil {
		t.Fatal(err)
	}
	return out.String(), report
}

// replay runs a recording and returns its forms with their times.
func replay(t *testing.T, text string, speed float64, endpoint exchanges) ([]string, []time.Duration, traffic.Report) {
	t.Helper()
	recording, err := traffic.ReadRecording(strings.NewReader(text), speed)
	if err != nil {
		t.Fatal(err)
	}
	profile := mixed(t, 1, nil).Config().Profile
	profile.MaxAttempts = 1
	var forms []string
	var times []time.Duration
	r, err := traffic.New(traffic.Config{
		URL: "http://127.0.0.1/", Script: recording, Profile: profile, Connections: 64, Exchanger: endpoint, Slow: endpoint,
		OnAttempt: recording.Compare,
	})
	if err != nil {
		t.Fatal(err)
	}
	for index, at := range recording.Jobs() {
		forms = append(forms, string(recording.AppendForm(nil, recording.Job(index), traffic.First)))
		times = append(times, at)
	}
	if err := r.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	report := r.Report(recording.Scheme("test"))
	report.Replay = recording.Replayed()
	return forms, times, report
}

func TestReplaySendsTheRecord(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		rejectsSome := func(ctx context.Context, r delivery.Request) (int, delivery.Reason) {
			sleep(ctx, time.Millisecond)
			if len(r.Body)%2 == 0 {
				return 503, delivery.Rejected
			}
			return 200, delivery.Acked
		}
		text, original := record(t, rejectsSome)
		forms, times, report := replay(t, text, 1, rejectsSome)
		if int64(len(forms)) != original.Sent || report.Sent != original.Sent || report.Resends != 0 {
			t.Errorf("%d attempts were recorded, %d replayed", original.Sent, report.Sent)
		}
		if report.Rejected != original.Rejected || report.Lost != original.Lost || report.Acked != original.Acked || report.Replay.Changed != 0 {
			t.Errorf("recorded %+v\nreplayed %+v, %+v", original.Counts, report.Counts, report.Replay)
		}
		_, twice, report := replay(t, text, 2, acks)
		if twice[len(twice)-1] != times[len(times)-1]/2 {
			t.Errorf("at double speed it takes %v instead of %v", twice[len(twice)-1], times[len(times)-1])
		}
		want := traffic.Change{Before: "rejected 503", After: "acked 204"}
		if !slices.ContainsFunc(report.Replay.Changes, func(c traffic.Counted) bool { return c.Change == want }) {
			t.Errorf("changes %+v", report.Replay.Changes)
		}
		if report.Replay.Same+report.Replay.Changed != report.Sent {
			t.Errorf("%d the same and %d changed of %d", report.Replay.Same, report.Replay.Changed, report.Sent)
		}
	})
}

func TestRecordOnAFullDiskIsSaid(t *testing.T) {
	t.Parallel()
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Skip("this system has no /dev/full")
	}
	defer func() { _ = full.Close() }()
	synctest.Test(t, func(t *testing.T) {
		rec := traffic.NewRecorder(full, "http://127.0.0.1/", "2022")
		report := perform(t.Context(), t, mixed(t, 2000, nil), acks, func(cfg *traffic.Config) { cfg.OnAttempt = rec.Add })
		if err := rec.Close(); !errors.Is(err, syscall.ENOSPC) {
			t.Errorf("the record ended with %v", err)
		}
		if report.Sent < 2000 {
			t.Errorf("the run was cut off: %+v", report.Counts)
		}
	})
}

func TestReadRecordingRefuses(t *testing.T) {
	t.Parallel()
	const header = `{"scrapehook_record":1,"url":"http://127.0.0.1/","profile":"2020","started":"2026-01-01T00:00:00Z"}` + "\n"
	const attempt = `{"index":1,"part":"first","special":"plain","attempt":1,"sent_us":5,"reason":"acked","code":200,"form":"a=b"}` + "\n"
	for name, tc := range map[string]struct{ text, want string }{
		"nothing":         {"", "it is empty"},
		"no header":       {attempt, "line 1"},
		"another version": {strings.Replace(header, ":1,", ":2,", 1), "line 1"},
		"no attempt":      {header, "no attempt"},
		"half a line":     {header + attempt + attempt[:40], "line 3"},
		"a time":          {header + strings.Replace(attempt, ":5,", ":-5,", 1), "line 2: sent_us -5"},
		"only canceled":   {header + strings.Replace(attempt, "acked", "canceled", 1), "no attempt"},
		"an endless line": {header + strings.Repeat("x", 1<<20), "too long"},
	} {
		if _, err := traffic.ReadRecording(strings.NewReader(tc.text), 1); err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: got %v, want %q", name, err, tc.want)
		}
	}
	if _, err := traffic.ReadRecording(strings.NewReader(header+attempt), 0); err == nil {
		t.Error("a speed of 0 is taken")
	}
	rec, err := traffic.ReadRecording(strings.NewReader(header+attempt), 1)
	if err != nil {
		t.Fatal(err)
	}
	if forms := slices.Collect(func(yield func(string) bool) {
		for i := range rec.Jobs() {
			if !yield(string(rec.AppendForm(nil, rec.Job(i), traffic.First))) {
				return
			}
		}
	}); !slices.Equal(forms, []string{"a=b"}) {
		t.Errorf("forms %v", forms)
	}
}
