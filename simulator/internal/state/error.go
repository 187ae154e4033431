package state

import (
	"encoding/json"
	"errors"
	"fmt"

	"modernc.org/sqlite" // the driver, without cgo
	sqlitelib "modernc.org/sqlite/lib"

	"github.com/scrapehook/scrapehook/internal/cloud"
)

// What callers branch on. Errors of this package wrap them.
var (
	// ErrForeign: the file is not a cloud's state, or of another version. It is
	// left as it was.
	ErrForeign = errors.New("it is not a state file of this program, and is left as it is: give another file")
	// ErrInUse: another process has the file open.
	ErrInUse = errors.New("another cloud is using it")
	// ErrDamaged: what the file holds can't be read.
	ErrDamaged = errors.New("it is damaged: restore it from a copy, or begin with another file")
	// ErrNoRoom: nothing can be written now. The disk is full, or takes no
	// writes; nothing has changed, and later it may be possible.
	ErrNoRoom = errors.New("it can't be written")
)

// is reports whether err is SQLite's, of that primary code.
func is(err error, code int) bool {
	refused, ok := errors.AsType[*sqlite.Error](err)
	return ok && refused.Code()&0xff == code
}

// explain adds the file's path to an error, and what it means, unless that was
// done.
func explain(path string, err error) error {
	for _, known := range []error{nil, ErrForeign, ErrInUse, ErrDamaged, ErrNoRoom} {
		if errors.Is(err, known) {
			return err
		}
	}
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	switch {
	case is(err, sqlitelib.SQLITE_FULL):
		return fmt.Errorf("%s: %w: the disk is full", path, ErrNoRoom)
	case is(err, sqlitelib.SQLITE_IOERR), is(err, sqlitelib.SQLITE_READONLY):
		return fmt.Errorf("%s: %w: the disk is broken or takes no writes: %w", path, ErrNoRoom, err)
	case is(err, sqlitelib.SQLITE_BUSY):
		return fmt.Errorf("%s: %w", path, ErrInUse)
	case is(err, sqlitelib.SQLITE_CORRUPT), errors.As(err, &syntax), errors.As(err, &kind),
		errors.Is(err, cloud.ErrKept):
		return fmt.Errorf("%s: %w (%w)", path, ErrDamaged, err)
	}
	return fmt.Errorf("%s: %w", path, err)
}
