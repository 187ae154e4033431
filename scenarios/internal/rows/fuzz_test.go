package rows_test

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/scrapehook/scrapehook/scenarios/internal/rows"
)

// FuzzCompare: whatever a receiver shows for rows, they are compared, and rows are
// equal to themselves.
func FuzzCompare(f *testing.F) {
	for _, seed := range []string{
		`{"title":"a","price":"5 €"}` + "\n" + `{"title":"b","price":null}`, `{"a":{"b":{"c":[1,2,{"d":1e400}]}}}`, `[]`, `null`, `"x"`, `{"":""}`,
		`{"a":1,"a":2}`, `{"price":1e308,"on":"2026-02-30"}`, "\xff", `{"a":"` + "\x00" + `"}`, `{"yes":true,"n":-0}`,
	} {
		f.Add([]byte(seed), []byte(`{"title":"a","price":5}`))
		f.Add([]byte(`{"title":"a","price":"5"}`), []byte(seed))
	}
	f.Fuzz(func(t *testing.T, wantText, gotText []byte) {
		var want [][]byte
		var got, same []json.RawMessage
		for line := range bytes.Lines(wantText) {
			if json.Valid(line) {
				want, same = append(want, line), append(same, line)
			}
		}
		for line := range bytes.Lines(gotText) {
			got = append(got, line)
		}
		if len(want) > 50 || len(got) > 50 {
			return
		}
		c := rows.Compare(want, got, nil)
		_, _ = c.Equal(), c.Mapping()
		if c := rows.Compare(want, same, nil); c.Comparable() && !c.Equal() {
			t.Errorf("%q is not equal to itself: %+v", wantText, c)
		}
	})
}
