package sqlstore_test

import (
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/scrapehook/scrapehook/receiver"
	"github.com/scrapehook/scrapehook/receiver/sqlstore"
	"github.com/scrapehook/scrapehook/webhook"
)

// TestHalfMovedLog opens a store that was left in the middle of a checkpoint:
// the file has its first page already, which counts pages that are still in the
// write-ahead log alone.
func TestHalfMovedLog(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "r.db")
	store, err := sqlstore.Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	const arrived = 500 // some pages, and fewer than would be moved by themselves
	arrivals := make([]receiver.Arrival, arrived)
	for i := range arrivals {
		arrivals[i] = receiver.Arrival{
			Notification: webhook.Notification{JobID: int64(1 + i), Status: webhook.Finished, SitemapID: 1},
			ReceivedAt:   time.Now(), Wanted: true,
		}
	}
	if err := store.Inbox.Accept(t.Context(), arrivals); err != nil {
		t.Fatal(err)
	}

	left := filepath.Join(t.TempDir(), "r.db")
	log, err := os.ReadFile(path + "-wal")
	if err != nil {
		t.Fatal(err)
	}
	page, err := firstPage(log)
	if err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string][]byte{left: page, left + "-wal": log} {
		if err := os.WriteFile(name, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	desk, err := sqlstore.OpenDesk(t.Context(), left)
	if err != nil {
		t.Fatal(err)
	}
	defer desk.Close()
	owned, err := sqlstore.Open(t.Context(), left)
	if err != nil {
		t.Fatal(err)
	}
	defer owned.Close()
	if got, err := owned.Inbox.Backlog(t.Context()); err != nil || got.Wanted != arrived {
		t.Errorf("%d imports are wanted, %v", got.Wanted, err)
	}
}

// firstPage returns the database's first page as a log has it last
// (sqlite.org/fileformat2.html, section 4.1).
func firstPage(log []byte) (page []byte, err error) {
	const header, frameHeader = 32, 24
	size := int(binary.BigEndian.Uint32(log[8:]))
	for at := header; at+frameHeader+size <= len(log); at += frameHeader + size {
		if binary.BigEndian.Uint32(log[at:]) == 1 {
			page = log[at+frameHeader : at+frameHeader+size]
		}
	}
	if page == nil {
		return nil, fmt.Errorf("no first page in a log of %d bytes", len(log))
	}
	return page, nil
}
