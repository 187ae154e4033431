package sqlstore

import (
	"errors"
	"os"

	"golang.org/x/sys/windows"
)

// links returns how many names a file has; a folder counts as one.
func links(path string) (uint64, error) {
	file, err := os.Open(path)
	if err != nil {
		return 0, err
	}
	var info windows.ByHandleFileInformation
	err = errors.Join(windows.GetFileInformationByHandle(windows.Handle(file.Fd()), &info), file.Close())
	if err != nil || info.FileAttributes&windows.FILE_ATTRIBUTE_DIRECTORY != 0 {
		return 1, err
	}
	return uint64(info.NumberOfLinks), nil
}
