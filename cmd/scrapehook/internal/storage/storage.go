// Package storage opens the stores and sinks of a receiver by their names, as a
// command line has them: the name of a file is a store in SQLite, a postgres://
// URL one in PostgreSQL, dir:PATH a sink in a directory.
package storage

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"modernc.org/sqlite"

	"github.com/scrapehook/scrapehook/internal/oserr"
	"github.com/scrapehook/scrapehook/receiver"
	"github.com/scrapehook/scrapehook/receiver/pgstore"
	"github.com/scrapehook/scrapehook/receiver/sink"
	"github.com/scrapehook/scrapehook/receiver/sqlstore"
)

// Config names a store and its sink.
type Config struct {
	// Store is a file, or the URL of a database. Required.
	Store string
	// Sink is where rows go instead of the store: dir:PATH, or nothing.
	Sink string
	// SinkFormat is the format of the sink's files.
	SinkFormat sink.Format
	// Wait is how long to wait for a server that can't be reached.
	Wait time.Duration
	// Log is told of the wait. Required.
	Log *slog.Logger
}

// Storage is an open store and its sink.
type Storage struct {
	Store receiver.Store
	Sink  receiver.Sink
	close func() error
}

// Close closes both.
func (s *Storage) Close() error { return s.close() }

// IsShared reports whether any number of receivers may share the store of that
// name.
func IsShared(store string) bool { return pgstore.IsURL(store) }

// CheckStore returns what is wrong with the name of a store. What is not quoted
// may hold a password.
func CheckStore(name string) error {
	scheme, _, isURL := strings.Cut(name, "://")
	switch {
	case name == "":
		return errors.New("it is empty: name a file, or the postgres:// URL of a database")
	case IsShared(name):
		_, err := pgxpool.ParseConfig(name) // its errors hide the password
		return err
	case isURL:
		return fmt.Errorf("%s://...: a store is a file, or in PostgreSQL (postgres://...)", scheme)
	}
	return nil
}

// dirSink is how the name of a directory as the sink begins.
const dirSink = "dir:"

// CheckSink returns what is wrong with the name of a sink beside a store.
func CheckSink(name, store string) error {
	dir, ok := strings.CutPrefix(name, dirSink)
	switch {
	case name != "" && (!ok || dir == ""):
		return fmt.Errorf("%q: use dir:PATH", name)
	case name != "" && IsShared(store):
		return errors.New("dir:PATH needs a store in a file: one process writes to the directory")
	}
	return nil
}

// Open opens the store and the sink.
func Open(ctx context.Context, cfg Config) (*Storage, error) {
	if IsShared(cfg.Store) {
		store, err := openServer(ctx, cfg)
		if err != nil {
			return nil, err
		}
		return &Storage{store.Inbox, store.Rows, func() error { store.Close(); return nil }}, nil
	}
	// A commit that syncs the data, and not its file's times, is as durable and
	// about twice as fast. Where there is no such call, SQLite does as before.
	_, _ = sqlite.Fdatasync(true)
	if dir, ok := strings.CutPrefix(cfg.Sink, dirSink); ok {
		files, err := sink.OpenDir(dir, cfg.SinkFormat)
		if err != nil {
			return nil, err
		}
		store, err := sqlstore.OpenInbox(ctx, cfg.Store)
		if err != nil {
			return nil, err
		}
		return &Storage{store.Inbox, files, store.Close}, nil
	}
	store, err := sqlstore.Open(ctx, cfg.Store)
	if err != nil {
		return nil, err
	}
	if store.Missing > 0 {
		cfg.Log.ErrorContext(ctx, "rows are missing: their file was emptied, replaced or restored from an older backup; "+
			"scrapehook receive retry --missing imports again what the cloud still has",
			"file", sqlstore.RowsPath(cfg.Store), "imports", store.Missing)
	}
	return &Storage{store.Inbox, store.Rows, store.Close}, nil
}

// serverRetry is the pause between two tries of a server that can't be reached.
const serverRetry = time.Second

// openServer opens a store in PostgreSQL. A server that can't be reached, or is
// starting, is waited for.
func openServer(ctx context.Context, cfg Config) (*pgstore.Store, error) {
	deadline, said := time.Now().Add(cfg.Wait), false
	for {
		store, err := pgstore.Open(ctx, cfg.Store)
		if err == nil || !pgstore.IsUnreachable(err) || time.Until(deadline) <= 0 {
			return store, err
		}
		if !said {
			cfg.Log.WarnContext(ctx, "waiting for the store's server", "up to", cfg.Wait, "error", err)
			said = true
		}
		timer := time.NewTimer(min(serverRetry, time.Until(deadline)))
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return nil, context.Cause(ctx)
		}
	}
}

// CheckSpool refuses a directory in which no download could be kept: otherwise
// every import would find that out. One that is full now may have room later.
func CheckSpool(dir string) error {
	file, err := os.CreateTemp(dir, "scrapehook-*")
	if oserr.IsFull(err) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("downloads can't be kept there: %w", err)
	}
	return errors.Join(file.Close(), os.Remove(file.Name()))
}

// Upkeep looks after a store, whether or not receivers run on it.
type Upkeep interface {
	receiver.Upkeep
	// Check reads the whole store and returns what is wrong with it, one sentence
	// each.
	Check(ctx context.Context) ([]string, error)
	// RetryMissing has those jobs imported again whose import is recorded as done
	// and whose rows are not there. It returns how many they are.
	RetryMissing(ctx context.Context) (int, error)
}

// Desk is an open store to look after.
type Desk struct {
	Upkeep
	close func()
}

// Close closes the desk.
func (d *Desk) Close() { d.close() }

// OpenDesk opens a store to look after it. It makes nothing.
func OpenDesk(ctx context.Context, store string) (*Desk, error) {
	if IsShared(store) {
		desk, err := pgstore.OpenDesk(ctx, store)
		if err != nil {
			return nil, err
		}
		return &Desk{desk, desk.Close}, nil
	}
	desk, err := sqlstore.OpenDesk(ctx, store)
	if err != nil {
		return nil, err
	}
	return &Desk{desk, func() { _ = desk.Close() }}, nil // what it did has been committed
}
