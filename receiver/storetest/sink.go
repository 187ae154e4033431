package storetest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/scrapehook/scrapehook/receiver"
	"github.com/scrapehook/scrapehook/webhook"
)

// Read returns the rows of a job that are in a sink, in their order.
type Read func(ctx context.Context, jobID int64) ([]json.RawMessage, error)

// Sink tests the sinks that open makes: each empty, and closed by the test's
// clean-up.
func Sink(t *testing.T, open func(*testing.T) (receiver.Sink, Read)) {
	t.Helper()
	for name, test := range map[string]func(*testing.T, receiver.Sink, Read){
		"replaces whole or not at all": replacesWhole,
		"takes one of many":            takesOneOfMany,
		"keeps jobs apart":             keepsJobsApart,
		"keeps awkward rows":           keepsAwkwardRows,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sink, read := open(t)
			test(t, sink, read)
		})
	}
}

// RowsOf yields rows, and err after them if there is one.
func RowsOf(err error, rows ...string) iter.Seq2[json.RawMessage, error] {
	return func(yield func(json.RawMessage, error) bool) {
		for _, row := range rows {
			if !yield(json.RawMessage(row), nil) {
				return
			}
		}
		if err != nil {
			yield(nil, err)
		}
	}
}

func wantRows(t *testing.T, read Read, job int64, want string) {
	t.Helper()
	rows, err := read(t.Context(), job)
	if err != nil {
		t.Error(err)
	}
	got := make([]string, 0, len(rows))
	for _, row := range rows {
		got = append(got, string(row))
	}
	if strings.Join(got, " ") != want {
		t.Errorf("job %d has rows %s, want %s", job, got, want)
	}
}

func replacesWhole(t *testing.T, sink receiver.Sink, read Read) {
	t.Helper()
	ctx, broken := t.Context(), errors.New("broken")
	cancelled, cancel := context.WithCancel(ctx)
	const first = `{"a": "ü\n"} {"b":null}`
	for _, step := range []struct {
		name     string
		ctx      context.Context //nolint:containedctx // a row of a table
		previous string
		next     string
		rows     iter.Seq2[json.RawMessage, error]
		err      error
		want     string
	}{
		{"nothing to replace", ctx, "f0", "f1", RowsOf(nil, `{"x":1}`), receiver.ErrSuperseded, ``},
		{"first", ctx, "", "f1", RowsOf(nil, `{"a": "ü\n"}`, `{"b":null}`), nil, first},
		{"another was first", ctx, "", "f2", RowsOf(nil, `{"x":1}`), receiver.ErrSuperseded, first},
		{"another came between", ctx, "f0", "f2", RowsOf(nil, `{"x":1}`), receiver.ErrSuperseded, first},
		{"broken half-way", ctx, "f1", "f2", RowsOf(broken, `{"x":1}`), broken, first},
		{"stopped half-way", cancelled, "f1", "f2", func(yield func(json.RawMessage, error) bool) {
			yield(json.RawMessage(`{"x":1}`), nil)
			cancel()
		}, context.Canceled, first},
		{"replaced", ctx, "f1", "f2", RowsOf(nil, `{"c":1}`), nil, `{"c":1}`},
		{"to nothing", ctx, "f2", "f3", RowsOf(nil), nil, ``},
	} {
		imp := receiver.Import{JobID: 7, Status: webhook.Finished, SitemapName: "s", Fingerprint: step.next}
		if err := sink.Replace(step.ctx, step.previous, imp, step.rows); !errors.Is(err, step.err) {
			t.Errorf("%s: error %v, want %v", step.name, err, step.err)
		}
		wantRows(t, read, 7, step.want)
	}
	if f, err := sink.Fingerprint(ctx, 7); f != "f3" || err != nil {
		t.Errorf("fingerprint %q, %v", f, err)
	}
	if f, err := sink.Fingerprint(ctx, 8); f != "" || err != nil {
		t.Errorf("fingerprint of another job %q, %v", f, err)
	}
}

// Of the imports of one job that began from the same record, one is written.
func takesOneOfMany(t *testing.T, sink receiver.Sink, read Read) {
	t.Helper()
	for round, previous := range []string{"", "f0"} {
		var written atomic.Int32
		var importing sync.WaitGroup
		for range 8 {
			importing.Go(func() {
				imp := receiver.Import{JobID: 7, Status: webhook.Finished, Fingerprint: fmt.Sprintf("f%d", round)}
				err := sink.Replace(t.Context(), previous, imp, RowsOf(nil, `{"a":1}`, `{"a":2}`))
				switch {
				case err == nil:
					written.Add(1)
				case !errors.Is(err, receiver.ErrSuperseded):
					t.Error(err)
				}
			})
		}
		importing.Wait()
		if n := written.Load(); n != 1 {
			t.Errorf("%d were written, want 1", n)
		}
		wantRows(t, read, 7, `{"a":1} {"a":2}`)
	}
}

func keepsJobsApart(t *testing.T, sink receiver.Sink, read Read) {
	t.Helper()
	for _, id := range []int64{7, 1<<53 + 11} {
		imp := receiver.Import{JobID: id, Status: webhook.Finished, Fingerprint: "f"}
		if err := sink.Replace(t.Context(), "", imp, RowsOf(nil, fmt.Sprintf(`{"a":%d}`, id))); err != nil {
			t.Error(err)
		}
	}
	wantRows(t, read, 7, `{"a":7}`)
	wantRows(t, read, 1<<53+11, `{"a":9007199254741003}`)
}

func keepsAwkwardRows(t *testing.T, sink receiver.Sink, read Read) {
	t.Helper()
	rows := []string{
		`{"nul":"\u0000","half":"\ud800","emoji":"😀","quote":"\"\\"}`,
		`{"a":1,"a":2.50,"a":1e400}`,
		`{"long":"` + strings.Repeat("ü", 100_000) + `"}`,
		`{}`,
	}
	imp := receiver.Import{
		JobID: 7, Status: webhook.Finished, SitemapName: "a\x00b", CustomID: "ü", Rows: int64(len(rows)), Fingerprint: "f",
	}
	if err := sink.Replace(t.Context(), "", imp, RowsOf(nil, rows...)); err != nil {
		t.Fatal(err)
	}
	wantRows(t, read, 7, strings.Join(rows, " "))
}
