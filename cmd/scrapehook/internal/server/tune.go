package server

import (
	"os"
	"runtime"
	"runtime/debug"
)

// TuneRuntime sets two things of the Go runtime that suit answering and few other
// programs. The environment (GOGC, GOMAXPROCS) takes precedence.
func TuneRuntime() {
	// What lives is a few MB, and hardly anything outlives its request: at Go's
	// own pace, collecting is a tenth of what an acknowledgement costs.
	const garbage = 400
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(garbage)
	}
	// One waits for the disk while another answers. With one processor alone the
	// runtime would find out too late that it is only waiting.
	const processors = 2
	if os.Getenv("GOMAXPROCS") == "" && runtime.GOMAXPROCS(0) < processors {
		runtime.GOMAXPROCS(processors)
	}
}
