package wire_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/scrapehook/scrapehook/internal/delivery"
)

// TestSystemRefusesConnections: whatever the system answers to dials, a load makes
// progress and ends, and what is of this machine is not the endpoint's fault.
func TestSystemRefusesConnections(t *testing.T) {
	t.Parallel()
	const sends, connections = 19, 8
	for _, tc := range []struct {
		errno syscall.Errno
		local bool
	}{
		{syscall.EMFILE, true},
		{syscall.ENFILE, true},
		{syscall.EADDRNOTAVAIL, true},
		{syscall.ENOBUFS, true},
		{syscall.ENOMEM, true},
		{syscall.ECONNABORTED, false},
		{syscall.EPERM, false},
	} {
		for name, patience := range map[string]int64{"some": 3, "every second": 0, "all": sends * 1000} {
			t.Run(fmt.Sprintf("%v, %s", tc.errno, name), func(t *testing.T) {
				t.Parallel()
				target := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
					_ = r.ParseForm() // a sender's body is whatever it is
				}))
				t.Cleanup(target.Close)
				forms := make([]string, sends)
				for i := range forms {
					forms[i] = fmt.Sprint("scrapingjob_id=", i)
				}
				// Where all dials fail, sends last as long as their deadline.
				timeout := 30 * time.Second
				if name == "all" {
					timeout = 150 * time.Millisecond
				}
				l := newLoad(t, target.URL, timeout, forms...)
				t.Cleanup(l.Close)
				var dials atomic.Int64
				l.Obstruct(func() error {
					if n := dials.Add(1); n <= patience || patience == 0 && n%2 == 0 {
						return os.NewSyscallError("connect", tc.errno)
					}
					return nil
				})
				for range 3 { // a few one by one
					r, _ := l.take()
					l.checkLimited(t, l.Do(t.Context(), r), tc.local)
				}
				l.run(t.Context(), t, connections)
				acked := 0
				for _, a := range l.attempts {
					l.checkLimited(t, a, tc.local)
					if a.Reason == delivery.Acked {
						acked++
					}
				}
				if tc.local && name != "all" && acked != len(l.attempts) {
					t.Errorf("%d of %d were delivered", acked, len(l.attempts))
				}
				if name == "all" && acked > 0 {
					t.Errorf("%d were delivered", acked)
				}
				if most := int64(sends*10 + 1000); dials.Load() > most {
					t.Errorf("%d dials", dials.Load())
				}
			})
		}
	}
}

// checkLimited holds that an attempt is delivered, or failed as it may.
func (l *load) checkLimited(t *testing.T, a delivery.Attempt, local bool) {
	t.Helper()
	if a.Reason != delivery.Acked && (a.Reason == delivery.Local) != local {
		t.Errorf("an attempt ended %s: %s", a.Reason, a.Err)
	}
}
