package process_test

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"testing"

	"go.uber.org/goleak"
)

// TestMain makes the test binary a little server when SERVE_ADDR is set, so
// that the tests have a real process to start and to kill.
func TestMain(m *testing.M) {
	addr := os.Getenv("SERVE_ADDR")
	if addr == "" {
		goleak.VerifyTestMain(m)
	}
	terminate := make(chan os.Signal, 1)
	signal.Notify(terminate, syscall.SIGTERM, os.Interrupt) // the latter for CTRL_BREAK_EVENT
	go func() {
		for range terminate {
			if os.Getenv("SERVE_DEAF") == "" {
				fmt.Println("terminated politely")
				os.Exit(0)
			}
		}
	}()
	l, err := net.Listen("tcp", addr)
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	fmt.Println(http.Serve(l, http.NotFoundHandler()))
}

func self(t *testing.T) string {
	t.Helper()
	path, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return quoted(path)
}
