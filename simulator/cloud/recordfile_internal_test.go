package cloud

import (
	"slices"
	"testing"
)

// FuzzFlatRow: where the short way reads a record, the long way reads the same.
func FuzzFlatRow(f *testing.F) {
	for _, row := range []string{
		`{"a":"b"}`, `{"a":"b","c":""}`, `{}`, `{"a":"b",}`, `{"a":"b"}}`, `{"a":1}`, `{"a":"\u0062"}`, `{"a": "b"}`, "{\"a\":\"\xff\"}", `{"a":"b"`, `{"a":"ü😀"}`,
	} {
		f.Add([]byte(row))
	}
	f.Fuzz(func(t *testing.T, row []byte) {
		short, ok := flatRow(row)
		if !ok {
			return
		}
		long, err := decodeAnyRow(row)
		if err != nil || !slices.Equal(short, long) {
			t.Errorf("%q is read as %v, and as %v, %v", row, short, long, err)
		}
	})
}
