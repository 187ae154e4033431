package receiver

import (
	"context"
	"encoding/json"
	"iter"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// stuckSink takes rows, one each pause, and then hangs as a server does that is
// gone without a word.
type stuckSink struct{ pause time.Duration }

func (stuckSink) Fingerprint(context.Context, int64) (string, error) { return "", nil }

func (s stuckSink) Replace(ctx context.Context, _ string, _ Import, rows iter.Seq2[json.RawMessage, error]) error {
	for range rows {
		time.Sleep(s.pause)
	}
	<-ctx.Done()
	return ctx.Err()
}

// A sink may take as long as it needs, as long as it takes rows.
func TestStuckSinkIsGivenUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const pause = sinkTimeout - time.Second
		m, begun := newImporter(Config{Sink: stuckSink{pause}}, newMeasures()), time.Now()
		err := m.write(t.Context(), "", Import{}, func(yield func(json.RawMessage, error) bool) {
			for range 3 {
				if !yield(json.RawMessage("{}"), nil) {
					return
				}
			}
		})
		if took, want := time.Since(begun), 2*pause+sinkTimeout; err == nil || !strings.Contains(err.Error(), "no row for 5m0s") || took != want {
			t.Errorf("ended after %v: %v; want %v", took, err, want)
		}
	})
}
