// Command receiver takes Web Scraper Cloud's notifications and imports jobs
// correctly, unless a defect is switched on. The conformance suite must catch
// each defect, and pass the receiver without one and in each of its variants.
//
//	POST /webhook -> inbox (SQLite, synced) -> 200 -> four workers -> rows (the same file)
//
// It is written from the documentation alone, by somebody who did not read the
// suite. Every place that is wrong on purpose calls is("name of the defect").
//
// Environment:
//
//	PORT                      port on 127.0.0.1
//	WEBSCRAPER_API_BASE_URI   the cloud's API
//	WEBSCRAPER_API_TOKEN      its token
//	WEBHOOK_TOKEN             what the endpoint's URL must carry: ?token=...
//	STATE_DIR                 folder of receiver.db, default .
//	DEFECT                    a defect of the table in e2e/defects
//	VARIANT                   a variant of that table, which is correct
package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"github.com/scrapehook/scrapehook/e2e/defects"
)

// switches says what is wrong, or otherwise than usual.
type switches struct{ defect, variant string }

// is says whether the receiver has one of these defects.
func (s switches) is(names ...string) bool { return contains(names, s.defect) }

// as says whether the receiver is one of these variants.
func (s switches) as(names ...string) bool { return contains(names, s.variant) }

func contains(names []string, name string) bool {
	for _, n := range names {
		if n == name {
			return true
		}
	}
	return false
}

func main() {
	if err := run(); err != nil {
		slog.Error(err.Error())
		os.Exit(1)
	}
}

func run() error {
	s := switches{defect: os.Getenv("DEFECT"), variant: os.Getenv("VARIANT")}
	for _, name := range []string{s.defect, s.variant} {
		if name != "" && !defects.Known(name) {
			return fmt.Errorf("%q is neither a defect nor a variant of the table", name)
		}
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	listener, err := net.Listen("tcp", "127.0.0.1:"+os.Getenv("PORT"))
	if err != nil {
		return err
	}
	e := &endpoint{switches: s, secret: os.Getenv("WEBHOOK_TOKEN"), slots: make(chan struct{}, 20)}
	file := filepath.Join(os.Getenv("STATE_DIR"), "receiver.db")
	if _, err := os.Stat(file); err == nil && s.is("lost-while-starting") {
		e.starting.Store(true)
		time.AfterFunc(1500*time.Millisecond, func() { e.starting.Store(false) })
	}
	store, err := openStore(file, s)
	if err != nil {
		return err
	}
	defer store.db.Close()
	cloud := newCloud(os.Getenv("WEBSCRAPER_API_BASE_URI"), os.Getenv("WEBSCRAPER_API_TOKEN"), s)
	e.store = store
	e.importer = newImporter(s, store, cloud)

	var workers sync.WaitGroup
	workers.Go(func() { e.importer.run(ctx) })
	server := e.server()
	go func() {
		<-ctx.Done()
		if s.is("stop-drops-queue") {
			store.dropQueue()
		}
		last, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		server.Shutdown(last)
	}()
	if s.is("few-connections") {
		listener = limit(listener, 5)
	}
	err = server.Serve(listener)
	if errors.Is(err, http.ErrServerClosed) {
		err = nil
	}
	stop()
	workers.Wait()
	return err
}
