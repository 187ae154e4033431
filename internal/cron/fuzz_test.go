package cron_test

import (
	"testing"
	"time"

	"github.com/scrapehook/scrapehook/internal/cron"
)

// FuzzParse: what is taken has a next time that is later, on a whole minute, or
// none at all.
func FuzzParse(f *testing.F) {
	for _, seed := range [][5]string{
		{"0", "0", "*", "*", "*"}, {"*/5", "1-3,7", "31", "2", "0-6/2"}, {"59", "23", "29", "2", "7"},
		{"", "x", "-1", "99999999999999999999", "*/0"}, {"1-", "-", ",", "1,,2", "5-1"}, {"*", "*", "31", "feb", "sun"},
	} {
		f.Add(seed[0], seed[1], seed[2], seed[3], seed[4], int64(1_582_934_399))
	}
	f.Fuzz(func(t *testing.T, minute, hour, day, month, weekday string, seconds int64) {
		plan, err := cron.Parse(minute, hour, day, month, weekday)
		if err != nil {
			return
		}
		after := time.Unix(seconds%4_000_000_000, 0).UTC()
		next := plan.Next(after)
		if !next.IsZero() && (!next.After(after) || next.Second() != 0) {
			t.Errorf("after %v comes %v", after, next)
		}
	})
}
