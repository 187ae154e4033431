package record_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/scrapehook/scrapehook/internal/traffic/record"
)

func appended(t *testing.T, path string) {
	t.Helper()
	w, err := record.Append(path, []string{"http://127.0.0.1/"}, "2020")
	if err != nil {
		t.Fatal(err)
	}
	w.Add(acked)
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	if before := content(t, path); !strings.HasSuffix(before, "}\n") || strings.Count(before, "acked") == 0 {
		t.Errorf("before the end the file has %q", before)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestAppendGoesOn(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "record")
	appended(t, path)
	file, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	_, err = file.WriteString(`{"index":1,"half a line` + strings.Repeat("x", 200<<10))
	if err != nil || file.Close() != nil || os.Chmod(path, 0o644) != nil {
		t.Fatal(err)
	}
	appended(t, path)
	text := content(t, path)
	if strings.Count(text, "acked") != 2 || strings.Count(text, "scrapehook_record") != 1 || strings.Contains(text, "half") {
		t.Errorf("the file has %.300q", text)
	}
	if _, err := record.Read(strings.NewReader(text), 1); err != nil {
		t.Error(err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the file's mode is %v, %v", info.Mode(), err)
	}
}

func TestAppendRefuses(t *testing.T) {
	t.Parallel()
	old := time.Now().AddDate(0, -2, 0).Format(time.RFC3339)
	for name, tc := range map[string]struct{ text, want string }{
		"another file":    {"my notes\n", "choose another file"},
		"no line":         {"my notes", "choose another file"},
		"another version": {`{"scrapehook_record":2}` + "\n", "choose another file"},
		"an old record":   {`{"scrapehook_record":1,"started":"` + old + `"}` + "\n", "may be no longer than"},
	} {
		path := filepath.Join(t.TempDir(), "record")
		if err := os.WriteFile(path, []byte(tc.text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := record.Append(path, nil, "2020"); err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: %v, want %q", name, err, tc.want)
		}
		if content(t, path) != tc.text {
			t.Errorf("%s: the file is now %q", name, content(t, path))
		}
	}
}

func TestWhatATapSawIsReplayedIfItIsAForm(t *testing.T) {
	t.Parallel()
	seen := func(seen string) string {
		return strings.Replace(oneLine, `"form":"a=b"`, `"form":"a=b","seen":`+seen, 1)
	}
	const formType = `"header":{"Content-Type":["application/x-www-form-urlencoded; charset=utf-8"]}`
	text := header + seen(`{"method":"POST",`+formType+`}`) + seen(`{"method":"GET",`+formType+`}`) +
		seen(`{"method":"POST","header":{"Content-Type":["application/json"]}}`) + seen(`{"method":"POST","form_bytes":9,`+formType+`}`)
	replay, err := record.Read(strings.NewReader(text), 1)
	if err != nil {
		t.Fatal(err)
	}
	if got := forms(replay); len(got) != 1 {
		t.Errorf("%d forms are replayed", len(got))
	}
}
