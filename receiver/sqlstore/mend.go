package sqlstore

import (
	"context"
	"errors"
	"fmt"

	"modernc.org/sqlite"
	sqlitelib "modernc.org/sqlite/lib"
)

// isFailedSync reports whether the disk has refused to sync.
func isFailedSync(err error) bool {
	var refused *sqlite.Error
	if !errors.As(err, &refused) {
		return false
	}
	return refused.Code() == sqlitelib.SQLITE_IOERR_FSYNC || refused.Code() == sqlitelib.SQLITE_IOERR_DIR_FSYNC
}

// mendLocked makes the write-ahead log reliable again after a sync of it has
// failed. The kernel reports that once, and from then on takes what it could not
// write for written. So a later sync that succeeds says nothing about the commits
// before it that did not wait for the disk. If a power failure then left a gap in
// the log, everything after the gap would be lost too. So everything in the log
// goes to the database's file, which is synced, and the log begins anew.
func (b *Inbox) mendLocked(ctx context.Context) error {
	if !b.doubtful {
		return nil
	}
	var busy, inLog, moved int
	err := b.arrivals.QueryRowContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)").Scan(&busy, &inLog, &moved)
	if err == nil && busy != 0 {
		err = errors.New("somebody reads it")
	}
	if err != nil {
		return fmt.Errorf("emptying the log after a failed sync: %w", err)
	}
	b.doubtful = false
	return nil
}
