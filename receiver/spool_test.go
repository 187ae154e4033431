package receiver

import (
	"os"
	"strings"
	"testing"
)

func TestSpool(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, body string
		want       string // the rows, joined by |; "-" for an error
		says       string // part of the error
	}{
		{"two rows", "{\"a\":1}\n{\"b\":\"\\n\"}\n", `{"a":1}|{"b":"\n"}`, ""},
		{"no rows", "", "", ""},
		{"no newline at the end", `{"a":1}`, `{"a":1}`, ""},
		{"CRLF", "{\"a\":1}\r\n", `{"a":1}`, ""},
		{"kept as it is", "{\"b\": 1,  \"a\":2.50, \"a\":1e2}\n", `{"b": 1,  "a":2.50, "a":1e2}`, ""},
		{"half a row", "{\"a\":1}\n{\"b\":", "-", ""},
		{"two in a line", "{}{}\n", "-", ""},
		{"a number", "1\n", "-", ""},
		{"null", "null\n", "-", ""},
		{"an array", "[{}]\n", "-", ""},
		{"a blank line", "{}\n\n{}\n", "-", ""},
		{"HTML", "<html>\n", "-", ""},
		{"over two lines", "{\"a\":\n1}\n", "-", ""},
		{"at the limit", "{\"a\":\"" + strings.Repeat("x", 60-8) + "\"}\n", "{\"a\":\"" + strings.Repeat("x", 60-8) + "\"}", ""},
		{"over the limit", strings.Repeat("{\"a\":1234}\n", 10), "-", "larger than 100 bytes, the limit"},
		{"a long row", "{}\n{\"a\":\"" + strings.Repeat("x", 60) + "\"}\n", "-", "row 2 of the download: it is larger than 60 bytes, the limit"},
		{"a row without an end", "{\"a\":\"" + strings.Repeat("x", 90), "-", "the limit for a row"},
		{"more rows than the job", strings.Repeat("{}\n", 11), "-", "more rows than the job, which has 10"},
		{"bytes that are not UTF-8", "{\"a\":\"\xff\xfe\"}\n", "{\"a\":\"\uFFFD\"}", ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			s, err := spoolRows(strings.NewReader(tc.body), 10, spoolLimits{dir, 100, 60})
			if err != nil {
				if tc.want != "-" || !strings.Contains(err.Error(), tc.says) {
					t.Errorf("error %q, want one that says %q", err, tc.says)
				}
				return
			}
			defer s.close()
			for range 2 { // it can be read again
				var got []string
				for row, err := range s.all() {
					if err != nil {
						t.Fatal(err)
					}
					got = append(got, string(row))
				}
				if strings.Join(got, "|") != tc.want || s.rows != int64(len(got)) {
					t.Errorf("%d rows %q, want %s", s.rows, got, tc.want)
				}
			}
		})
	}
}

func TestSpoolLeavesNoFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, body := range []string{"{}\n", "<html>"} {
		if s, err := spoolRows(strings.NewReader(body), 1, spoolLimits{dir, 100, 60}); err == nil {
			s.close()
		}
		if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
			t.Errorf("left %v, %v", left, err)
		}
	}
}
