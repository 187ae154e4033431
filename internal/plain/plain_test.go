package plain_test

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/scrapehook/scrapehook/internal/plain"
)

func TestText(t *testing.T) {
	t.Parallel()
	_, missing := os.Open(filepath.Join(t.TempDir(), "none"))
	_, number := strconv.Atoi("x1")
	_, large := strconv.Atoi("99999999999999999999")
	at := &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 8085}
	op := func(op string, err error) error {
		return &net.OpError{Op: op, Net: "tcp", Addr: at, Err: os.NewSyscallError("x", err)}
	}
	for name, tc := range map[string]struct {
		err  error
		want string
	}{
		"a file":           {fmt.Errorf("reading a sitemap: %w", missing), "reading a sitemap: " + errorPath(t, missing) + " does not exist"},
		"a permission":     {&fs.PathError{Op: "open", Path: "x", Err: syscall.EACCES}, "x: permission denied"},
		"a directory":      {&fs.PathError{Op: "read", Path: "x", Err: syscall.EISDIR}, "x is a directory, not a file"},
		"a full disk":      {&fs.PathError{Op: "write", Path: "x", Err: syscall.ENOSPC}, "x: the disk is full"},
		"a number":         {fmt.Errorf("--x: %w", number), `--x: "x1" is not a number`},
		"a large number":   {large, `"99999999999999999999" is too large or too small`},
		"in use":           {fmt.Errorf("opening: %w", op("listen", syscall.EADDRINUSE)), "opening: 127.0.0.1:8085 is in use"},
		"refused":          {op("dial", syscall.ECONNREFUSED), "nothing listens on 127.0.0.1:8085"},
		"reset":            {op("read", syscall.ECONNRESET), "the connection was closed by the other side (reset)"},
		"no way":           {op("dial", syscall.EHOSTUNREACH), "127.0.0.1:8085 can't be reached from this machine"},
		"no descriptor":    {op("dial", syscall.EMFILE), "this machine has no descriptor, memory or port left for a connection to 127.0.0.1:8085"},
		"no port":          {op("dial", syscall.EADDRNOTAVAIL), "this machine has no descriptor, memory or port left for a connection to 127.0.0.1:8085"},
		"a foreign one":    {op("listen", syscall.EADDRNOTAVAIL), "127.0.0.1:8085 is not an address of this machine"},
		"a privileged one": {op("listen", syscall.EACCES), "127.0.0.1:8085: permission denied: ports below 1024 need more rights"},
		"no host":          {&net.OpError{Op: "dial", Err: &net.DNSError{Err: "no such host", Name: "x.invalid", IsNotFound: true}}, "the host x.invalid was not found"},
		"in a join":        {errors.Join(errors.New("first"), op("dial", syscall.ECONNREFUSED)), "first\nnothing listens on 127.0.0.1:8085"},
		"of a certificate": {fmt.Errorf("TLS: %w", x509.UnknownAuthorityError{}), "TLS: its certificate is signed by nobody this machine trusts"},
		"any other":        {context.Canceled, "context canceled"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := plain.Text(tc.err); got != tc.want {
				t.Errorf("%q, want %q", got, tc.want)
			}
		})
	}
}

func errorPath(t *testing.T, err error) string {
	t.Helper()
	var path *fs.PathError
	if !errors.As(err, &path) || !strings.HasSuffix(path.Path, "none") {
		t.Fatal(err)
	}
	return path.Path
}
