package wire_test

import (
	"strings"
	"time"
)

const ok = "HTTP/1.1 200 OK\r\n"

// lengths: where an answer's body ends.
var lengths = []*behaviour{
	{name: "length", answer: ok + "Content-Length: 2\r\n\r\nok", attempts: 3, want: []string{"acked 200 2"}},
	{name: "length 0", answer: ok + "Content-Length: 0\r\n\r\n", attempts: 3, want: []string{"acked 200 0"}},
	{name: "chunked", answer: ok + "Transfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n", attempts: 2, want: []string{"acked 200 2"}},
	{name: "chunked with a trailer", answer: ok + "Transfer-Encoding: chunked\r\nTrailer: X\r\n\r\n2\r\nok\r\n0\r\nX: y\r\n\r\n", attempts: 2, want: []string{"acked 200 2"}},
	{name: "chunks with extensions", answer: ok + "Transfer-Encoding: chunked\r\n\r\n2;a=b\r\nok\r\n0\r\n\r\n", attempts: 2, want: []string{"acked 200 2"}},
	{name: "chunked and a length", answer: ok + "Transfer-Encoding: chunked\r\nContent-Length: 99\r\n\r\n2\r\nok\r\n0\r\n\r\n", attempts: 2, want: []string{"acked 200 2"}},
	{name: "garbage for chunks", answer: ok + "Transfer-Encoding: chunked\r\n\r\n<html>\r\n", closes: true, want: []string{"protocol 200 0"}},
	{name: "half a chunked body", answer: ok + "Transfer-Encoding: chunked\r\n\r\n2\r\nok\r\n", closes: true, want: []string{"reset 200 2"}},
	{name: "an unknown transfer encoding", answer: ok + "Transfer-Encoding: br\r\n\r\n", closes: true, want: []string{"protocol"}},
	{name: "closed to end it", answer: ok + "\r\nto the end", closes: true, attempts: 2, want: []string{"acked 200 10"}, conns: 2},
	{name: "204", answer: "HTTP/1.1 204 No Content\r\n\r\n", attempts: 3, want: []string{"acked 204 0"}},
	{name: "204 with a length", answer: "HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n", attempts: 2, want: []string{"acked 204 0"}},
	{name: "304", answer: "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n", attempts: 2, want: []string{"rejected 304 0"}},
	{name: "204 with a body", answer: "HTTP/1.1 204 No Content\r\nContent-Length: 2\r\n\r\nno", want: []string{"acked 204 0"}},
	{name: "one length twice", answer: ok + "Content-Length: 2\r\nContent-Length: 2\r\n\r\nok", attempts: 2, want: []string{"acked 200 2"}},
	{name: "two lengths", answer: ok + "Content-Length: 1\r\nContent-Length: 2\r\n\r\nok", closes: true, want: []string{"protocol"}},
	{name: "two lengths in a line", answer: ok + "Content-Length: 2, 2\r\n\r\nok", closes: true, want: []string{"protocol"}},
	{name: "a length below 0", answer: ok + "Content-Length: -1\r\n\r\n", closes: true, want: []string{"protocol"}},
	{name: "a length with a sign", answer: ok + "Content-Length: +2\r\n\r\nok", closes: true, want: []string{"protocol"}},
	{name: "no number for a length", answer: ok + "Content-Length: two\r\n\r\nok", closes: true, want: []string{"protocol"}},
	{name: "a length beyond all bounds", answer: ok + "Content-Length: 99999999999999999999\r\n\r\n", closes: true, want: []string{"protocol"}},
	{name: "shorter than its length", answer: ok + "Content-Length: 4\r\n\r\nok", closes: true, want: []string{"reset 200 2"}},
	{name: "a rejection shorter than its length", answer: "HTTP/1.1 500 Oh\r\nContent-Length: 4\r\n\r\nno", closes: true, want: []string{"rejected 500 2"}},
	{name: "longer than its length", answer: ok + "Content-Length: 2\r\n\r\nok and more", closes: true, want: []string{"acked 200 2"}},
	{name: "more than is kept", answer: ok + "Content-Length: 1000000\r\n\r\n" + strings.Repeat("x", 1_000_000), attempts: 2, want: []string{"acked 200 1000000"}},
	{name: "chunks beyond what is kept", answer: ok + "Transfer-Encoding: chunked\r\n\r\n186a0\r\n" + strings.Repeat("x", 100_000) + "\r\n0\r\n\r\n", attempts: 2, want: []string{"acked 200 100000"}},
	{name: "gzip that nobody asked for", answer: ok + "Content-Encoding: gzip\r\nContent-Length: 2\r\n\r\nno", attempts: 2, want: []string{"acked 200 2"}},
}

