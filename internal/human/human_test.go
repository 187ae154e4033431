package human_test

import (
	"math"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/scrapehook/scrapehook/internal/human"
)

func TestCount(t *testing.T) {
	t.Parallel()
	for want, got := range map[string]string{
		"0 rows":      human.Count(0, "row"),
		"1 row":       human.Count(1, "row"),
		"2 rows":      human.Count(int64(2), "row"),
		"-1 rows":     human.Count(-1, "row"),
		"1 entry":     human.Count(uint64(1), "entry", "entries"),
		"3 entries":   human.Count(3, "entry", "entries"),
		"1 MUST is":   human.Count(1, "MUST is", "MUSTs are"),
		"0 MUSTs are": human.Count(0, "MUST is", "MUSTs are"),
	} {
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func TestLists(t *testing.T) {
	t.Parallel()
	for want, got := range map[string]string{
		"":             human.Or[string](),
		"a":            human.Or("a"),
		"a or b":       human.Or("a", "b"),
		"a, b or c":    human.Or("a", "b", "c"),
		"a and b":      human.And("a", "b"),
		"a, b and c":   human.And([]string{"a", "b", "c"}...),
		"2020 or 2022": human.Or([]label{"2020", "2022"}...),
	} {
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

type label string

func TestDuration(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		d    time.Duration
		want string
	}{
		{0, "0 s"},
		{1, "1 ns"},
		{999, "999 ns"},
		{time.Microsecond, "1 µs"},
		{1234, "1.23 µs"},
		{640 * time.Microsecond, "640 µs"},
		{999_499, "999 µs"},
		{999_500, "1 ms"},
		{1_234_567, "1.23 ms"},
		{9_994_000, "9.99 ms"},
		{9_995_000, "10 ms"},
		{12_345_678, "12.3 ms"},
		{99_949_000, "99.9 ms"},
		{99_950_000, "100 ms"},
		{100 * time.Millisecond, "100 ms"},
		{999_499 * time.Microsecond, "999 ms"},
		{999_500 * time.Microsecond, "1 s"},
		{time.Second, "1 s"},
		{1500 * time.Millisecond, "1.5 s"},
		{30 * time.Second, "30 s"},
		{75 * time.Second, "75 s"},
		{119_499 * time.Millisecond, "119 s"},
		{119_500 * time.Millisecond, "2 min"},
		{125 * time.Second, "2 min 5 s"},
		{time.Hour + 59*time.Minute + 59*time.Second, "119 min 59 s"},
		{2 * time.Hour, "2 h"},
		{3*time.Hour + 20*time.Minute + 29*time.Second, "3 h 20 min"},
		{48 * time.Hour, "2 d"},
		{14*24*time.Hour + 3*time.Hour, "14 d 3 h"},
		{-1500 * time.Millisecond, "-1.5 s"},
		{math.MaxInt64, "106751 d 23 h"},
	} {
		if got := human.Duration(tc.d); got != tc.want {
			t.Errorf("%v: %q, want %q", tc.d, got, tc.want)
		}
	}
	if got := human.Duration(math.MinInt64); got == "" {
		t.Error("the smallest duration has no text")
	}
}

func TestCutting(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name          string
		s             string
		limit         int
		prefix, short string
	}{
		{"short enough", "abc", 3, "abc", "abc"},
		{"ASCII", "abcd", 3, "abc", "abc…"},
		{"inside two bytes", "aü", 2, "a", "a…"},
		{"inside four bytes", "a😀b", 4, "a", "a…"},
		{"after four bytes", "a😀b", 5, "a😀", "a😀…"},
		{"nothing", "ü", 0, "", "…"},
		{"below nothing", "ü", -1, "", "…"},
		{"bytes that are not UTF-8", "\x80\x80\x80\x80\x80\x80", 5, "\x80", "\x80…"},
	} {
		if got := human.Prefix(tc.s, tc.limit); got != tc.prefix {
			t.Errorf("%s: prefix %q, want %q", tc.name, got, tc.prefix)
		}
		if got := human.Shorten(tc.s, tc.limit); got != tc.short {
			t.Errorf("%s: shortened to %q, want %q", tc.name, got, tc.short)
		}
	}
}

func FuzzPrefix(f *testing.F) {
	f.Add("aü😀", 3)
	f.Fuzz(func(t *testing.T, s string, limit int) {
		got := human.Prefix(s, limit)
		if s[:len(got)] != got || len(got) > max(limit, 0) && len(s) > limit {
			t.Fatalf("%q, %d: %q", s, limit, got)
		}
		if utf8.ValidString(s) && !utf8.ValidString(got) {
			t.Fatalf("%q, %d: %q ends in a character", s, limit, got)
		}
	})
}

func TestFit(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		s       string
		columns int
		want    string
	}{
		{"größer", 6, "größer"}, {"größer", 5, "größ…"}, {"größer", 1, "…"}, {"größer", 0, "größer"},
	} {
		if got := human.Fit(tc.s, tc.columns); got != tc.want {
			t.Errorf("%d columns: %q, want %q", tc.columns, got, tc.want)
		}
	}
}

func TestFold(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		width, from int
		want        string
	}{
		"no width":       {0, 10, "one two three four five six seven"},
		"room":           {40, 4, "one two three four five six seven"},
		"two lines":      {36, 10, "one two three four five\n          six seven"},
		"hardly any":     {30, 20, "\n    one two three four five\n    six seven"},
		"from the start": {16, 0, "one two three\nfour five six\nseven"},
	} {
		if got := human.Fold("one two three four five six seven", tc.width, tc.from); got != tc.want {
			t.Errorf("%s: %q, want %q", name, got, tc.want)
		}
	}
}
