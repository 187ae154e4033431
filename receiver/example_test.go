package receiver_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/scrapehook/scrapehook/receiver"
	"github.com/scrapehook/scrapehook/receiver/cloudclient"
	"github.com/scrapehook/scrapehook/receiver/sqlstore"
	"github.com/scrapehook/scrapehook/webhook"
)

// exampleCloud stands for a [cloudclient.Client]. It has one job, of two rows.
type exampleCloud struct{}

func (exampleCloud) Job(_ context.Context, id int64) (cloudclient.Job, error) {
	return cloudclient.Job{ID: id, Status: webhook.Finished, SitemapID: 12, SitemapName: "my-sitemap", StoredRecordCount: 2}, nil
}

func (exampleCloud) Download(context.Context, int64) (io.ReadCloser, error) {
	return io.NopCloser(strings.NewReader("{\"title\":\"a\"}\n{\"title\":\"b\"}\n")), nil
}

func (exampleCloud) Delete(context.Context, int64) error { return nil }

// sendExample notifies of job 1234, as the cloud does.
func sendExample(h http.Handler, path string) int {
	r := httptest.NewRequest(http.MethodPost, path,
		strings.NewReader("scrapingjob_id=1234&status=finished&sitemap_id=12&sitemap_name=my-sitemap"))
	r.Header.Set("Content-Type", webhook.ContentType)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Code
}

// printSink is a sink that prints. A real one writes the rows and the
// fingerprint in one transaction of its database: that is what makes a resend
// harmless. Package storetest tests whether it does.
type printSink struct {
	mu       sync.Mutex
	recorded map[int64]string
	imported chan struct{}
}

func (s *printSink) Fingerprint(_ context.Context, jobID int64) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.recorded[jobID], nil
}

func (s *printSink) Replace(_ context.Context, previous string, imp receiver.Import, rows iter.Seq2[json.RawMessage, error]) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.recorded[imp.JobID] != previous {
		return receiver.ErrSuperseded
	}
	for row, err := range rows {
		if err != nil {
			return err
		}
		fmt.Printf("job %d: %s\n", imp.JobID, row)
	}
	s.recorded[imp.JobID] = imp.Fingerprint
	close(s.imported)
	return nil
}

func newPrintSink() *printSink {
	return &printSink{recorded: map[int64]string{}, imported: make(chan struct{})}
}

// The endpoint goes into a mux that exists already, and the rows into a sink of
// one's own.
func Example() {
	dir, err := os.MkdirTemp("", "example-")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	store, err := sqlstore.Open(ctx, filepath.Join(dir, "inbox.db"))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer store.Close()

	sink := newPrintSink()
	rcv, err := receiver.New(receiver.Config{
		Store:  store.Inbox,
		Sink:   sink,           // or store.Rows
		Cloud:  exampleCloud{}, // or a cloudclient.Client
		Tokens: []string{"s3cret"},
		Log:    slog.New(slog.DiscardHandler),
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	mux := http.NewServeMux()
	mux.Handle("POST /hooks/webscraper/{token}", rcv.Handler())

	ended := make(chan error)
	go func() { ended <- rcv.Run(ctx) }()
	fmt.Println("answered", sendExample(mux, "/hooks/webscraper/s3cret"))
	<-sink.imported
	stop()
	fmt.Println("ended:", <-ended)
	// Output:
	// answered 200
	// job 1234: {"title":"a"}
	// job 1234: {"title":"b"}
	// ended: <nil>
}

// Imports go to a queue that exists already. It must keep them on stable
// storage; the channel here only stands for one.
func ExampleConfig_handOff() {
	queue := make(chan int64, 100)
	rcv, err := receiver.New(receiver.Config{
		HandOff: func(_ context.Context, arrivals []receiver.Arrival) error {
			for _, a := range arrivals {
				if a.Wanted {
					queue <- a.JobID
				}
			}
			return nil
		},
		Sink:  newPrintSink(),
		Cloud: exampleCloud{},
		Log:   slog.New(slog.DiscardHandler),
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	ended := make(chan error)
	go func() { ended <- rcv.Run(ctx) }()
	for range 2 { // the second is a resend
		fmt.Println("answered", sendExample(rcv.Handler(), "/"))
	}
	for range 2 { // what the queue's worker does
		outcome, err := rcv.Import(ctx, <-queue, 0)
		fmt.Println(outcome, err)
	}
	stop()
	fmt.Println("ended:", <-ended)
	// Output:
	// answered 200
	// answered 200
	// job 1234: {"title":"a"}
	// job 1234: {"title":"b"}
	// imported <nil>
	// unchanged <nil>
	// ended: <nil>
}
