//go:build !unix

package sqlstore

import "io/fs"

// links returns how many names a file has; here it is not known.
func links(fs.FileInfo) uint64 { return 1 }
