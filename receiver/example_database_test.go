package receiver_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"iter"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/scrapehook/scrapehook/receiver"
	"github.com/scrapehook/scrapehook/receiver/sqlstore"
)

// importProducts replaces what a job has brought into the table products. It is
// in the transaction that records the import, and so happens once.
func importProducts(ctx context.Context, tx *sql.Tx, imp receiver.Import, rows iter.Seq2[json.RawMessage, error]) error {
	if _, err := tx.ExecContext(ctx, `DELETE FROM products WHERE job_id = ?`, imp.JobID); err != nil {
		return err
	}
	for row, err := range rows {
		if err != nil {
			return err
		}
		var p struct{ Title string }
		if err := json.Unmarshal(row, &p); err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, `INSERT INTO products (job_id, title) VALUES (?, ?)`, imp.JobID, p.Title); err != nil {
			return err
		}
	}
	return nil
}

// Rows go into a table of one's own, in a database that is open already, by an
// import function of one's own. (With PostgreSQL it is pgstore.New, which takes a
// *pgxpool.Pool.)
func Example_ownDatabase() {
	dir, err := os.MkdirTemp("", "example-")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	ctx, stop := context.WithCancel(context.Background())
	defer stop()

	// The application's own.
	db, err := sql.Open("sqlite", filepath.Join(dir, "shop.db")+"?_pragma=busy_timeout(10000)&_pragma=journal_mode(WAL)")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer db.Close()
	if _, err := db.ExecContext(ctx, `CREATE TABLE products (job_id INTEGER, title TEXT)`); err != nil {
		fmt.Println(err)
		return
	}

	rows, err := sqlstore.NewRows(ctx, db, importProducts)
	if err != nil {
		fmt.Println(err)
		return
	}
	store, err := sqlstore.OpenInbox(ctx, filepath.Join(dir, "inbox.db"))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer store.Close()
	rcv, err := receiver.New(receiver.Config{
		Store: store.Inbox,
		Sink:  rows,
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
	fmt.Println("answered", sendExample(mux, "/webhook"))
	fmt.Println("answered", sendExample(mux, "/webhook")) // a resend
	awaitExample(ctx, store.Inbox)
	var titles string
	err = db.QueryRowContext(ctx, `SELECT group_concat(title) FROM products WHERE job_id = 1234`).Scan(&titles)
	fmt.Println("products", titles, err)
	stop()
	fmt.Println("ended:", <-ended)
	// Output:
	// answered 200
	// answered 200
	// products a,b <nil>
	// ended: <nil>
}

// awaitExample waits until nothing is left to import.
func awaitExample(ctx context.Context, store receiver.Upkeep) {
	for {
		left, err := store.Backlog(ctx)
		if err != nil || left.Wanted == 0 {
			return
		}
		time.Sleep(5 * time.Millisecond)
	}
}
