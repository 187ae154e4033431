package process

import (
	"fmt"
	"sync"
)

// outputCap is how much is kept of the beginning, and of the end.
const outputCap = 256 << 10

// output keeps the beginning and the end of what is written to it. It is safe
// for concurrent use and never fails, so that a receiver that prints a lot is
// not held up.
type output struct {
	mu      sync.Mutex
	head    []byte
	tail    []byte // a ring of outputCap once it is full
	next    int    // where the ring goes on
	written int64
}

func newOutput() *output { return &output{} }

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	n := len(p)
	o.written += int64(n)
	if room := outputCap - len(o.head); room > 0 {
		room = min(room, len(p))
		o.head, p = append(o.head, p[:room]...), p[room:]
	}
	for len(p) > 0 {
		if len(o.tail) < outputCap {
			room := min(outputCap-len(o.tail), len(p))
			o.tail, p = append(o.tail, p[:room]...), p[room:]
			continue
		}
		copied := copy(o.tail[o.next:], p)
		o.next, p = (o.next+copied)%outputCap, p[copied:]
	}
	return n, nil
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	cut := ""
	if lost := o.written - int64(len(o.head)) - int64(len(o.tail)); lost > 0 {
		cut = fmt.Sprintf("\n… %d bytes left out …\n", lost)
	}
	return string(o.head) + cut + string(o.tail[o.next:]) + string(o.tail[:o.next])
}
