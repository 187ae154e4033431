package term

import (
	"os"

	"golang.org/x/sys/windows"
)

// understands has the console understand escape sequences, which it does only
// when it is asked to, and reports whether it can: those before Windows 10 don't.
func understands(file *os.File) bool {
	console := windows.Handle(file.Fd())
	var mode uint32
	if windows.GetConsoleMode(console, &mode) != nil {
		return false
	}
	if mode&windows.ENABLE_VIRTUAL_TERMINAL_PROCESSING != 0 {
		return true
	}
	return windows.SetConsoleMode(console, mode|windows.ENABLE_VIRTUAL_TERMINAL_PROCESSING) == nil
}
