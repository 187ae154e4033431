package wire_test

import (
	"context"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/scrapehook/scrapehook/internal/delivery"
	"github.com/scrapehook/scrapehook/internal/traffic/wire"
	"github.com/scrapehook/scrapehook/webhook"
)

// FuzzAnswer gives our transport and net/http's the same bytes, cut at the same
// place into two, and then the end of the connection: the same comes of them.
func FuzzAnswer(f *testing.F) {
	for _, group := range [][]*behaviour{lengths, heads} {
		for _, b := range group {
			if len(b.answer) > 2000 {
				continue
			}
			f.Add([]byte(b.answer), len(b.answer)/2, false)
			f.Add([]byte(b.answer), len(b.answer)/3, true)
		}
	}
	answers := make(chan answerBytes)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		f.Fatal(err)
	}
	go serveBytes(l, answers)
	f.Cleanup(func() { _ = l.Close() })
	profile := webhook.Profile2020()
	profile.Timeout = 5 * time.Second
	url := "http://" + l.Addr().String() + "/"
	f.Fuzz(func(t *testing.T, answer []byte, cut int, short bool) {
		if len(answer) == 0 || len(answer) > 4<<10 {
			return
		}
		cut = int(uint(cut) % uint(len(answer)))
		sent := answerBytes{answer[:cut], answer[cut:]}
		if short {
			sent.second = nil // the end comes where it is cut
		}
		// net/http may tell of its own hanging up, under a write that it has not
		// heard the end of, instead of what it has read: that compares with nothing.
		for tries := 1; ; tries++ {
			ours, theirs := both(t, url, profile, func() { answers <- sent })
			switch {
			case ours.Reason == theirs.Reason && ours.Status == theirs.Status && ours.BodyBytes == theirs.BodyBytes:
				return
			case strings.Contains(theirs.Err, net.ErrClosed.Error()):
				if tries == 5 {
					return
				}
			default:
				t.Fatalf("%q, %q: ours is %s %d with %d bytes (%s), net/http's %s %d with %d bytes (%s)", sent.first, sent.second,
					ours.Reason, ours.Status, ours.BodyBytes, ours.Err, theirs.Reason, theirs.Status, theirs.BodyBytes, theirs.Err)
			}
		}
	})
}

// both makes an attempt by each transport, each on a connection of its own.
func both(t *testing.T, url string, profile webhook.Profile, answer func()) (ours, theirs delivery.Attempt) {
	t.Helper()
	request := delivery.Request{URL: url, Body: []byte("a=b")}
	fast, err := wire.New(url, profile, 1, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	defer fast.Close()
	transport := delivery.NewTransport()
	defer transport.CloseIdleConnections()
	plain := &delivery.Client{Profile: profile, Transport: transport}
	do := func(exchange func(context.Context, delivery.Request) delivery.Attempt) delivery.Attempt {
		done := make(chan delivery.Attempt, 1)
		go func() { done <- exchange(t.Context(), request) }()
		answer()
		return <-done
	}
	return do(fast.Do), do(plain.Do)
}

type answerBytes struct{ first, second []byte }

// serveBytes answers each connection's request, which is a short one.
func serveBytes(l net.Listener, answers <-chan answerBytes) {
	for {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		go answerOne(conn, <-answers)
	}
}

func answerOne(conn net.Conn, answer answerBytes) {
	defer conn.Close()
	request := make([]byte, 4<<10)
	if _, err := conn.Read(request); err != nil {
		return
	}
	_, _ = conn.Write(answer.first)
	time.Sleep(time.Millisecond) // two reads, mostly
	_, _ = conn.Write(answer.second)
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.CloseWrite()
	}
	_ = conn.SetReadDeadline(time.Now().Add(time.Second))
	_, _ = conn.Read(request) // until it is closed, so that nothing is reset
}
