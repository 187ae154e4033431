package receiver_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/scrapehook/scrapehook/receiver"
	"github.com/scrapehook/scrapehook/receiver/cloudclient"
	"github.com/scrapehook/scrapehook/receiver/sqlstore"
	"github.com/scrapehook/scrapehook/webhook"
)

// gate is a store whose commits wait until they are let, and are counted.
type gate struct {
	receiver.Store
	entered chan int   // the size of each group, as its commit begins
	let     chan error // what each commit is to return
}

func newGate(store receiver.Store) *gate {
	return &gate{Store: store, entered: make(chan int, 1000), let: make(chan error, 1000)}
}

func (g *gate) Accept(ctx context.Context, a []receiver.Arrival) error {
	g.entered <- len(a)
	if err := <-g.let; err != nil {
		return err
	}
	return g.Store.Accept(ctx, a)
}

// startGated runs a receiver whose commits wait at a gate.
func startGated(t *testing.T, change func(*receiver.Config)) (*bench, *gate) {
	t.Helper()
	var g *gate
	b := start(t, onSQLite(t), newCloud(t), func(cfg *receiver.Config) {
		g = newGate(cfg.Store)
		cfg.Store = g
		if change != nil {
			change(cfg)
		}
	})
	return b, g
}

// notifyAll sends n notifications at once, and returns a channel with the code
// of each answer.
func notifyAll(t *testing.T, b *bench, n int) <-chan int {
	t.Helper()
	codes := make(chan int, n)
	var senders sync.WaitGroup
	for i := range n {
		senders.Go(func() { codes <- b.notify(int64(100+i), webhook.Started) })
	}
	t.Cleanup(senders.Wait)
	return codes
}

func TestAnswerWaitsForTheCommit(t *testing.T) {
	t.Parallel()
	b, g := startGated(t, nil)
	codes := notifyAll(t, b, 1)
	<-g.entered
	select {
	case code := <-codes:
		t.Fatalf("answered %d before the commit", code)
	default:
	}
	g.let <- nil
	if code := <-codes; code != http.StatusOK {
		t.Errorf("answered %d", code)
	}
}

func TestFailedCommitIsNotAcknowledged(t *testing.T) {
	t.Parallel()
	b, g := startGated(t, nil)
	g.let <- errors.New("disk full")
	r := post(b.Handler(), "/", webhook.Notification{JobID: 1, Status: webhook.Finished, SitemapID: 1}.AppendForm(nil))
	if r.Code != http.StatusServiceUnavailable || r.Header().Get("Retry-After") == "" {
		t.Errorf("answered %d with Retry-After %q", r.Code, r.Header().Get("Retry-After"))
	}
	if strings.Contains(r.Body.String(), "disk") {
		t.Errorf("told the sender %q", r.Body)
	}
	g.let <- nil
	b.mustNotify(t, 1, webhook.Started)
}

// Those that come while a commit is under way share the next one.
func TestGroupCommit(t *testing.T) {
	t.Parallel()
	const n = 200
	b, g := startGated(t, func(cfg *receiver.Config) { cfg.Queue = n })
	first := notifyAll(t, b, 1)
	<-g.entered
	rest := notifyAll(t, b, n+1)
	if code := <-rest; code != http.StatusServiceUnavailable {
		t.Fatalf("answered %d", code)
	}
	// One was refused, so all the others wait.
	g.let <- nil
	if size := <-g.entered; size != n {
		t.Errorf("a group of %d, want %d", size, n)
	}
	g.let <- nil
	<-first
	for range n {
		if code := <-rest; code != http.StatusOK {
			t.Errorf("answered %d", code)
		}
	}
}

func TestGroupIsBounded(t *testing.T) {
	t.Parallel()
	b, g := startGated(t, func(cfg *receiver.Config) { cfg.Batch = 3 })
	codes := notifyAll(t, b, 10)
	for taken := 0; taken < 10; {
		size := <-g.entered
		if size > 3 {
			t.Errorf("a group of %d", size)
		}
		taken += size
		g.let <- nil
	}
	for range 10 {
		<-codes
	}
}

func TestFullQueueIsRefused(t *testing.T) {
	t.Parallel()
	b, g := startGated(t, func(cfg *receiver.Config) { cfg.Queue, cfg.Batch = 2, 1 })
	first := notifyAll(t, b, 1)
	<-g.entered // it is being committed, so the queue is empty
	codes := notifyAll(t, b, 10)
	for range 8 {
		if code := <-codes; code != http.StatusServiceUnavailable {
			t.Errorf("answered %d beyond the bound", code)
		}
	}
	for range 3 {
		g.let <- nil
	}
	for _, c := range []<-chan int{first, codes, codes} {
		if code := <-c; code != http.StatusOK {
			t.Errorf("answered %d within the bound", code)
		}
	}
}

