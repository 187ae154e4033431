package pgstore_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/scrapehook/scrapehook/receiver"
	"github.com/scrapehook/scrapehook/receiver/cloudclient"
	"github.com/scrapehook/scrapehook/receiver/pgstore"
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

// importProducts replaces what a job has brought into the table products. It is
// in the transaction that records the import, and so happens once.
func importProducts(ctx context.Context, tx pgx.Tx, imp receiver.Import, rows iter.Seq2[json.RawMessage, error]) error {
	if _, err := tx.Exec(ctx, `DELETE FROM products WHERE job_id = $1`, imp.JobID); err != nil {
		return err
	}
	for row, err := range rows {
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `INSERT INTO products SELECT $1, $2::json->>'title'`, imp.JobID, string(row)); err != nil {
			return err
		}
	}
	return nil
}

// Rows go into a table of one's own, through a pool that is open already, by an
// import function of one's own.
func ExampleNew() {
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	url, err := server.NewDatabase(ctx) // of these tests
	if err != nil {
		fmt.Println(err)
		return
	}

	// The application's own.
	pool, err := pgxpool.New(ctx, url)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer pool.Close()
	if _, err := pool.Exec(ctx, `CREATE TABLE products (job_id bigint, title text)`); err != nil {
		fmt.Println(err)
		return
	}

	store, err := pgstore.New(ctx, pool, importProducts)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer store.Close()
	rcv, err := receiver.New(receiver.Config{
		Store: store.Inbox,
		Sink:  store.Rows,
		Cloud: exampleCloud{}, // or a cloudclient.Client
		Log:   slog.New(slog.DiscardHandler),
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	mux := http.NewServeMux()
	mux.Handle("/webhook", rcv.Handler())

	ended := make(chan error)
	go func() { ended <- rcv.Run(ctx) }()
	for range 2 { // the second is a resend
		r := httptest.NewRequest(http.MethodPost, "/webhook",
			strings.NewReader("scrapingjob_id=1234&status=finished&sitemap_id=12&sitemap_name=my-sitemap"))
		r.Header.Set("Content-Type", webhook.ContentType)
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, r)
		fmt.Println("answered", w.Code)
	}
	awaitImports(ctx, store.Inbox)
	var titles string
	err = pool.QueryRow(ctx, `SELECT string_agg(title, ',' ORDER BY title) FROM products WHERE job_id = 1234`).Scan(&titles)
	fmt.Println("products", titles, err)
	stop()
	fmt.Println("ended:", <-ended)
	// Output:
	// answered 200
	// answered 200
	// products a,b <nil>
	// ended: <nil>
}

// awaitImports waits until nothing is left to import.
func awaitImports(ctx context.Context, store receiver.Upkeep) {
	for {
		left, err := store.Backlog(ctx)
		if err != nil || left.Wanted == 0 {
			return
		}
		time.Sleep(5 * time.Millisecond)
	}
}
