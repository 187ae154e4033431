package listeners_test

import (
	"net"
	"os"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"github.com/scrapehook/scrapehook/internal/listeners"
)

func TestOn(t *testing.T) {
	t.Parallel()
	var config net.ListenConfig
	l, err := config.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	got := listeners.On(address)
	if want := "(process " + strconv.Itoa(os.Getpid()) + ")"; runtime.GOOS == "linux" && !strings.HasSuffix(got, want) {
		t.Errorf("%q, want %s", got, want)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	for _, none := range []string{"", "x", "127.0.0.1:x", "127.0.0.1:70000"} {
		if got := listeners.On(none); got != "" {
			t.Errorf("%q: %q", none, got)
		}
	}
}
