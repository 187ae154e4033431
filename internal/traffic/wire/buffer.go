package wire

import "sync"

// buffer holds a request, or what was read of an answer. It is there only while
// it is in use: a connection that waits for its answer has none.
type buffer struct{ b []byte }

const bufferSize = 4 << 10

// bufferPool has its put and get typed.
type bufferPool struct{ pool sync.Pool }

var buffers = bufferPool{sync.Pool{New: func() any { return &buffer{make([]byte, 0, bufferSize)} }}}

func (p *bufferPool) get() *buffer { return p.pool.Get().(*buffer) } //nolint:forcetypeassert // nothing else is put

func (p *bufferPool) put(b *buffer) {
	if cap(b.b) <= 16*bufferSize { // an enormous form's is not worth keeping
		p.pool.Put(b)
	}
}
