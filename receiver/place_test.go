package receiver_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"github.com/scrapehook/scrapehook/internal/pgtest"
	"github.com/scrapehook/scrapehook/receiver"
	"github.com/scrapehook/scrapehook/receiver/pgstore"
	"github.com/scrapehook/scrapehook/receiver/sqlstore"
)

var server pgtest.Server

func TestMain(m *testing.M) {
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

// place is where a receiver keeps what must outlive it.
type place struct {
	dir string // of SQLite's files and of the spool
	url string // of the database in PostgreSQL; "" is SQLite
}

func onSQLite(t *testing.T) place {
	t.Helper()
	return place{dir: t.TempDir()}
}

// onEachEngine runs a test on a fresh place of each kind.
func onEachEngine(t *testing.T, test func(t *testing.T, at place)) {
	t.Helper()
	t.Run("SQLite", func(t *testing.T) {
		t.Parallel()
		test(t, onSQLite(t))
	})
	t.Run("PostgreSQL", func(t *testing.T) {
		t.Parallel()
		test(t, place{dir: t.TempDir(), url: server.Database(t)})
	})
}

// fresh returns another place of the same kind.
func (p place) fresh(t *testing.T) place {
	t.Helper()
	other := onSQLite(t)
	if p.url != "" {
		other.url = server.Database(t)
	}
	return other
}

// open opens what is kept. It is closed by the test's clean-up at the latest.
func (p place) open(t *testing.T) (_ receiver.Store, _ receiver.Sink, closeStore func()) {
	t.Helper()
	if p.url != "" {
		store, err := pgstore.Open(t.Context(), p.url)
		if err != nil {
			t.Fatal(err)
		}
		closeStore = sync.OnceFunc(store.Close)
		t.Cleanup(closeStore)
		return store.Inbox, store.Rows, closeStore
	}
	store, err := sqlstore.Open(t.Context(), p.inbox())
	if err != nil {
		t.Fatal(err)
	}
	closeStore = sync.OnceFunc(func() {
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(closeStore)
	return store.Inbox, store.Rows, closeStore
}

func (p place) inbox() string { return filepath.Join(p.dir, "inbox.db") }

// read returns the rows of a job and the record of their import.
func (p place) read(t *testing.T, id int64) ([]json.RawMessage, receiver.Import) {
	t.Helper()
	const most = 1 << 20
	var rows []json.RawMessage
	var imp receiver.Import
	var err error
	if p.url != "" {
		var store *pgstore.Store
		if store, err = pgstore.Open(t.Context(), p.url); err != nil {
			t.Fatal(err)
		}
		defer store.Close()
		if rows, err = store.Rows.Rows(t.Context(), id, most); err == nil {
			imp, _, err = store.Rows.Import(t.Context(), id)
		}
	} else {
		var reader *sqlstore.RowsReader
		if reader, err = sqlstore.OpenRows(sqlstore.RowsPath(p.inbox())); err != nil {
			t.Fatal(err)
		}
		defer reader.Close()
		if rows, err = reader.Rows(t.Context(), id, most); err == nil {
			imp, _, err = reader.Import(t.Context(), id)
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	return rows, imp
}
