package cron_test

import (
	"strings"
	"testing"
	"time"
	_ "time/tzdata" // time zones, also where the system has none

	"github.com/scrapehook/scrapehook/internal/cron"
)

// due lists the next moments of a schedule, "minute hour day month weekday".
func due(t *testing.T, schedule, zone, after string, n int) string {
	t.Helper()
	location, err := time.LoadLocation(zone)
	if err != nil {
		t.Fatal(err)
	}
	at, err := time.ParseInLocation("2006-01-02 15:04:05", after, location)
	if err != nil {
		t.Fatal(err)
	}
	f := strings.Fields(schedule)
	s, err := cron.Parse(f[0], f[1], f[2], f[3], f[4])
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for range n {
		if at = s.Next(at); at.IsZero() {
			return strings.Join(append(all, "never"), ", ")
		}
		if at.Location() != location {
			t.Errorf("%v is in %v", at, at.Location())
		}
		all = append(all, at.Format("2006-01-02 15:04 -0700"))
	}
	return strings.Join(all, ", ")
}

func TestNext(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ schedule, after, want string }{
		{"* * * * *", "2026-11-25 18:03:36", "2026-11-25 18:04 +0000, 2026-11-25 18:05 +0000"},
		{"*/20 * * * *", "2026-11-25 23:30:00", "2026-11-25 23:40 +0000, 2026-11-26 00:00 +0000"},
		{"0 0 * * *", "2026-11-25 00:00:00", "2026-11-26 00:00 +0000, 2026-11-27 00:00 +0000"},
		{"5,10-12 7 * * *", "2026-11-25 07:05:00", "2026-11-25 07:10 +0000, 2026-11-25 07:11 +0000"},
		{"50/5 7-19/6 * * *", "2026-11-25 07:55:00", "2026-11-25 13:50 +0000, 2026-11-25 13:55 +0000"},
		{"0 12 31 * *", "2026-01-31 12:00:00", "2026-03-31 12:00 +0000, 2026-05-31 12:00 +0000"},
		{"0 12 29 2 *", "2096-02-29 12:00:00", "2104-02-29 12:00 +0000, 2108-02-29 12:00 +0000"},
		{"0 12 30 2 *", "2026-01-31 12:00:00", "never"},
		{"0 12 * * 7", "2026-11-25 00:00:00", "2026-11-29 12:00 +0000, 2026-12-06 12:00 +0000"},
		{"0 12 * * 0", "2026-11-25 00:00:00", "2026-11-29 12:00 +0000, 2026-12-06 12:00 +0000"},
		{"0 12 * * 5-7", "2026-11-25 00:00:00", "2026-11-27 12:00 +0000, 2026-11-28 12:00 +0000, 2026-11-29 12:00 +0000, 2026-12-04 12:00 +0000"},
		{"0 12 * * SAT-Sun", "2026-11-25 00:00:00", "2026-11-28 12:00 +0000, 2026-11-29 12:00 +0000, 2026-12-05 12:00 +0000"},
		{"0 12 * * */7", "2026-11-25 00:00:00", "2026-11-29 12:00 +0000, 2026-12-06 12:00 +0000"},
		{"0 12 1 jan,JUL *", "2026-11-25 00:00:00", "2027-01-01 12:00 +0000, 2027-07-01 12:00 +0000"},
		// Both days restricted: either will do. One with a star: both.
		{"0 12 1 * mon", "2026-11-25 00:00:00", "2026-11-30 12:00 +0000, 2026-12-01 12:00 +0000, 2026-12-07 12:00 +0000"},
		{"0 12 */2 * mon", "2026-11-25 00:00:00", "2026-12-07 12:00 +0000, 2026-12-21 12:00 +0000"},
	} {
		if got := due(t, tc.schedule, "UTC", tc.after, strings.Count(tc.want, ",")+1); got != tc.want {
			t.Errorf("%s after %s:\ngot  %s\nwant %s", tc.schedule, tc.after, got, tc.want)
		}
	}
}

