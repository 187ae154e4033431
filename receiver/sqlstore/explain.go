package sqlstore

import (
	"errors"
	"fmt"
	"os"

	"modernc.org/sqlite"
	sqlitelib "modernc.org/sqlite/lib"
)

// is reports whether err is SQLite's error with the given primary code.
func is(err error, code int) bool {
	var refused *sqlite.Error
	return errors.As(err, &refused) && refused.Code()&0xff == code
}

// explain adds the file to an error, and what the error means for those who run
// the receiver.
func explain(err error, path string) error {
	switch {
	case is(err, sqlitelib.SQLITE_IOERR):
		return fmt.Errorf("%s: %w: the disk is broken, or has become read-only", path, err)
	case is(err, sqlitelib.SQLITE_CORRUPT):
		return fmt.Errorf("%s: %w: restore it from a backup", path, err)
	}
	return fmt.Errorf("%s: %w", path, err)
}

// explainOpen is explain for a file that is not open yet. SQLite only says that it
// can't open it; the system says why. (Once a file is open, opening and closing it
// here would end the locks that this process has on it.)
func explainOpen(err error, path string) error {
	if is(err, sqlitelib.SQLITE_CANTOPEN) {
		file, refused := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
		if refused != nil {
			return refused
		}
		_ = file.Close() // nothing was written to it
	}
	return explain(err, path)
}
