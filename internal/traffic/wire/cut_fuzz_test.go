package wire_test

import (
	"net"
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
			for _, cut := range []int{0, 9, len(b.answer) / 2, len(b.answer) - 1} {
				f.Add([]byte(b.answer), cut, false)
				f.Add([]byte(b.answer), cut, true)
			}
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
		fast, err := wire.New(url, profile, 1, time.Minute)
		if err != nil {
			t.Fatal(err)
		}
		defer fast.Close()
		transport := delivery.NewTransport()
		defer transport.CloseIdleConnections()
		var got [2]delivery.Attempt
		for i, do := range []func() delivery.Attempt{
			func() delivery.Attempt { return fast.Do(t.Context(), delivery.Request{URL: url, Body: []byte("a=b")}) },
			func() delivery.Attempt {
				c := &delivery.Client{Profile: profile, Transport: transport}
				return c.Do(t.Context(), delivery.Request{URL: url, Body: []byte("a=b")})
			},
		} {
			done := make(chan delivery.Attempt, 1)
			go func() { done <- do() }()
			answers <- sent
			got[i] = <-done
		}
		if got[0].Reason != got[1].Reason || got[0].Status != got[1].Status || got[0].BodyBytes != got[1].BodyBytes {
			t.Errorf("%q, %q: ours is %s %d with %d bytes (%s), net/http's %s %d with %d bytes (%s)", sent.first, sent.second,
				got[0].Reason, got[0].Status, got[0].BodyBytes, got[0].Err, got[1].Reason, got[1].Status, got[1].BodyBytes, got[1].Err)
		}
	})
}

type answerBytes struct{ first, second []byte }

// serveBytes answers each connection's request, which is a short one.
func serveBytes(l net.Listener, answers <-chan answerBytes) {
	for {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		answer := <-answers
		request := make([]byte, 4<<10)
		if _, err := conn.Read(request); err == nil {
			_, _ = conn.Write(answer.first)
			time.Sleep(time.Millisecond) // two reads, mostly
			_, _ = conn.Write(answer.second)
		}
		if tcp, ok := conn.(*net.TCPConn); ok {
			_ = tcp.CloseWrite()
		}
		_ = conn.SetReadDeadline(time.Now().Add(time.Second))
		_, _ = conn.Read(request) // until it is closed, so that nothing is reset
		_ = conn.Close()
	}
}