// heads: what an answer's head is like.
var heads = []*behaviour{
	{name: "100 first", answer: "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n", attempts: 2, want: []string{"acked 204 0"}},
	{name: "103 first", answer: "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" + ok + "Content-Length: 2\r\n\r\nok", attempts: 2, want: []string{"acked 200 2"}},
	{name: "many informational ones first", answer: strings.Repeat("HTTP/1.1 102 Processing\r\n\r\n", 50) + "HTTP/1.1 204 No Content\r\n\r\n", attempts: 2, want: []string{"acked 204 0"}},
	{name: "endless informational ones", answer: strings.Repeat("HTTP/1.1 102 Processing\r\n\r\n", 5000), closes: true, want: []string{"protocol"}},
	{name: "informational ones only", answer: "HTTP/1.1 102 Processing\r\n\r\n", closes: true, want: []string{"reset"}},
	{name: "101", answer: "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n", attempts: 2, want: []string{"rejected 101 0"}, conns: 2},
	{name: "a folded field", answer: ok + "X: a\r\n b\r\nContent-Length: 2\r\n\r\nok", attempts: 2, want: []string{"acked 200 2"}},
	{name: "a folded length", answer: ok + "Content-Length:\r\n 2\r\n\r\nok", attempts: 2, want: []string{"acked 200 2"}},
	{name: "a first line that is folded", answer: ok + " X: a\r\n\r\n", closes: true, want: []string{"protocol"}},
	{name: "a huge field", answer: ok + "X: " + strings.Repeat("x", 60<<10) + "\r\nContent-Length: 2\r\n\r\nok", attempts: 2, want: []string{"acked 200 2"}},
	{name: "an endless head", answer: ok + "X: " + strings.Repeat("x", 80<<10) + "\r\n\r\n", closes: true, want: []string{"protocol"}},
	{name: "many fields", answer: ok + strings.Repeat("X: y\r\n", 5000) + "Content-Length: 2\r\n\r\nok", attempts: 2, want: []string{"acked 200 2"}},
	{name: "lower case", answer: "HTTP/1.1 200 ok\r\ncontent-length: 2\r\nconnection: KEEP-alive\r\n\r\nok", attempts: 2, want: []string{"acked 200 2"}},
	{name: "a protocol in lower case", answer: "http/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", closes: true, want: []string{"protocol"}},
	{name: "bare line feeds", answer: "HTTP/1.1 200 OK\nContent-Length: 2\n\nok", attempts: 2, want: []string{"acked 200 2"}},
	{name: "no reason", answer: "HTTP/1.1 200\r\nContent-Length: 2\r\n\r\nok", attempts: 2, want: []string{"acked 200 2"}},
	{name: "an empty reason", answer: "HTTP/1.1 200 \r\nContent-Length: 2\r\n\r\nok", attempts: 2, want: []string{"acked 200 2"}},
	{name: "a reason that is no ASCII", answer: "HTTP/1.1 200 très bien\r\nContent-Length: 2\r\n\r\nok", attempts: 2, want: []string{"acked 200 2"}},
	{name: "two spaces", answer: "HTTP/1.1  200 OK\r\nContent-Length: 2\r\n\r\nok", attempts: 2, want: []string{"acked 200 2"}},
	{name: "NULs in a field", answer: ok + "X: a\x00b\r\nContent-Length: 2\r\n\r\nok", closes: true, want: []string{"protocol"}},
	{name: "NULs for an answer", answer: strings.Repeat("\x00", 100), closes: true, want: []string{"protocol"}},
	{name: "a space before the colon", answer: ok + "Content-Length : 2\r\n\r\nok", closes: true, want: []string{"acked 200 2"}},
	{name: "a line without a colon", answer: ok + "nonsense\r\n\r\n", closes: true, want: []string{"protocol"}},
	{name: "a field without a name", answer: ok + ": x\r\n\r\n", closes: true, want: []string{"protocol"}},
	{name: "status 000", answer: "HTTP/1.1 000 No\r\nContent-Length: 0\r\n\r\n", closes: true, want: []string{"protocol"}},
	{name: "status 099", answer: "HTTP/1.1 099 No\r\nContent-Length: 0\r\n\r\n", closes: true, want: []string{"rejected 99 0"}},
	{name: "status 99", answer: "HTTP/1.1 99 No\r\nContent-Length: 0\r\n\r\n", closes: true, want: []string{"protocol"}},
	{name: "status 999", answer: "HTTP/1.1 999 No\r\nContent-Length: 0\r\n\r\n", attempts: 2, want: []string{"rejected 999 0"}},
	{name: "status 1000", answer: "HTTP/1.1 1000 No\r\nContent-Length: 0\r\n\r\n", closes: true, want: []string{"protocol"}},
	{name: "no number for a status", answer: "HTTP/1.1 OK\r\nContent-Length: 0\r\n\r\n", closes: true, want: []string{"protocol"}},
	{name: "a status with a sign", answer: "HTTP/1.1 +20 OK\r\nContent-Length: 0\r\n\r\n", closes: true, want: []string{"rejected 20 0"}},
	{name: "HTTP/1.2", answer: "HTTP/1.2 200 OK\r\nContent-Length: 2\r\n\r\nok", attempts: 2, want: []string{"acked 200 2"}},
	{name: "HTTP/2.0 in words", answer: "HTTP/2.0 200 OK\r\nContent-Length: 2\r\n\r\nok", attempts: 2, want: []string{"acked 200 2"}},
	{name: "a preface of HTTP/2", answer: "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", closes: true, want: []string{"protocol"}},
	{name: "HTTP/0.9", answer: "<html>hello</html>\n", closes: true, want: []string{"protocol"}},
	{name: "another protocol", answer: "SSH-2.0-OpenSSH_9.9\r\n", closes: true, want: []string{"protocol"}},
	{name: "301", answer: "HTTP/1.1 301 Moved\r\nLocation: /x\r\nContent-Length: 0\r\n\r\n", attempts: 2, want: []string{"rejected 301 0"}},
	{name: "302", answer: "HTTP/1.1 302 Found\r\nLocation: /x\r\nContent-Length: 0\r\n\r\n", attempts: 2, want: []string{"rejected 302 0"}},
	{name: "307", answer: "HTTP/1.1 307 Temporary Redirect\r\nLocation: /x\r\nContent-Length: 0\r\n\r\n", attempts: 2, want: []string{"rejected 307 0"}},
	{name: "308 without a location", answer: "HTTP/1.1 308 Permanent Redirect\r\nContent-Length: 0\r\n\r\n", attempts: 2, want: []string{"rejected 308 0"}},
	{name: "401 with a challenge", answer: "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm=\"x\"\r\nContent-Length: 4\r\n\r\nwho?", attempts: 2, want: []string{"rejected 401 4"}},
	{name: "503 with a time to retry", answer: "HTTP/1.1 503 Busy\r\nRetry-After: 1\r\nContent-Length: 0\r\n\r\n", attempts: 2, want: []string{"rejected 503 0"}},
	{name: "a cookie", answer: ok + "Set-Cookie: a=b\r\nContent-Length: 0\r\n\r\n", attempts: 2, want: []string{"acked 200 0"}},
}

