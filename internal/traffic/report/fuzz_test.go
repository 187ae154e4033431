package report_test

import (
	"bytes"
	"io"
	"testing"

	"github.com/scrapehook/scrapehook/internal/traffic/report"
)

// FuzzRead: a report that is read can be merged with itself or is refused, and
// shown in each form.
func FuzzRead(f *testing.F) {
	for _, seed := range []string{
		`{"schema":1,"plan":{"arrivals":"even","rate_per_s":1,"jobs":5,"shard":1,"shards":1}}`,
		`{"schema":2,"plan":{"shard":1,"shards":3},"latency":{"count":3,"histogram":[[1,2]]}}`,
		`{"schema":1,"plan":{"jobs":-1,"shard":9999999,"shards":1},"timeline":[{"sent":-1}]}`, `{}`, `null`, `[]`, `{"schema":1e9}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		r, err := report.Read(bytes.NewReader(text))
		if err != nil {
			return
		}
		merged, err := report.Merge([]report.Report{r})
		if err != nil {
			return
		}
		for _, write := range []func(io.Writer) error{merged.WriteJSON, merged.WriteText, merged.WriteHTML} {
			if err := write(io.Discard); err != nil {
				t.Errorf("%q is merged, and writing it is %v", text, err)
			}
		}
	})
}
