package mutants_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/scrapehook/scrapehook/e2e/mutants"
	"github.com/scrapehook/scrapehook/webhook"
)

func TestAll(t *testing.T) {
	t.Parallel()
	id := regexp.MustCompile(`^(ACK|IDEM|DATA|RET|FORM|SEC|DUR|API|AUD)-\d\d$`)
	name := regexp.MustCompile(`^[a-z]+(-[a-z]+)*$`)
	names := map[string]bool{"correct": true}
	for _, m := range mutants.All() {
		if !name.MatchString(m.Name) || names[m.Name] {
			t.Errorf("name %q is taken, or no name", m.Name)
		}
		if !id.MatchString(m.Requirement) {
			t.Errorf("%s: requirement %q is no ID", m.Name, m.Requirement)
		}
		if m.Summary == "" {
			t.Errorf("%s has no summary", m.Name)
		}
		names[m.Name] = true
	}
}

// bench is a receiver that runs, beside a cloud of its own.
type bench struct {
	*fakeCloud
	env  mutants.Env
	open func(mutants.Env) (*mutants.Receiver, error)

	receiver *mutants.Receiver
	stop     func()
}

func setup(t *testing.T, open func(mutants.Env) (*mutants.Receiver, error)) *bench {
	t.Helper()
	b := &bench{fakeCloud: newFakeCloud(t), open: open}
	b.env = mutants.Env{APIBase: b.url, Token: token, Out: filepath.Join(t.TempDir(), "rows.jsonl"), Logf: t.Logf}
	b.start(t)
	t.Cleanup(func() { b.stop() })
	return b
}

func (b *bench) start(t *testing.T) {
	t.Helper()
	receiver, err := b.open(b.env)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- receiver.Run(ctx) }()
	b.receiver = receiver
	b.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("running: %v", err)
		}
		if err := receiver.Close(); err != nil {
			t.Errorf("closing: %v", err)
		}
	})
}

func (b *bench) post(body string) int {
	req := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body))
	req.Header.Set("Content-Type", webhook.ContentType)
	w := httptest.NewRecorder()
	b.receiver.ServeHTTP(w, req)
	return w.Code
}

func formOf(id int64, status webhook.Status) string {
	return string(webhook.Notification{JobID: id, Status: status, SitemapID: 12, SitemapName: "shop"}.AppendForm(nil))
}

func (b *bench) notify(t *testing.T, id int64, status webhook.Status) {
	t.Helper()
	if code := b.post(formOf(id, status)); code != http.StatusOK {
		t.Fatalf("job %d, %s: answered %d", id, status, code)
	}
}

// rows are the imported rows of a job, its id taken out of them again.
func (b *bench) rows(t *testing.T, id int64) string {
	t.Helper()
	all, err := os.ReadFile(b.env.Out)
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	for line := range bytes.Lines(all) {
		var row struct {
			Job int64 `json:"scrapingjob_id"`
		}
		if err := json.Unmarshal(line, &row); err != nil {
			t.Fatalf("row %s: %v", line, err)
		}
		if row.Job == id {
			out.WriteString(strings.Replace(string(line), fmt.Sprintf(`,"scrapingjob_id":%d}`, id), "}", 1))
		}
	}
	return out.String()
}

func (b *bench) await(t *testing.T, id int64, want int) {
	t.Helper()
	await(t, fmt.Sprintf("%d rows of job %d", want, id), func() bool { return b.rows(t, id) == fakeRows(want) })
}

func await(t *testing.T, what string, there func() bool) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); !there(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain for %s", what)
		}
	}
}

