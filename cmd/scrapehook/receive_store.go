package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"

	"github.com/jackc/pgx/v5/pgxpool"
	"modernc.org/sqlite"

	"github.com/scrapehook/scrapehook/receiver"
	"github.com/scrapehook/scrapehook/receiver/pgstore"
	filesink "github.com/scrapehook/scrapehook/receiver/sink"
	"github.com/scrapehook/scrapehook/receiver/sqlstore"
)

// inPostgres reports whether a store is in PostgreSQL, by its name.
func inPostgres(store string) bool { return pgstore.IsURL(store) }

// checkStore refuses the name of no store. What is not quoted may hold a
// password.
func checkStore(name string) error {
	scheme, _, isURL := strings.Cut(name, "://")
	switch {
	case name == "":
		return usageError("--store is empty: name a file, or the postgres:// URL of a database")
	case inPostgres(name):
		if _, err := pgxpool.ParseConfig(name); err != nil {
			return usageError("--store: %w", err) // it hides the password
		}
	case isURL:
		return usageError("--store %s://...: a store is a file, or in PostgreSQL (postgres://...)", scheme)
	}
	return nil
}

// dirSink names a directory as the sink.
const dirSink = "dir:"

func (f *receiveFlags) checkSink() error {
	dir, ok := strings.CutPrefix(f.sink, dirSink)
	format := filesink.Format(f.sinkFormat)
	switch {
	case f.sink != "" && (!ok || dir == ""):
		return usageError("--sink %q: use dir:PATH", f.sink)
	case f.sink != "" && inPostgres(f.store):
		return usageError("--sink dir:PATH needs a --store in a file: one process writes to the directory")
	case format != filesink.JSONLines && format != filesink.CSV:
		return usageError("--sink-format %q: use jsonl or csv", f.sinkFormat)
	}
	return nil
}

// open puts the store and the sink into cfg, and returns what closes them.
func (f *receiveFlags) open(ctx context.Context, cfg *receiver.Config) (closeStore func() error, err error) {
	if err := checkSpool(f.spoolDir); err != nil {
		return nil, err
	}
	if inPostgres(f.store) {
		store, err := pgstore.Open(ctx, f.store)
		if err != nil {
			return nil, err
		}
		cfg.Store, cfg.Sink = store.Inbox, store.Rows
		return func() error { store.Close(); return nil }, nil
	}
	// A commit that syncs the data, and not its file's times, is as durable and
	// about twice as fast. Where there is no such call, SQLite does as before.
	_, _ = sqlite.Fdatasync(true)
	var store *sqlstore.Store
	if dir, ok := strings.CutPrefix(f.sink, dirSink); ok {
		if cfg.Sink, err = filesink.OpenDir(dir, filesink.Format(f.sinkFormat)); err != nil {
			return nil, err
		}
		store, err = sqlstore.OpenInbox(ctx, f.store)
	} else if store, err = sqlstore.Open(ctx, f.store); err == nil {
		cfg.Sink = store.Rows
	}
	if err != nil {
		return nil, err
	}
	cfg.Store = store.Inbox
	return store.Close, nil
}

// checkSpool refuses a directory in which no download could be kept: otherwise
// every import would find that out. One that is full now may have room later.
func checkSpool(dir string) error {
	file, err := os.CreateTemp(dir, "scrapehook-*")
	if errors.Is(err, syscall.ENOSPC) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("--spool-dir: downloads can't be kept there: %w", err)
	}
	return errors.Join(file.Close(), os.Remove(file.Name()))
}

// openUpkeep opens a store to look after it, whether or not a receiver runs.
func openUpkeep(ctx context.Context, name string) (receiver.Upkeep, func(), error) {
	if err := checkStore(name); err != nil {
		return nil, nil, err
	}
	if inPostgres(name) {
		desk, err := pgstore.OpenDesk(ctx, name)
		if err != nil {
			return nil, nil, harnessError("%w", err)
		}
		return desk, desk.Close, nil
	}
	desk, err := sqlstore.OpenDesk(ctx, name)
	if err != nil {
		return nil, nil, harnessError("%w", err)
	}
	return desk, func() { _ = desk.Close() }, nil // what it did has been committed
}
