package server

import (
	"io"
	"log/slog"
	"net"
	"testing"
	"testing/synctest"
	"time"
)

// TestGuardCutsTheLeastLoss fills a guard with connections of each kind, and adds
// one more at a time.
func TestGuardCutsTheLeastLoss(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := &guard{limit: 5, log: slog.New(slog.DiscardHandler), conns: map[*guardedConn]struct{}{}}
		add := func(p phase) net.Conn {
			time.Sleep(time.Second)
			ours, theirs := net.Pipe()
			t.Cleanup(func() { _, _ = ours.Close(), theirs.Close() })
			g.add(theirs).(*guardedConn).set(p) //nolint:forcetypeassert // add returns no other
			return ours
		}
		isCut := func(conn net.Conn) bool {
			_ = conn.SetReadDeadline(time.Now()) // a pipe has deadlines
			_, err := conn.Read(make([]byte, 1))
			return err == io.EOF //nolint:errorlint // a pipe's end is this very value
		}
		answered, oldSlow, oldIdle, slow, newIdle := add(answering), add(receiving), add(idle), add(receiving), add(idle)
		for _, victim := range []net.Conn{oldIdle, newIdle, oldSlow, slow} {
			if isCut(victim) {
				t.Fatal("cut before its time")
			}
			add(answering)
			if !isCut(victim) {
				t.Fatal("another one was cut")
			}
		}
		add(receiving) // there is none to cut: it is one too many for a while
		if isCut(answered) {
			t.Error("cut while it was answered")
		}
	})
}

func TestConnLimit(t *testing.T) {
	t.Parallel()
	for descriptors, want := range map[uint64]int{0: maxConns, 32: 8, 128: 64, 256: 192, 1 << 20: maxConns} {
		if got := connLimit(descriptors); got != want {
			t.Errorf("%d descriptors: %d connections, want %d", descriptors, got, want)
		}
	}
}
