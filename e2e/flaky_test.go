package e2e_test

import (
	"math/rand/v2"
	"net"
	"sync"
	"testing"
	"time"
)

// weather is what a network does to the connections through it.
type weather string

const (
	fair      weather = "fair"
	delaying  weather = "delays"
	cutting   weather = "cuts"     // both sides see the end, in the middle
	resetting weather = "resets"   // both sides see a reset
	silent    weather = "swallows" // nothing comes through, and nothing is said
	refusing  weather = "refuses"
)

func weathers() []weather {
	return []weather{fair, delaying, cutting, resetting, silent, refusing}
}

// flaky is a network between two programs whose weather changes. It ends with the
// test.
type flaky struct {
	to       string
	listener net.Listener
	running  sync.WaitGroup

	mu      sync.Mutex
	weather weather
	dice    *rand.Rand
	conns   map[net.Conn]bool
	ended   bool
}

// newFlaky returns a way to an address.
func newFlaky(t *testing.T, to string, seed uint64) *flaky {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	f := &flaky{to: to, listener: listener, weather: fair, dice: rand.New(rand.NewPCG(seed, 1)), conns: map[net.Conn]bool{}}
	f.running.Go(f.accept)
	t.Cleanup(func() {
		_ = listener.Close()
		f.mu.Lock()
		f.ended = true
		f.mu.Unlock()
		f.closeConns()
		f.running.Wait()
	})
	return f
}

func (f *flaky) address() string { return f.listener.Addr().String() }

// set changes the weather. What was swallowed is lost, and so are its connections.
func (f *flaky) set(w weather) {
	f.mu.Lock()
	before := f.weather
	f.weather = w
	f.mu.Unlock()
	if before == silent || w == refusing {
		f.closeConns()
	}
}

func (f *flaky) closeConns() {
	f.mu.Lock()
	defer f.mu.Unlock()
	for conn := range f.conns {
		_ = conn.Close()
	}
	clear(f.conns)
}

func (f *flaky) accept() {
	for {
		client, err := f.listener.Accept()
		if err != nil {
			return
		}
		f.mu.Lock()
		refused := f.weather == refusing
		f.mu.Unlock()
		server, err := net.Dial("tcp", f.to)
		f.mu.Lock()
		if refused || err != nil || f.ended {
			f.mu.Unlock()
			_ = client.Close()
			if err == nil {
				_ = server.Close()
			}
			continue
		}
		f.conns[client], f.conns[server] = true, true
		f.mu.Unlock()
		f.running.Go(func() { f.forward(server, client) })
		f.running.Go(func() { f.forward(client, server) })
	}
}

// now is what is to be done to n bytes: how many come through, after what delay.
func (f *flaky) now(n int) (w weather, through int, after time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	w = f.weather
	if (w == cutting || w == resetting) && f.dice.IntN(2) == 0 {
		w = fair // some are spared
	}
	return w, f.dice.IntN(n + 1), time.Duration(f.dice.IntN(100)) * time.Millisecond
}

func (f *flaky) forward(to, from net.Conn) {
	buffer := make([]byte, 4<<10)
	for {
		n, err := from.Read(buffer)
		w, through, after := f.now(n)
		switch w {
		case delaying:
			time.Sleep(after)
		case silent:
			if err != nil {
				return // an end is not heard of either; set closes the rest
			}
			continue
		case cutting, resetting:
			_, _ = to.Write(buffer[:through])
			f.end(w == resetting, to, from)
			return
		case fair, refusing:
		}
		if _, failed := to.Write(buffer[:n]); failed != nil || err != nil {
			f.end(false, to, from)
			return
		}
	}
}

func (f *flaky) end(reset bool, conns ...net.Conn) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, conn := range conns {
		if tcp, ok := conn.(*net.TCPConn); ok && reset {
			_ = tcp.SetLinger(0)
		}
		_ = conn.Close()
		delete(f.conns, conn)
	}
}