func TestCorrectImports(t *testing.T) {
	t.Parallel()
	b := setup(t, mutants.New)
	for id, rows := range []int{250, 1, 0, 30} {
		b.end(int64(id+1), "finished", rows)
	}
	var senders sync.WaitGroup
	for range 20 {
		for id := range int64(4) {
			senders.Go(func() {
				if code := b.post(formOf(id+1, webhook.Finished)); code != http.StatusOK {
					t.Errorf("job %d: answered %d", id+1, code)
				}
			})
		}
	}
	senders.Wait()
	b.await(t, 1, 250)
	b.await(t, 2, 1)
	b.await(t, 4, 30)
	await(t, "the download of nothing", func() bool { return b.downloaded(3) == 1 })
	for id := range int64(4) {
		if n := b.downloaded(id + 1); n != 1 {
			t.Errorf("job %d was downloaded %d times", id+1, n)
		}
	}
}

func TestCorrectReplacesAContinuedJob(t *testing.T) {
	t.Parallel()
	b := setup(t, mutants.New)
	b.end(7, "failed", 10)
	b.notify(t, 7, webhook.Failed)
	b.end(7, "shelved", 20)
	b.notify(t, 7, webhook.Shelved)
	b.await(t, 7, 20)
	b.end(7, "shelved", 30) // the wire shows the same form again
	b.notify(t, 7, webhook.Shelved)
	b.await(t, 7, 30)
	b.notify(t, 7, webhook.Failed) // a resend out of order
	b.end(8, "finished", 1)
	b.notify(t, 8, webhook.Finished)
	b.await(t, 8, 1)
	b.await(t, 7, 30)
}

func TestCorrectTriesAgain(t *testing.T) {
	t.Parallel()
	b := setup(t, mutants.New)
	b.end(7, "finished", 20)
	b.refuse(7,
		func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", "1")
			http.Error(w, `{"success":false,"error":"Too many requests"}`, http.StatusTooManyRequests)
		},
		func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, fakeRows(19)) },
	)
	began := time.Now()
	b.notify(t, 7, webhook.Finished)
	b.await(t, 7, 20)
	if waited := time.Since(began); waited < time.Second {
		t.Errorf("tried again after %v, asked to wait for 1 s", waited)
	}
}

