package atomicfile

import (
	"errors"
	"os"
	"time"

	"golang.org/x/sys/windows"
)

// renamePatience is how long a file may be held by others, a reader of the report
// or a virus scanner, who keep it from being replaced while they have it open.
const renamePatience = 2 * time.Second

func rename(from, to string) error {
	for deadline := time.Now().Add(renamePatience); ; time.Sleep(10 * time.Millisecond) {
		err := os.Rename(from, to)
		held := errors.Is(err, windows.ERROR_ACCESS_DENIED) || errors.Is(err, windows.ERROR_SHARING_VIOLATION)
		if !held || time.Now().After(deadline) {
			return err
		}
	}
}
