package process

import (
	"bytes"
	"fmt"
	"sync"
	"time"
)

const (
	// outputKept is how much is kept of the beginning of a receiver's output,
	// and of its end, in bytes.
	outputKept = 256 << 10
	// eventsKept is how many events are kept; a run has a few dozen.
	eventsKept = 1000
)

// Event is something that happened to a receiver.
type Event struct {
	At   time.Time
	Text string
}

// Log keeps what a receiver printed, its beginning and its end, and what
// happened to it. It is safe for concurrent use and never fails, so that a
// receiver that prints a lot is not held up.
type Log struct {
	mu      sync.Mutex
	head    []byte
	tail    []byte // a ring of outputKept once it is full
	next    int    // where the ring goes on
	written int64
	line    int64 // where the last line begins
	events  []Event
}

// Write keeps a part of the output.
func (l *Log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := len(p)
	if end := bytes.LastIndexByte(p, '\n'); end >= 0 {
		l.line = l.written + int64(end) + 1
	}
	l.written += int64(n)
	if room := outputKept - len(l.head); room > 0 {
		room = min(room, len(p))
		l.head, p = append(l.head, p[:room]...), p[room:]
	}
	for len(p) > 0 {
		if len(l.tail) < outputKept {
			room := min(outputKept-len(l.tail), len(p))
			l.tail, p = append(l.tail, p[:room]...), p[room:]
			continue
		}
		copied := copy(l.tail[l.next:], p)
		l.next, p = (l.next+copied)%outputKept, p[copied:]
	}
	return n, nil
}

// Mark is where the line that is being printed began, for [Log.Since].
func (l *Log) Mark() int64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.line
}

// String is all of the output that was kept.
func (l *Log) String() string { return l.Since(0) }

// Since is the output from a mark on. Where something is not kept, whole lines
// are left out, and how many bytes is said there.
func (l *Log) Since(mark int64) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	head := l.head[min(mark, int64(len(l.head))):]
	tail := append(bytes.Clone(l.tail[l.next:]), l.tail[:l.next]...)
	begins := l.written - int64(len(tail)) // of the tail
	lost := begins - max(mark, int64(len(l.head)))
	tail = tail[min(max(mark-begins, 0), int64(len(tail))):]
	if lost <= 0 {
		return string(head) + string(tail)
	}
	if end := bytes.LastIndexByte(head, '\n') + 1; end > 0 {
		lost += int64(len(head) - end)
		head = head[:end]
	}
	if start := bytes.IndexByte(tail, '\n') + 1; start > 0 {
		lost += int64(start)
		tail = tail[start:]
	}
	return fmt.Sprintf("%s\n… %d bytes left out …\n%s", bytes.TrimSuffix(head, []byte("\n")), lost, tail)
}

// Events are what happened since a moment.
func (l *Log) Events(since time.Time) []Event {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i, e := range l.events {
		if !e.At.Before(since) {
			return append([]Event{}, l.events[i:]...)
		}
	}
	return nil
}

func (l *Log) note(format string, args ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.events) < eventsKept {
		l.events = append(l.events, Event{time.Now(), fmt.Sprintf(format, args...)})
	}
}