func TestCorrectSurvives(t *testing.T) {
	t.Parallel()
	b := setup(t, mutants.New)
	b.end(7, "finished", 20)
	b.end(8, "finished", 3)
	b.notify(t, 8, webhook.Finished)
	b.await(t, 8, 3)
	b.stop() // from here on nothing imports, but the journal takes notifications
	dead, err := mutants.New(b.env)
	if err != nil {
		t.Fatal(err)
	}
	b.receiver = dead
	b.notify(t, 7, webhook.Finished)
	if err := dead.Close(); err != nil {
		t.Fatal(err)
	}
	// The kill cuts an entry, and comes before the rows are shown.
	cut, err := os.OpenFile(b.env.Out+".journal", os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := cut.WriteString(`{"settled":{"job":7,"upTo":1,"sta`); err != nil {
		t.Fatal(err)
	}
	if err := cut.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(b.env.Out); err != nil {
		t.Fatal(err)
	}
	b.start(t)
	b.await(t, 7, 20)
	b.await(t, 8, 3)
	if n := b.downloaded(8); n != 1 {
		t.Errorf("a settled job was downloaded %d times", n)
	}
}

func TestCorrectRefuses(t *testing.T) {
	t.Parallel()
	b := setup(t, mutants.New)
	proper := formOf(7, webhook.Finished)
	for _, tc := range []struct {
		name, method, media, body string
		want                      int
	}{
		{"a GET", http.MethodGet, webhook.ContentType, proper, http.StatusMethodNotAllowed},
		{"JSON", http.MethodPost, "application/json", "{}", http.StatusUnsupportedMediaType},
		{"no media type", http.MethodPost, "", proper, http.StatusUnsupportedMediaType},
		{"with a charset", http.MethodPost, webhook.ContentType + "; charset=UTF-8", proper, http.StatusOK},
		{"malformed", http.MethodPost, webhook.ContentType, proper + "%zz", http.StatusBadRequest},
		{"no id", http.MethodPost, webhook.ContentType, "status=finished", http.StatusBadRequest},
		{"too large", http.MethodPost, webhook.ContentType, strings.Repeat("x", 1<<20), http.StatusRequestEntityTooLarge},
		{"an unknown status", http.MethodPost, webhook.ContentType, formOf(8, "archived"), http.StatusOK},
	} {
		req := httptest.NewRequest(tc.method, "/", strings.NewReader(tc.body))
		req.Header.Set("Content-Type", tc.media)
		w := httptest.NewRecorder()
		b.receiver.ServeHTTP(w, req)
		if w.Code != tc.want {
			t.Errorf("%s: answered %d, want %d", tc.name, w.Code, tc.want)
		}
	}
}

func TestCorrectWantsItsSecret(t *testing.T) {
	t.Parallel()
	b := setup(t, mutants.New)
	b.stop()
	b.env.Secret = "s3cret&"
	b.start(t)
	b.end(7, "finished", 3)
	for query, want := range map[string]int{
		"":                 http.StatusUnauthorized,
		"?token=":          http.StatusUnauthorized,
		"?token=s3cret":    http.StatusUnauthorized,
		"?token=s3cret%26": http.StatusOK,
	} {
		req := httptest.NewRequest(http.MethodPost, "/"+query, strings.NewReader(formOf(7, webhook.Finished)))
		req.Header.Set("Content-Type", webhook.ContentType)
		w := httptest.NewRecorder()
		b.receiver.ServeHTTP(w, req)
		if w.Code != want {
			t.Errorf("%q: answered %d, want %d", query, w.Code, want)
		}
	}
	b.await(t, 7, 3)
}

func TestCorrectDeletesWhatIsSafe(t *testing.T) {
	t.Parallel()
	b := setup(t, mutants.New)
	b.stop()
	b.env.Delete = true
	b.start(t)
	b.deleting(func(id int64) {
		if got := b.rows(t, id); got != fakeRows(3) {
			t.Errorf("job %d is deleted when its rows are %q", id, got)
		}
	})
	b.end(7, "shelved", 3) // its user may continue it
	b.end(8, "finished", 3)
	b.notify(t, 7, webhook.Shelved)
	b.notify(t, 8, webhook.Finished)
	await(t, "the deletion", func() bool { return !b.has(8) })
	b.notify(t, 8, webhook.Finished) // a resend
	b.end(9, "stopped", 1)
	b.notify(t, 9, webhook.Stopped)
	b.await(t, 9, 1)
	b.await(t, 8, 3)
	b.await(t, 7, 3)
	if !b.has(7) {
		t.Error("the shelved job is deleted too")
	}
}

// TestMutantsImport shows that each mutant does the plain case right, which
// its verdict rests on.
func TestMutantsImport(t *testing.T) {
	t.Parallel()
	for _, m := range mutants.All() {
		t.Run(m.Name, func(t *testing.T) {
			t.Parallel()
			b := setup(t, m.New)
			b.end(7, "finished", 5)
			want := http.StatusOK
			switch m.Requirement {
			case "ACK-01":
				want = http.StatusInternalServerError
			case "ACK-07":
				want = http.StatusFound
			}
			if code := b.post(formOf(7, webhook.Finished)); code != want {
				t.Errorf("answered %d, want %d", code, want)
			}
			b.await(t, 7, 5)
		})
	}
}

func TestEnv(t *testing.T) {
	t.Parallel()
	out := filepath.Join(t.TempDir(), "rows.jsonl")
	for name, env := range map[string]mutants.Env{
		"no base":   {Out: out},
		"no rows":   {APIBase: "http://127.0.0.1:1/api/v1/"},
		"no folder": {APIBase: "http://127.0.0.1:1/api/v1/", Out: filepath.Join(out, "rows")},
	} {
		if receiver, err := mutants.New(env); err == nil {
			t.Errorf("%s: accepted", name)
			_ = receiver.Close()
		}
	}
}