// A sender that hangs up neither undoes its commit nor is waited for.
func TestHangUpDuringTheCommit(t *testing.T) {
	t.Parallel()
	c, at := newCloud(t), onSQLite(t)
	c.set(7, job{webhook.Finished, 3, 10})
	var g *gate
	b := start(t, at, c, func(cfg *receiver.Config) { g = newGate(cfg.Store); cfg.Store = g })
	ctx, hangUp := context.WithCancel(t.Context())
	r := httptest.NewRequestWithContext(ctx, http.MethodPost, "/",
		strings.NewReader("scrapingjob_id=7&status=finished&sitemap_id=12"))
	r.Header.Set("Content-Type", webhook.ContentType)
	answered := make(chan struct{})
	go func() {
		defer close(answered)
		b.Handler().ServeHTTP(httptest.NewRecorder(), r)
	}()
	<-g.entered
	hangUp()
	<-answered
	g.let <- nil
	eventually(t, "the rows are imported", func() bool {
		f, err := b.sink.Fingerprint(t.Context(), 7)
		return err == nil && f != ""
	})
	wantRows(t, at, 7, 3)
}

// What was taken before a stop is committed and answered.
func TestStopCommitsWhatWasTaken(t *testing.T) {
	t.Parallel()
	b, g := startGated(t, func(cfg *receiver.Config) { cfg.Batch = 1 })
	codes := notifyAll(t, b, 1)
	<-g.entered
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		b.stop()
	}()
	eventually(t, "the receiver takes nothing new", func() bool { return !b.Ready() })
	g.let <- nil
	if code := <-codes; code != http.StatusOK {
		t.Errorf("answered %d", code)
	}
	<-stopped
}

// BenchmarkHandler compares a durable answer with one by a handler that only
// parses the form, in one run. Every notification is of a job of its own, and
// the cloud never answers, so that no import takes part.
func BenchmarkHandler(b *testing.B) {
	b.Run("parse only", func(b *testing.B) {
		benchmarkHandler(b, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if err := r.ParseForm(); err != nil || r.PostForm.Get(webhook.FieldJobID) == "" {
				http.Error(w, "bad form", http.StatusBadRequest)
				return
			}
			_, _ = io.WriteString(w, "ok\n")
		}))
	})
	b.Run("durable", func(b *testing.B) {
		store, err := sqlstore.Open(b.Context(), filepath.Join(b.TempDir(), "inbox.db"))
		if err != nil {
			b.Fatal(err)
		}
		rcv, err := receiver.New(receiver.Config{
			Store: store.Inbox, Sink: store.Rows, Cloud: silentCloud{}, Log: slog.New(slog.DiscardHandler),
		})
		if err != nil {
			b.Fatal(err)
		}
		ctx, cancel := context.WithCancel(b.Context())
		done := make(chan error)
		go func() { done <- rcv.Run(ctx) }()
		benchmarkHandler(b, rcv.Handler())
		cancel()
		if err := errors.Join(<-done, store.Close()); err != nil {
			b.Fatal(err)
		}
	})
}

// silentCloud never answers.
type silentCloud struct{ receiver.Cloud }

func (silentCloud) Job(ctx context.Context, _ int64) (cloudclient.Job, error) {
	<-ctx.Done()
	return cloudclient.Job{}, ctx.Err()
}

// benchmarkHandler answers 256 callers at once over loopback.
func benchmarkHandler(b *testing.B, h http.Handler) {
	b.Helper()
	server := httptest.NewServer(h)
	defer server.Close()
	const callers = 256
	transport := &http.Transport{MaxIdleConnsPerHost: callers, MaxConnsPerHost: callers}
	defer transport.CloseIdleConnections()
	client := &http.Client{Transport: transport, Timeout: time.Minute}
	var id atomic.Int64
	b.SetParallelism(callers / runtime.GOMAXPROCS(0))
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			n := webhook.Notification{JobID: id.Add(1), Status: webhook.Finished, SitemapID: 12, SitemapName: "my-sitemap"}
			resp, err := client.Post(server.URL, webhook.ContentType, bytes.NewReader(n.AppendForm(nil)))
			if err != nil {
				b.Error(err)
				return
			}
			_, _ = io.Copy(io.Discard, resp.Body) // or the connection is not used again
			resp.Body.Close()
			if resp.StatusCode != http.StatusOK {
				b.Errorf("answered %d", resp.StatusCode)
			}
		}
	})
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "answers/s")
}
