package sqlstore

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// resolve returns the one name of a file that may have others by symbolic links,
// so that two receivers can't open it by two names. The file need not exist.
func resolve(path string) (string, error) {
	resolved, err := filepath.EvalSymlinks(path)
	if errors.Is(err, fs.ErrNotExist) {
		if target, linkErr := os.Readlink(path); linkErr == nil { // to a file that is still to be made
			if !filepath.IsAbs(target) {
				target = filepath.Join(filepath.Dir(path), target)
			}
			return resolveDir(target), nil
		}
		return resolveDir(path), nil
	}
	return resolved, err
}

func resolveDir(path string) string {
	dir, err := filepath.EvalSymlinks(filepath.Dir(path))
	if err != nil {
		return path // opening it says what is wrong
	}
	return filepath.Join(dir, filepath.Base(path))
}

// checkLinks refuses a file with several names by hard links. SQLite names the
// log after the file: what is in the log of one name is lost to the other.
func checkLinks(path string) error {
	n, err := links(path)
	if err != nil {
		return nil //nolint:nilerr // opening it says what is wrong
	}
	if n > 1 {
		return fmt.Errorf("%s has %d names (hard links), and a receiver under another name would not see its log: make the others copies", path, n)
	}
	return nil
}
