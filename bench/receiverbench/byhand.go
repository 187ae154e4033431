package main

import (
	"context"
	"database/sql"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"modernc.org/sqlite"

	"github.com/scrapehook/scrapehook/webhook"
)

// poolSize lets as many requests wait for the disk at once as help: the server
// makes one sync of several commits.
const poolSize = "&pool_max_conns=16"

// serveByHand serves one of the handlers to compare with at address.
func serveByHand(how, address, store string) error {
	ctx := context.Background()
	keep := func(context.Context, url.Values) error { return nil }
	const columns = `(job_id, status, sitemap_id, sitemap_name)`
	fields := func(f url.Values) []any {
		job, _ := strconv.ParseInt(f.Get(webhook.FieldJobID), 10, 64) // a broken one would be refused by the database
		sitemap, _ := strconv.ParseInt(f.Get(webhook.FieldSitemapID), 10, 64)
		return []any{job, f.Get(webhook.FieldStatus), sitemap, f.Get(webhook.FieldSitemapName)}
	}
	switch how {
	case "sqlite":
		_, _ = sqlite.Fdatasync(true) // as the receiver has it
		db, err := sql.Open("sqlite", "file:"+store+"?_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=busy_timeout(10000)")
		if err != nil {
			return err
		}
		db.SetMaxOpenConns(1)
		if _, err := db.ExecContext(ctx, `CREATE TABLE inbox (job_id INTEGER, status TEXT, sitemap_id INTEGER, sitemap_name TEXT)`); err != nil {
			return err
		}
		keep = func(ctx context.Context, f url.Values) error {
			_, err := db.ExecContext(ctx, `INSERT INTO inbox `+columns+` VALUES (?, ?, ?, ?)`, fields(f)...)
			return err
		}
	case "postgres":
		pool, err := pgxpool.New(ctx, store+poolSize)
		if err != nil {
			return err
		}
		if _, err := pool.Exec(ctx, `CREATE TABLE inbox (job_id bigint, status text, sitemap_id bigint, sitemap_name text)`); err != nil {
			return err
		}
		keep = func(ctx context.Context, f url.Values) error {
			_, err := pool.Exec(ctx, `INSERT INTO inbox `+columns+` VALUES ($1, $2, $3, $4)`, fields(f)...)
			return err
		}
	}
	var lc net.ListenConfig
	listener, err := lc.Listen(ctx, "tcp", address)
	if err != nil {
		return err
	}
	fmt.Println("listening")
	server := &http.Server{ReadHeaderTimeout: time.Minute, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := r.ParseForm(); err != nil || r.PostForm.Get(webhook.FieldJobID) == "" {
			http.Error(w, "bad form", http.StatusBadRequest)
			return
		}
		if err := keep(r.Context(), r.PostForm); err != nil {
			http.Error(w, "not kept", http.StatusServiceUnavailable)
			return
		}
		_, _ = io.WriteString(w, "ok\n") // whether it is read changes nothing
	})}
	return server.Serve(listener)
}