// TestSummerTime looks at the hours around each change.
func TestSummerTime(t *testing.T) {
	t.Parallel()
	const (
		riga     = "Europe/Riga"         // 03:00 to 04:00 on 29 March, 04:00 to 03:00 on 25 October 2026
		newYork  = "America/New_York"    // 02:00 to 03:00 on 8 March, 02:00 to 01:00 on 1 November 2026
		lordHowe = "Australia/Lord_Howe" // 02:00 to 02:30 on 4 October, 02:00 to 01:30 on 5 April 2026
		beirut   = "Asia/Beirut"         // 00:00 to 01:00 on 29 March 2026: a midnight is left out
	)
	for _, tc := range []struct{ name, schedule, zone, after, want string }{
		{"left out", "30 3 * * *", riga, "2026-03-28 00:00:00", "2026-03-28 03:30 +0200, 2026-03-29 04:00 +0300, 2026-03-30 03:30 +0300"},
		{"twice", "30 3 * * *", riga, "2026-10-24 00:00:00", "2026-10-24 03:30 +0300, 2026-10-25 03:30 +0300, 2026-10-26 03:30 +0200"},
		{"left out several times", "0,30 3 * * *", riga, "2026-03-28 04:00:00", "2026-03-29 04:00 +0300, 2026-03-30 03:00 +0300"},
		{"left out, and at the change", "0 3,4 * * *", riga, "2026-03-28 05:00:00", "2026-03-29 04:00 +0300, 2026-03-30 03:00 +0300"},
		{"beside the gap", "59 2 * * *", riga, "2026-03-29 00:00:00", "2026-03-29 02:59 +0200, 2026-03-30 02:59 +0300"},
		{"every hour, left out", "0 * * * *", riga, "2026-03-29 01:30:00", "2026-03-29 02:00 +0200, 2026-03-29 04:00 +0300"},
		{"every hour, twice", "0 * * * *", riga, "2026-10-25 02:30:00", "2026-10-25 03:00 +0300, 2026-10-25 03:00 +0200, 2026-10-25 04:00 +0200"},
		{"every half hour, twice", "*/30 * * * *", riga, "2026-10-25 02:45:00", "2026-10-25 03:00 +0300, 2026-10-25 03:30 +0300, 2026-10-25 03:00 +0200, 2026-10-25 03:30 +0200, 2026-10-25 04:00 +0200"},
		{"left out", "15 2 * * *", newYork, "2026-03-07 12:00:00", "2026-03-08 03:00 -0400, 2026-03-09 02:15 -0400"},
		{"twice", "15 1 * * *", newYork, "2026-10-31 12:00:00", "2026-11-01 01:15 -0400, 2026-11-02 01:15 -0500"},
		{"left out", "15 2 * * *", lordHowe, "2026-10-03 12:00:00", "2026-10-04 02:30 +1100, 2026-10-05 02:15 +1100"},
		{"twice", "45 1 * * *", lordHowe, "2026-04-04 12:00:00", "2026-04-05 01:45 +1100, 2026-04-06 01:45 +1030"},
		{"half an hour later", "15 3 * * *", lordHowe, "2026-10-03 12:00:00", "2026-10-04 03:15 +1100, 2026-10-05 03:15 +1100"},
		{"midnight left out", "0 0 * * *", beirut, "2026-03-28 12:00:00", "2026-03-29 01:00 +0300, 2026-03-30 00:00 +0300"},
		{"every hour, midnight left out", "0 * * * *", beirut, "2026-03-28 22:30:00", "2026-03-28 23:00 +0200, 2026-03-29 01:00 +0300"},
	} {
		if got := due(t, tc.schedule, tc.zone, tc.after, strings.Count(tc.want, ",")+1); got != tc.want {
			t.Errorf("%s: %s in %s after %s:\ngot  %s\nwant %s", tc.name, tc.schedule, tc.zone, tc.after, got, tc.want)
		}
	}
}

// TestADailyJobRunsOnceADay goes through a year, at any time of the day.
func TestADailyJobRunsOnceADay(t *testing.T) {
	t.Parallel()
	for _, zone := range []string{"Europe/Riga", "America/New_York", "Australia/Lord_Howe", "Asia/Beirut", "America/St_Johns", "UTC"} {
		for _, time := range []string{"0 0", "30 0", "15 1", "45 1", "0 2", "10 2", "30 2", "0 3", "29 3", "59 3", "0 4", "59 23"} {
			days := strings.Split(due(t, time+" * * *", zone, "2025-12-31 23:59:00", 365), ", ")
			seen := map[string]bool{}
			for _, at := range days {
				day, _, _ := strings.Cut(at, " ")
				if seen[day] {
					t.Errorf("%s in %s runs twice on %s", time, zone, day)
				}
				seen[day] = true
			}
			if len(seen) != 365 || !seen["2026-12-31"] {
				t.Errorf("%s in %s runs on %d of 365 days", time, zone, len(seen))
			}
		}
	}
}

func TestCheck(t *testing.T) {
	t.Parallel()
	right := map[cron.Field]string{
		cron.Minute: "* 0 59 */60 0-59/2 1,2,3 007", cron.Hour: "* 23 */24 */1", cron.Day: "1 31 */31",
		cron.Month: "1 12 JAN dec jan-MAR feb/2", cron.Weekday: "0 7 sun Mon fri-sun 5-7 */7 1-5",
	}
	wrong := map[cron.Field][]string{
		cron.Minute: {
			"", " ", "60", "-1", "+1", "*/61", "*/0", "*/", "*/-1", "*/x", "5-", "-5", "5-1", "1,", ",", "a", "**", "*5", "1 2", "1.5", "0x1", "jan",
			"TZ=UTC", "TZ=Europe/Riga 5", "CRON_TZ=UTC 5", "@daily", "?", "99999999999999999999", "1-2-3", "1/2/3", "٣",
		},
		cron.Hour:    {"24", "*/25", "TZ=UTC *"},
		cron.Day:     {"0", "32", "L", "15W", "*/32"},
		cron.Month:   {"0", "13", "january", "sun", "dec-jan"},
		cron.Weekday: {"8", "sunday", "jan", "1#2", "5L", "sat-fri", "*/9"},
	}
	for field, texts := range right {
		for text := range strings.FieldsSeq(texts) {
			if err := field.Check(text); err != nil {
				t.Errorf("%q: %v", text, err)
			}
		}
	}
	for field, texts := range wrong {
		for _, text := range texts {
			if err := field.Check(text); err == nil {
				t.Errorf("%q is accepted as field %d", text, field)
			}
		}
	}
	_, err := cron.Parse("0", "0", "*", "*", "8")
	if want := `the weekday "8" of a schedule: "8" is not from 0 to 7`; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

func BenchmarkNext(b *testing.B) {
	s, err := cron.Parse("30", "3", "*", "*", "*")
	if err != nil {
		b.Fatal(err)
	}
	at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for b.Loop() {
		s.Next(at)
	}
}
