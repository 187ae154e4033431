//go:build !windows

package sqlstore

import (
	"os"
	"syscall"
)

// links returns how many names a file has; a folder counts as one.
func links(path string) (uint64, error) {
	info, err := os.Stat(path)
	if err != nil {
		return 0, err
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok || info.IsDir() {
		return 1, nil
	}
	return uint64(stat.Nlink), nil //nolint:unconvert // its type differs between systems
}
