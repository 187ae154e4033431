package pgstore_test

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"iter"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"go.uber.org/goleak"

	"github.com/scrapehook/scrapehook/internal/pgtest"
	"github.com/scrapehook/scrapehook/internal/testtool"
	"github.com/scrapehook/scrapehook/receiver"
	"github.com/scrapehook/scrapehook/receiver/pgstore"
	"github.com/scrapehook/scrapehook/receiver/storetest"
)

var server pgtest.Server

func TestMain(m *testing.M) {
	// An example can't be skipped from within.
	if !testtool.Available("postgres") {
		fmt.Fprintln(os.Stderr, "left out: the examples of pgstore, because PostgreSQL is missing")
		if err := flag.Set("test.skip", "^Example"); err != nil {
			panic(err)
		}
	}
	code := m.Run()
	if err := server.Stop(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	if err := goleak.Find(); err != nil {
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

// callers opens a pool as a caller may have it open already, whose commits don't
// wait for the disk, and a table in its database.
func callers(t *testing.T, url string) *pgxpool.Pool {
	t.Helper()
	cfg, err := pgxpool.ParseConfig(url)
	if err != nil {
		t.Fatal(err)
	}
	cfg.MaxConns = 3
	cfg.AfterConnect = func(ctx context.Context, conn *pgx.Conn) error {
		_, err := conn.Exec(ctx, `SET synchronous_commit = off`)
		return err
	}
	pool, err := pgxpool.NewWithConfig(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	if _, err := pool.Exec(t.Context(), `CREATE TABLE products (job bigint, n serial, data text)`); err != nil {
		t.Fatal(err)
	}
	return pool
}

func openIn(t *testing.T, pool *pgxpool.Pool, write pgstore.Write) *pgstore.Store {
	t.Helper()
	s, err := pgstore.New(t.Context(), pool, write)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

// A pool of the caller's does what one of ours does, with our table and with
// theirs, and also while all of its connections are taken.
func TestCallersPool(t *testing.T) {
	t.Parallel()
	t.Run("inbox", func(t *testing.T) {
		t.Parallel()
		storetest.Store(t, func(t *testing.T) receiver.Store {
			t.Helper()
			pool := callers(t, server.Database(t))
			s := openIn(t, pool, nil)
			for range pool.Config().MaxConns {
				conn, err := pool.Acquire(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(conn.Release)
			}
			return s.Inbox
		})
	})
	t.Run("our table", func(t *testing.T) {
		t.Parallel()
		storetest.Sink(t, func(t *testing.T) (receiver.Sink, storetest.Read) {
			t.Helper()
			s := openIn(t, callers(t, server.Database(t)), nil)
			return s.Rows, func(ctx context.Context, id int64) ([]json.RawMessage, error) { return s.Rows.Rows(ctx, id, 100) }
		})
	})
	t.Run("an import function", func(t *testing.T) {
		t.Parallel()
		storetest.Sink(t, func(t *testing.T) (receiver.Sink, storetest.Read) {
			t.Helper()
			pool := callers(t, server.Database(t))
			s := openIn(t, pool, writeProducts)
			return s.Rows, func(ctx context.Context, id int64) ([]json.RawMessage, error) {
				result, err := pool.Query(ctx, `SELECT data FROM products WHERE job = $1 ORDER BY n`, id)
				if err != nil {
					return nil, err
				}
				return pgx.CollectRows(result, pgx.RowTo[json.RawMessage])
			}
		})
	})
}

// writeProducts is an import function of the caller's. It overlooks that a row
// may be broken.
func writeProducts(ctx context.Context, tx pgx.Tx, imp receiver.Import, rows iter.Seq2[json.RawMessage, error]) error {
	if _, err := tx.Exec(ctx, `DELETE FROM products WHERE job = $1`, imp.JobID); err != nil {
		return err
	}
	for row := range rows {
		if _, err := tx.Exec(ctx, `INSERT INTO products (job, data) VALUES ($1, $2)`, imp.JobID, string(row)); err != nil {
			return err
		}
	}
	return nil
}

// Commits wait for the disk in a caller's pool too, for as long as they are ours.
func TestCallersCommitsWaitForTheDisk(t *testing.T) {
	t.Parallel()
	pool := callers(t, server.Database(t))
	var ours, theirs string
	s := openIn(t, pool, func(ctx context.Context, tx pgx.Tx, _ receiver.Import, _ iter.Seq2[json.RawMessage, error]) error {
		return tx.QueryRow(ctx, `SELECT current_setting('synchronous_commit')`).Scan(&ours)
	})
	if err := s.Rows.Replace(t.Context(), "", receiver.Import{JobID: 7, Fingerprint: "f"}, storetest.RowsOf(nil)); err != nil {
		t.Fatal(err)
	}
	if err := pool.QueryRow(t.Context(), `SELECT current_setting('synchronous_commit')`).Scan(&theirs); err != nil {
		t.Fatal(err)
	}
	if arrivals, err := s.Setting(t.Context(), "synchronous_commit"); ours != "on" || theirs != "off" || arrivals != "on" || err != nil {
		t.Errorf("synchronous_commit is %s in an import, %s afterwards, %s for arrivals, %v; want on, off, on", ours, theirs, arrivals, err)
	}
}

// A desk looks after what is there, and makes nothing.
func TestDesk(t *testing.T) {
	t.Parallel()
	url := server.Database(t)
	for range 2 { // the first has left nothing behind
		if _, err := pgstore.OpenDesk(t.Context(), url); err == nil || !strings.Contains(err.Error(), "start its receiver first") {
			t.Errorf("without a store: %v", err)
		}
	}
	storetest.Accept(t, open(t, url).Inbox, 7)
	desk, err := pgstore.OpenDesk(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer desk.Close()
	if l, err := desk.Backlog(t.Context()); l.Wanted != 1 || err != nil {
		t.Errorf("backlog %+v, %v", l, err)
	}
	if ok, err := desk.Hasten(t.Context(), 7); !ok || err != nil {
		t.Errorf("hastened: %v, %v", ok, err)
	}
}

// The schema may be the operator's doing: then the right to make one is not
// needed.
func TestOpenInGivenSchema(t *testing.T) {
	t.Parallel()
	url := server.Database(t)
	role := "weak" + databaseOf(url)
	execute(t, url, `CREATE ROLE `+role+` LOGIN; CREATE SCHEMA scrapehook AUTHORIZATION `+role)
	storetest.Accept(t, open(t, strings.Replace(url, "scrapehook@", role+"@", 1)).Inbox, 7)
}

func databaseOf(url string) string {
	return url[strings.LastIndex(url, "/")+1 : strings.Index(url, "?")]
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
	execute(t, url, `ALTER DATABASE `+databaseOf(url)+` SET synchronous_commit = off`)
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
