package fault

import (
	"bytes"
	"net/http"
)

// meter passes a body on until after bytes of it have passed, and then strikes
// once. Its first error is what every later Write gets, so that the handler
// stops.
type meter struct {
	http.ResponseWriter
	after int64
	// lines moves the strike to the next end of a line.
	lines  bool
	strike func() error
	// head, if not nil, has the last word on the answer's head.
	head func(http.Header)

	headDone bool
	struck   bool
	passed   int64
	last     byte // the last byte that passed
	err      error
}

// Unwrap is for [http.ResponseController].
func (m *meter) Unwrap() http.ResponseWriter { return m.ResponseWriter }

func (m *meter) WriteHeader(status int) {
	if !m.headDone && m.head != nil {
		m.head(m.Header())
	}
	m.headDone = true
	m.ResponseWriter.WriteHeader(status)
}

func (m *meter) writeHead() {
	if !m.headDone {
		m.WriteHeader(http.StatusOK)
	}
}

func (m *meter) Write(p []byte) (int, error) {
	if m.err != nil {
		return 0, m.err
	}
	m.writeHead()
	before := len(p)
	if !m.struck {
		before = m.before(p)
	}
	n, err := m.pass(p[:before])
	if err != nil || n == len(p) {
		return n, err
	}
	m.struck = true
	if m.err = m.strike(); m.err != nil {
		return n, m.err
	}
	rest, err := m.pass(p[n:])
	return n + rest, err
}

// before returns how many bytes of p pass before the strike.
func (m *meter) before(p []byte) int {
	left := m.after - m.passed
	switch {
	case left >= int64(len(p)):
		return len(p)
	case !m.lines:
		return int(left)
	case left <= 0 && (m.passed == 0 || m.last == '\n'):
		return 0
	}
	from := max(0, int(left)-1)
	if end := bytes.IndexByte(p[from:], '\n'); end >= 0 {
		return from + end + 1
	}
	return len(p)
}

func (m *meter) pass(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	n, err := m.ResponseWriter.Write(p)
	if m.passed += int64(n); n > 0 {
		m.last = p[n-1]
	}
	m.err = err
	return n, err
}

// dribbler passes a body on in small pieces, each in a packet of its own.
type dribbler struct {
	http.ResponseWriter
	chunk  int
	pause  func() error
	begun  bool
	broken bool
}

// Unwrap is for [http.ResponseController].
func (d *dribbler) Unwrap() http.ResponseWriter { return d.ResponseWriter }

func (d *dribbler) Write(p []byte) (n int, err error) {
	defer func() { d.broken = d.broken || err != nil }()
	for n < len(p) {
		if d.begun {
			if err := d.pause(); err != nil {
				return n, err
			}
		}
		d.begun = true
		m, err := d.ResponseWriter.Write(p[n:min(n+d.chunk, len(p))])
		n += m
		if err != nil {
			return n, err
		}
		if err := http.NewResponseController(d.ResponseWriter).Flush(); err != nil {
			return n, err
		}
	}
	return n, nil
}
