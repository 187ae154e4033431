package main

import (
	"context"
	"strings"

	"modernc.org/sqlite"

	"github.com/scrapehook/scrapehook/receiver"
	"github.com/scrapehook/scrapehook/receiver/pgstore"
	filesink "github.com/scrapehook/scrapehook/receiver/sink"
	"github.com/scrapehook/scrapehook/receiver/sqlstore"
)

// inPostgres reports whether a store is in PostgreSQL, by its name.
func inPostgres(store string) bool { return pgstore.IsURL(store) }

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
	var files *filesink.Dir
	if dir, ok := strings.CutPrefix(f.sink, dirSink); ok {
		if files, err = filesink.OpenDir(dir, filesink.Format(f.sinkFormat)); err != nil {
			return nil, err
		}
	}
	store, err := sqlstore.Open(ctx, f.store)
	if err != nil {
		return nil, err
	}
	if cfg.Store, cfg.Sink = store.Inbox, store.Rows; files != nil {
		cfg.Sink = files
	}
	return store.Close, nil
}

// openUpkeep opens a store to look after it, whether or not a receiver runs.
func openUpkeep(ctx context.Context, name string) (receiver.Upkeep, func(), error) {
	if inPostgres(name) {
		store, err := pgstore.Open(ctx, name)
		if err != nil {
			return nil, nil, harnessError("%w", err)
		}
		return store.Inbox, store.Close, nil
	}
	desk, err := sqlstore.OpenDesk(ctx, name)
	if err != nil {
		return nil, nil, harnessError("%w", err)
	}
	return desk, func() { _ = desk.Close() }, nil // what it did has been committed
}
