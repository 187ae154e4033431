//go:build unix

package sqlstore_test

import (
	"io"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/scrapehook/scrapehook/receiver/sqlstore"
	"github.com/scrapehook/scrapehook/receiver/storetest"
)

// TestDeskKeepsTheOwnersLocks opens a desk, and the store in vain, in the process
// that owns the store. Were its locks lost by that, some SQLite client in another
// process could take the write-ahead log away from under the owner, and with it
// what was acknowledged.
func TestDeskKeepsTheOwnersLocks(t *testing.T) {
	t.Parallel()
	if path := os.Getenv(pathEnv); path != "" {
		for _, file := range []string{path, sqlstore.RowsPath(path)} {
			if !isLocked(t, file) {
				t.Errorf("nobody has a lock on %s", file)
			}
		}
		return
	}
	path := filepath.Join(t.TempDir(), "inbox.db")
	s := open(t, path)
	storetest.Accept(t, s.Inbox, 7)
	desk, err := sqlstore.OpenDesk(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	if err := desk.Close(); err != nil {
		t.Fatal(err)
	}
	if s, err := sqlstore.Open(t.Context(), path); err == nil {
		t.Error("opened twice")
		_ = s.Close()
	}
	inSecondProcess(t, path)
}

// isLocked reports whether another process has what SQLite calls a shared lock:
// on the bytes that sqlite.org/fileformat2.html calls the lock-byte page.
func isLocked(t *testing.T, path string) bool {
	t.Helper()
	file, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	lock := syscall.Flock_t{Type: syscall.F_WRLCK, Whence: io.SeekStart, Start: 1 << 30, Len: 512}
	if err := syscall.FcntlFlock(file.Fd(), syscall.F_GETLK, &lock); err != nil {
		t.Fatal(err)
	}
	return lock.Type != syscall.F_UNLCK
}
