// Command river answers notifications as receiverbench's other handlers do, and
// puts each into a queue of River's before it answers: what one would write with
// the job queue for PostgreSQL that Go has.
//
//	river ADDRESS DATABASE
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivermigrate"
)

func main() {
	err := errors.New("usage: river ADDRESS DATABASE")
	if len(os.Args) == 3 {
		err = serve(context.Background(), os.Args[1], os.Args[2])
	}
	fmt.Fprintln(os.Stderr, "river:", err)
	os.Exit(1)
}

// notification is a job of the queue.
type notification struct {
	JobID       int64  `json:"job_id"`
	Status      string `json:"status"`
	SitemapID   int64  `json:"sitemap_id"`
	SitemapName string `json:"sitemap_name"`
}

// Kind implements [river.JobArgs].
func (notification) Kind() string { return "notification" }

func serve(ctx context.Context, address, database string) error {
	// As many connections as the other handlers that insert by the request.
	pool, err := pgxpool.New(ctx, database+"&pool_max_conns=16")
	if err != nil {
		return err
	}
	driver := riverpgxv5.New(pool)
	migrator, err := rivermigrate.New(driver, nil)
	if err != nil {
		return err
	}
	if _, err := migrator.Migrate(ctx, rivermigrate.DirectionUp, nil); err != nil {
		return err
	}
	queue, err := river.NewClient(driver, &river.Config{}) // without queues it only inserts
	if err != nil {
		return err
	}
	var lc net.ListenConfig
	listener, err := lc.Listen(ctx, "tcp", address)
	if err != nil {
		return err
	}
	fmt.Println("listening")
	server := &http.Server{ReadHeaderTimeout: time.Minute, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := r.ParseForm(); err != nil || r.PostForm.Get("scrapingjob_id") == "" {
			http.Error(w, "bad form", http.StatusBadRequest)
			return
		}
		job, _ := strconv.ParseInt(r.PostForm.Get("scrapingjob_id"), 10, 64)
		sitemap, _ := strconv.ParseInt(r.PostForm.Get("sitemap_id"), 10, 64)
		n := notification{job, r.PostForm.Get("status"), sitemap, r.PostForm.Get("sitemap_name")}
		if _, err := queue.Insert(r.Context(), n, nil); err != nil {
			http.Error(w, "not kept", http.StatusServiceUnavailable)
			return
		}
		_, _ = io.WriteString(w, "ok\n") // whether it is read changes nothing
	})}
	return server.Serve(listener)
}
