package main

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

// The files in testdata are what the tools wrote in runs of the versions that
// the Makefile names.
func TestReportsOfTools(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		read     func(order, []byte) (reported, error)
		p99      time.Duration
		fromSent time.Duration
		began    bool
	}{
		"scrapehook": {read: readScrapehook, p99: 2805 * time.Microsecond, fromSent: 1745 * time.Microsecond, began: true},
		"vegeta":     {read: readVegeta, p99: 3539967},
		"k6":         {read: readK6, p99: 1836176},
		"fortio":     {read: func(_ order, data []byte) (reported, error) { return readFortio(data) }, p99: 994124},
		"bombardier": {read: readBombardier, p99: 2665 * time.Microsecond},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			data, err := os.ReadFile(filepath.Join("testdata", name+".json"))
			if err != nil {
				t.Fatal(err)
			}
			got, err := row.read(order{}, data)
			if err != nil {
				t.Fatal(err)
			}
			if got.p99 != row.p99 || got.fromSent != row.fromSent || got.began.IsZero() == row.began {
				t.Errorf("got %+v, want p99 %v, from sent %v", got, row.p99, row.fromSent)
			}
			for _, broken := range []string{"", "{}", `{"result":`} {
				if got, err := row.read(order{}, []byte(broken)); err == nil {
					t.Errorf("%q is taken for the report %+v", broken, got)
				}
			}
		})
	}
}
