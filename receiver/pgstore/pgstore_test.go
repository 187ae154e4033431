package pgstore_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/scrapehook/scrapehook/receiver"
	"github.com/scrapehook/scrapehook/receiver/pgstore"
	"github.com/scrapehook/scrapehook/receiver/pgtest"
	"github.com/scrapehook/scrapehook/receiver/storetest"
)

var server pgtest.Server

func TestMain(m *testing.M) {
	code := m.Run()
	if err := server.Stop(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

func open(t *testing.T, url string) *pgstore.Store {
	t.Helper()
	s, err := pgstore.Open(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

func execute(t *testing.T, url, statement string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	if _, err := conn.Exec(t.Context(), statement); err != nil {
		t.Fatal(err)
	}
}

func TestStore(t *testing.T) {
	t.Parallel()
	storetest.Store(t, func(t *testing.T) receiver.Store {
		t.Helper()
		return open(t, server.Database(t)).Inbox
	})
}

func TestSink(t *testing.T) {
	t.Parallel()
	storetest.Sink(t, func(t *testing.T) (receiver.Sink, storetest.Read) {
		t.Helper()
		s := open(t, server.Database(t))
		return s.Rows, func(ctx context.Context, id int64) ([]json.RawMessage, error) { return s.Rows.Rows(ctx, id, 100) }
	})
}

// A fleet that starts at once on an empty database prepares it once.
func TestOpenAtOnce(t *testing.T) {
	t.Parallel()
	url := server.Database(t)
	var opening sync.WaitGroup
	for range 8 {
		opening.Go(func() {
			s, err := pgstore.Open(t.Context(), url)
			if err != nil {
				t.Error(err)
				return
			}
			s.Close()
		})
	}
	opening.Wait()
	storetest.Accept(t, open(t, url).Inbox, 7)
}

func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	newer := server.Database(t)
	open(t, newer)
	execute(t, newer, `INSERT INTO scrapehook.versions (version) VALUES (1000)`)
	for _, tc := range []struct{ name, url, says string }{
		{"a later version's schema", newer, "version 1000"},
		{"no URL", "postgres://%zz", "parse"},
		{"no server", "postgres://scrapehook:s3cret@127.0.0.1:1/none", "127.0.0.1"},
	} {
		s, err := pgstore.Open(t.Context(), tc.url)
		if err == nil {
			s.Close()
			t.Errorf("%s: opened", tc.name)
		} else if !strings.Contains(err.Error(), tc.says) || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%s: error %q, want one about %q", tc.name, err, tc.says)
		}
	}
}

// A server that is told not to wait for its disk is told otherwise.
func TestCommitsWaitForTheDisk(t *testing.T) {
	t.Parallel()
	url := server.Database(t)
	execute(t, url, `ALTER DATABASE `+url[strings.LastIndex(url, "/")+1:strings.Index(url, "?")]+` SET synchronous_commit = off`)
	if got, err := open(t, url).Setting(t.Context(), "synchronous_commit"); got != "on" || err != nil {
		t.Errorf("synchronous_commit is %s, %v", got, err)
	}
}

// A receiver hears of what another one took.
func TestListen(t *testing.T) {
	t.Parallel()
	url := server.Database(t)
	a, b := open(t, url), open(t, url)
	ctx, cancel := context.WithCancel(t.Context())
	woken, ended := make(chan struct{}, 100), make(chan error, 1)
	go func() { ended <- a.Inbox.Listen(ctx, func() { woken <- struct{}{} }) }()
	patience := time.After(time.Minute)
	for range 2 { // the first says that it listens
		select {
		case <-woken:
		case <-patience:
			t.Fatal("not woken within a minute")
		}
		if err := b.Inbox.Announce(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("listening ended with %v", err)
	}
}
