package probe

import (
	"bytes"
	"testing"
)

// FuzzRead: whatever a probe reads, it is rows, a count or an error.
func FuzzRead(f *testing.F) {
	for _, seed := range []string{
		`{"scrapingjob_id":1,"a":"b"}` + "\n", `{"scrapingjob_id":"1"}`, "[]", "5", "-5", `{"count":3}`, "1e9", "\xff\n\n{}", `{"scrapingjob_id":1e999}`, "5 rows", "",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		if reading, err := parseCount(body); err == nil && reading.Rows < 0 {
			t.Errorf("%q is a count of %d", body, reading.Rows)
		}
		_, _ = readRows(bytes.NewReader(body), "scrapingjob_id")
	})
}
