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
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"modernc.org/sqlite"

	"github.com/scrapehook/scrapehook/webhook"
)

// millionJob is the job with a million rows; those of the load come after it.
const millionJob = 1

// clouds answers the receivers' calls, in three ways.
type clouds struct {
	listener net.Listener
	server   *http.Server
	cancel   context.CancelFunc
}

func serveClouds(ctx context.Context) (*clouds, error) {
	var lc net.ListenConfig
	listener, err := lc.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(ctx)
	c := &clouds{listener: listener, cancel: cancel}
	c.server = &http.Server{
		Handler: http.HandlerFunc(answer), ReadHeaderTimeout: time.Minute,
		BaseContext: func(net.Listener) context.Context { return ctx },
	}
	go func() { _ = c.server.Serve(listener) }() // close ends it
	return c, nil
}

func (c *clouds) url(kind string) string {
	return "http://" + c.listener.Addr().String() + "/" + kind + "/"
}

func (c *clouds) close() {
	c.cancel()
	_ = c.server.Close() // nobody waits for its answers
}

// answer answers GET KIND/scraping-job/ID and KIND/scraping-job/ID/json. Jobs of
// the kind few have ten rows; of the kind million, one job has a million and the
// others never answer; of the kind silent, none does.
func answer(w http.ResponseWriter, r *http.Request) {
	parts := strings.Split(strings.Trim(r.URL.Path, "/"), "/")
	if len(parts) < 3 {
		http.NotFound(w, r)
		return
	}
	id, err := strconv.ParseInt(parts[2], 10, 64)
	if err != nil {
		http.NotFound(w, r)
		return
	}
	rows := 10
	if parts[0] == "million" {
		rows = 1_000_000
	}
	if parts[0] == "silent" || parts[0] == "million" && id != millionJob {
		<-r.Context().Done()
		return
	}
	if len(parts) == 3 {
		fmt.Fprintf(w, `{"success":true,"data":{"id":%d,"sitemap_id":12,"sitemap_name":"my-sitemap","status":"finished",
			"stored_record_count":%d,"time_created":1580000000,"scraping_duration":60}}`, id, rows)
		return
	}
	for range rows {
		if _, err := io.WriteString(w, `{"title":"a fine product","price":"19.99","url":"https://shop.example/p/1","sku":"A-1","in_stock":"yes"}`+"\n"); err != nil {
			return
		}
	}
}

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
		pool, err := pgxpool.New(ctx, store)
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
