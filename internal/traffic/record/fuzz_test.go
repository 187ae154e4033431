package record_test

import (
	"bytes"
	"testing"

	"github.com/scrapehook/scrapehook/internal/traffic/plan"
	"github.com/scrapehook/scrapehook/internal/traffic/record"
)

// FuzzRead: what is read as a record can be replayed, each delivery in its time.
func FuzzRead(f *testing.F) {
	const header = `{"scrapehook_record":1,"url":"http://a.example/","profile":"webhooks-2020","started":"2026-01-01T00:00:00Z"}` + "\n"
	for _, line := range []string{
		"", `{"index":1,"attempt":1,"planned_us":0,"sent_us":5,"ended_us":9,"reason":"acked","code":200,"form":"scrapingjob_id=1&status=finished"}`,
		`{"index":-1,"attempt":0,"sent_us":9000000000,"reason":"dropped","special":"malformed","form_base64":"/w=="}`,
		`{"reason":"\u001b[2J","sent_us":0,"form":""}`, `{"sent_us":-1,"reason":"acked"}`, "\x00",
	} {
		f.Add([]byte(header + line + "\n" + line))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		replay, err := record.Read(bytes.NewReader(text), 2)
		if err != nil {
			return
		}
		last := replay.Span()
		for index, at := range replay.Jobs() {
			if at < 0 || at > last || last > plan.MaxSpan {
				t.Fatalf("delivery %d is at %v of %v", index, at, last)
			}
			j := replay.Job(index)
			_ = replay.AppendForm(nil, j, plan.Part(0))
			replay.Compare(index, "acked", 200)
		}
		_ = replay.Replayed()
	})
}
