package storage_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/scrapehook/scrapehook/cmd/scrapehook/internal/storage"
	"github.com/scrapehook/scrapehook/internal/pgtest"
	"github.com/scrapehook/scrapehook/receiver/storetest"
)

var server pgtest.Server

func TestMain(m *testing.M) {
	code := m.Run()
	for _, err := range []error{server.Stop(), goleak.Find()} {
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
	}
	os.Exit(code)
}

// TestWaitsForTheServer starts while the server can't be reached, which is
// mended only when the wait has been told of.
func TestWaitsForTheServer(t *testing.T) {
	t.Parallel()
	url, proxy := pgtest.Through(t, server.Database(t))
	proxy.Refuse()
	log := &mendingLog{mend: proxy.Resume}
	opened, err := storage.Open(t.Context(), storage.Config{Store: url, Wait: time.Minute, Log: slog.New(slog.NewTextHandler(log, nil))})
	if err != nil {
		t.Fatal(err)
	}
	storetest.Accept(t, opened.Store, 7)
	if err := opened.Close(); err != nil {
		t.Error(err)
	}
	if n := strings.Count(log.String(), "waiting for the store's server"); n != 1 {
		t.Errorf("said it %d times: %s", n, log.String())
	}
}

// mendingLog calls mend once it is written to.
type mendingLog struct {
	bytes.Buffer
	mend func()
}

func (l *mendingLog) Write(p []byte) (int, error) {
	l.mend()
	return l.Buffer.Write(p)
}

// Without a wait, or for what waiting can't mend, there is an error at once.
func TestDoesNotWait(t *testing.T) {
	t.Parallel()
	url, proxy := pgtest.Through(t, server.Database(t))
	log := slog.New(slog.DiscardHandler)
	nobody := strings.Replace(url, "scrapehook@", "nobody@", 1)
	if _, err := storage.Open(t.Context(), storage.Config{Store: nobody, Wait: time.Hour, Log: log}); err == nil || !strings.Contains(err.Error(), "nobody") {
		t.Errorf("an unknown user: %v", err)
	}
	proxy.Refuse()
	if _, err := storage.Open(t.Context(), storage.Config{Store: url, Log: log}); err == nil {
		t.Error("opened")
	}
	ctx, cancel := context.WithCancel(t.Context())
	stopping := slog.New(slog.NewTextHandler(&mendingLog{mend: cancel}, nil))
	if _, err := storage.Open(ctx, storage.Config{Store: url, Wait: time.Hour, Log: stopping}); err == nil {
		t.Error("opened")
	}
}

func TestNames(t *testing.T) {
	t.Parallel()
	for name, says := range map[string]string{
		"": "empty", "receiver.db": "", "mysql://me:s3cret@db/x": "mysql://...", "postgres://me@db/x": "",
		"postgres://me:s3cret@db:port/x": "invalid port",
	} {
		err := storage.CheckStore(name)
		if (err != nil) != (says != "") || err != nil && (!strings.Contains(err.Error(), says) || strings.Contains(err.Error(), "s3cret")) {
			t.Errorf("%q: error %v, want one about %q", name, err, says)
		}
	}
	for sink, says := range map[string]string{"": "", "dir:x": "", "dir:": "dir:PATH", "s3:x": "dir:PATH"} {
		if err := storage.CheckSink(sink, "r.db"); (err != nil) != (says != "") || err != nil && !strings.Contains(err.Error(), says) {
			t.Errorf("%q: error %v, want one about %q", sink, err, says)
		}
	}
	if err := storage.CheckSink("dir:x", "postgres://me@db/x"); err == nil {
		t.Error("a fleet on a directory")
	}
}
