//go:build unix

package sqlstore

import (
	"io/fs"
	"syscall"
)

// links returns how many names a file has.
func links(info fs.FileInfo) uint64 {
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok || info.IsDir() {
		return 1
	}
	return uint64(stat.Nlink) //nolint:unconvert // its type differs between systems
}
