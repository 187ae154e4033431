package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"
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