// connections: whether they last, and who speaks when.
var connections = []*behaviour{
	{name: "Connection: close", answer: ok + "Connection: close\r\nContent-Length: 2\r\n\r\nok", attempts: 2, want: []string{"acked 200 2"}, conns: 2},
	{name: "close among others", answer: ok + "Connection: x, Close\r\nContent-Length: 2\r\n\r\nok", attempts: 2, want: []string{"acked 200 2"}, conns: 2},
	{name: "close and no body", answer: "HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n", attempts: 2, want: []string{"acked 204 0"}, conns: 2},
	{name: "HTTP/1.0", answer: "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok", attempts: 2, want: []string{"acked 200 2"}, conns: 2},
	{name: "HTTP/1.0 that lasts", answer: "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nok", attempts: 2, want: []string{"acked 200 2"}},
	{name: "HTTP/1.0 without a length", answer: "HTTP/1.0 200 OK\r\n\r\nto the end", closes: true, attempts: 2, want: []string{"acked 200 10"}, conns: 2},
	{name: "byte by byte", serve: func(s *session) {
		for s.request() {
			for _, b := range []byte(ok + "Content-Length: 2\r\n\r\nok") {
				s.write(string(b))
			}
		}
	}, attempts: 2, want: []string{"acked 200 2"}},
	{name: "head and body apart", serve: func(s *session) {
		for s.request() {
			s.write(ok + "Content-Length: 2\r\n\r\n")
			s.write("ok")
		}
	}, attempts: 2, want: []string{"acked 200 2"}},
	{name: "an answer before the request", serve: func(s *session) {
		s.write("HTTP/1.1 204 No Content\r\n\r\n")
		s.request()
	}, want: []string{"acked 204 0"}},
	{name: "a second answer unasked", serve: func(s *session) {
		for s.request() {
			s.write("HTTP/1.1 204 No Content\r\n\r\nHTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n")
			s.stay()
		}
	}, want: []string{"acked 204 0"}},
	{name: "an early answer", serve: func(s *session) {
		_, _ = s.in.Peek(1)
		s.write("HTTP/1.1 413 Content Too Large\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
		<-s.done
	}, form: 16 << 20, want: []string{"rejected 413 0"}},
	{name: "an early answer, and hung up", serve: func(s *session) {
		_, _ = s.in.Peek(1)
		s.write("HTTP/1.1 413 Content Too Large\r\nContent-Length: 0\r\n\r\n")
	}, form: 16 << 20, want: []string{"rejected 413 0"}},
	{name: "a large form", answer: ok + "Content-Length: 0\r\n\r\n", form: 8 << 20, attempts: 2, want: []string{"acked 200 0"}},
	{name: "half-closed, then answered", serve: func(s *session) {
		s.request()
		s.write(ok + "Content-Length: 2\r\n\r\n")
		s.write("ok")
		_ = s.Conn.(interface{ CloseWrite() error }).CloseWrite() //nolint:forcetypeassert // TCP
		s.stay()
	}, want: []string{"acked 200 2"}},
	{name: "hung up on at the first byte", serve: func(s *session) {
		s.request()
		s.write("H")
		s.stay()
	}, drop: true, attempts: 2, want: []string{"dropped"}, conns: 2},
	{name: "hung up on, and there is no answer", serve: func(s *session) { s.request() }, drop: true, want: []string{"reset"}},
}

// failures: no answer, or not all of one.
var failures = []*behaviour{
	{name: "closed when accepted", serve: func(*session) {}, attempts: 2, want: []string{"reset"}, conns: 2, racing: true},
	{name: "reset when accepted", serve: func(s *session) { s.reset() }, want: []string{"reset"}, racing: true},
	{name: "closed after the request", serve: func(s *session) { s.request() }, attempts: 2, want: []string{"reset"}, conns: 2},
	{name: "reset after the request", serve: func(s *session) {
		s.request()
		s.reset()
	}, attempts: 2, want: []string{"reset"}, conns: 2},
	{name: "half a status line", answer: "HTTP/1.1 2", closes: true, want: []string{"protocol"}},
	{name: "half a head", answer: ok + "Content-Length: 4\r\n", closes: true, want: []string{"reset"}},
	{name: "half a field", answer: ok + "Content-", closes: true, want: []string{"protocol"}},
	{name: "a second answer is refused", serve: func(s *session) {
		s.request()
		s.write(ok + "Content-Length: 0\r\n\r\n")
		s.request()
		s.reset()
	}, attempts: 4, want: []string{"acked 200 0", "reset", "acked 200 0", "reset"}, conns: 2},
	{name: "an empty line for an answer", answer: "\r\n", closes: true, want: []string{"protocol"}},
}

// timeouts: the deadline is over all stages.
var timeouts = []*behaviour{
	{name: "no answer", serve: func(s *session) {
		s.request()
		s.stay()
	}, timeout: 100 * time.Millisecond, attempts: 2, want: []string{"timeout"}, conns: 2},
	{name: "the request is not read", serve: func(s *session) { <-s.done }, form: 16 << 20, timeout: 300 * time.Millisecond, want: []string{"timeout"}},
	{name: "half a head, and no more", serve: func(s *session) {
		s.request()
		s.write(ok)
		s.stay()
	}, timeout: time.Second, want: []string{"timeout"}},
	{name: "half a body, and no more", serve: func(s *session) {
		s.request()
		s.write(ok + "Content-Length: 4\r\n\r\nok")
		s.stay()
	}, timeout: time.Second, want: []string{"timeout 200 2"}},
	{name: "half a chunked body, and no more", serve: func(s *session) {
		s.request()
		s.write(ok + "Transfer-Encoding: chunked\r\n\r\n2\r\nok\r\n")
		s.stay()
	}, timeout: time.Second, want: []string{"timeout 200 2"}},
	{name: "a rejection that does not end", serve: func(s *session) {
		s.request()
		s.write("HTTP/1.1 500 No\r\nContent-Length: 4\r\n\r\nno")
		s.stay()
	}, timeout: time.Second, want: []string{"rejected 500 2"}},
	{name: "a body without an end", serve: func(s *session) {
		s.request()
		s.write(ok + "Content-Length: 0\r\n\r\n") // the first one sets the deadline of a connection
		s.request()
		s.write(ok + "Content-Length: 4\r\n\r\n")
		s.stay()
	}, timeout: time.Second, attempts: 2, want: []string{"acked 200 0", "timeout 200 0"}},
}
