package main

import (
	"net"
	"os"
	"strings"
	"testing"
	"time"
)

// serveHere has a target serve within the test; stop ends it and returns its
// record.
func serveHere(t *testing.T, m manner, marks func(int)) (address string, stop func() *Record) {
	t.Helper()
	listener, err := net.ListenTCP("tcp", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	stopping, end, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	type served struct {
		record *Record
		err    error
	}
	done := make(chan served, 1)
	go func() {
		record, err := serveEpoll(listener, stopping, m, marks)
		done <- served{record, err}
	}()
	t.Cleanup(func() {
		end.Close()
		stopping.Close()
		listener.Close()
	})
	return listener.Addr().String(), func() *Record {
		end.Close()
		got := <-done
		if got.err != nil {
			t.Fatal(got.err)
		}
		return got.record
	}
}

func TestTargetAndFloor(t *testing.T) {
	t.Parallel()
	address, stop := serveHere(t, manner{}, nil)
	if err := sendFloor(address, rawRequest(address), 4, 100*time.Millisecond); err != nil {
		t.Fatal(err)
	}
	record := stop()
	if len(record.Arrivals) < 4 || len(record.Freezes) > 0 {
		t.Errorf("%d requests and %d freezes, want some of the former", len(record.Arrivals), len(record.Freezes))
	}
}

func TestTargetFreezes(t *testing.T) {
	t.Parallel()
	m := manner{freeze: 20 * time.Millisecond, period: 50 * time.Millisecond}
	address, stop := serveHere(t, m, nil)
	if err := sendFloor(address, rawRequest(address), 1, 300*time.Millisecond); err != nil {
		t.Fatal(err)
	}
	record := stop()
	if len(record.Freezes) == 0 {
		t.Fatal("there was no freeze")
	}
	for _, f := range record.Freezes {
		if since := f.From - record.Arrivals[0]; time.Duration(since)%m.period != m.period/2 || time.Duration(f.To-f.From) < m.freeze {
			t.Errorf("a freeze began after %v and took %v", time.Duration(since), time.Duration(f.To-f.From))
		}
		if n := record.between(f.From+1, f.To); n > 0 {
			t.Errorf("%d requests were read while it was frozen", n)
		}
	}
}

func TestTargetSeesWholeRequestsOnly(t *testing.T) {
	t.Parallel()
	address, stop := serveHere(t, manner{}, nil)
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	answer := make([]byte, 1024)
	// Two requests and a half in pieces, the pieces cut wherever it hurts.
	text := string(rawRequest(address))
	for _, piece := range []string{text[:10], text[10 : len(text)-1], text[len(text)-1:] + text, text[:len(text)/2]} {
		if _, err := conn.Write([]byte(piece)); err != nil {
			t.Fatal(err)
		}
	}
	for whole := 0; whole < 2; {
		n, err := conn.Read(answer)
		if err != nil {
			t.Fatal(err)
		}
		whole += strings.Count(string(answer[:n]), "200 OK")
	}
	if got := len(stop().Arrivals); got != 2 {
		t.Errorf("%d requests arrived, want 2", got)
	}
}

func TestSilentTargetSeesConnectionsClosed(t *testing.T) {
	t.Parallel()
	arrived := make(chan int, 1)
	address, stop := serveHere(t, manner{silent: true}, func(requests int) { arrived <- requests })
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Write(rawRequest(address)); err != nil {
		t.Fatal(err)
	}
	if got := <-arrived; got != 1 {
		t.Errorf("marked %d, want 1", got)
	}
	conn.Close()
	// The target tells nobody of a close, so that another connection shows that
	// it came past it: what is ready is served in order.
	another, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer another.Close()
	if _, err := another.Write(rawRequest(address)); err != nil {
		t.Fatal(err)
	}
	<-arrived
	if record := stop(); len(record.Held) != 1 || record.Held[0] <= 0 {
		t.Errorf("held %v, want one connection", record.Held)
	}
}

func TestRequestLength(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		data string
		want int
		ok   bool
	}{
		"nothing":            {"", 0, true},
		"half a head":        {"POST / HTTP/1.1\r\nContent-Length: 5\r\n", 0, true},
		"no body":            {"GET / HTTP/1.1\r\n\r\nmore", 18, true},
		"a body to come":     {"POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\n", 43, true},
		"lower case":         {"POST / HTTP/1.1\r\ncontent-length: 5\r\n\r\nab", 43, true},
		"a broken length":    {"POST / HTTP/1.1\r\nContent-Length: five\r\n\r\n", 0, false},
		"an endless head":    {strings.Repeat("x", maxRequest+1), 0, false},
		"a length too large": {"POST / HTTP/1.1\r\nContent-Length: 99999999\r\n\r\n", 0, false},
	} {
		if got, err := requestLength([]byte(row.data)); got != row.want || (err == nil) != row.ok {
			t.Errorf("%s: %d and %v, want %d", name, got, err, row.want)
		}
	}
}
