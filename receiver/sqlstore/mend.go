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

// mendLocked makes the write-ahead log one to rely on again after a sync of it
// has failed. The kernel says so once and then takes what it could not write for
// written, so that a later sync that succeeds proves nothing of what came before:
// of commits that did not wait for the disk, which stand in the log before the
// next arrivals. Were they missing from it after a power failure, so would all
// that follows be. So everything in the log goes to the database's file, which is
// synced, and the log begins anew.
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
