package e2e_test

import "strings"

// hostileRequest is what a client may send that wishes us ill, or is broken. In
// raw, {path} is a path that the listener has, {ok} a head's lines that a right
// request has beside.
type hostileRequest struct {
	name, raw string
}

// hostileHeads are wrong as a whole, whatever the path.
var hostileHeads = []hostileRequest{
	{"nothing", ""},
	{"a line end", "\r\n\r\n"},
	{"bytes", "\x00\x01\x02\xff\xfe\r\n\r\n"},
	{"TLS", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"},
	{"the preface of HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"},
	{"SSH", "SSH-2.0-OpenSSH_9.0\r\n"},
	{"HTTP/0.9", "GET {path}\r\n\r\n"},
	{"HTTP/9.9", "GET {path} HTTP/9.9\r\n{ok}\r\n"},
	{"a version without a number", "GET {path} HTTP/x\r\n{ok}\r\n"},
	{"no path", "GET  HTTP/1.1\r\n{ok}\r\n"},
	{"a method with a space", "GE T {path} HTTP/1.1\r\n{ok}\r\n"},
	{"an empty method", " {path} HTTP/1.1\r\n{ok}\r\n"},
	{"an endless method", strings.Repeat("A", 1<<20) + " {path} HTTP/1.1\r\n{ok}\r\n"},
	{"an endless path", "GET /" + strings.Repeat("a", 2<<20) + " HTTP/1.1\r\n{ok}\r\n"},
	{"an endless field", "GET {path} HTTP/1.1\r\n{ok}X: " + strings.Repeat("a", 2<<20) + "\r\n\r\n"},
	{"endless fields", "GET {path} HTTP/1.1\r\n{ok}" + strings.Repeat("X: y\r\n", 300_000) + "\r\n"},
	{"no host", "GET {path} HTTP/1.1\r\n\r\n"},
	{"two hosts", "GET {path} HTTP/1.1\r\n{ok}Host: evil.example\r\n\r\n"},
	{"a host with a slash", "GET {path} HTTP/1.1\r\nHost: a/b\r\n\r\n"},
	{"a field without a colon", "GET {path} HTTP/1.1\r\n{ok}X\r\n\r\n"},
	{"a field without a name", "GET {path} HTTP/1.1\r\n{ok}: x\r\n\r\n"},
	{"a space before the colon", "GET {path} HTTP/1.1\r\n{ok}X : y\r\n\r\n"},
	{"NUL in a field", "GET {path} HTTP/1.1\r\n{ok}X: \x00\r\n\r\n"},
	{"a bare CR in a field", "GET {path} HTTP/1.1\r\n{ok}X: a\rb\r\n\r\n"},
	{"a fragment in the target", "GET {path}#x HTTP/1.1\r\n{ok}\r\n"},
	{"an absolute target elsewhere", "GET http://evil.example{path} HTTP/1.1\r\n{ok}\r\n"},
	{"a target of another scheme", "GET file:///etc/passwd HTTP/1.1\r\n{ok}\r\n"},
	{"CONNECT", "CONNECT evil.example:443 HTTP/1.1\r\n{ok}\r\n"},
	{"OPTIONS *", "OPTIONS * HTTP/1.1\r\n{ok}\r\n"},
	{"TRACE", "TRACE {path} HTTP/1.1\r\n{ok}\r\n"},
	{"an upgrade", "GET {path} HTTP/1.1\r\n{ok}Connection: Upgrade\r\nUpgrade: h2c\r\n\r\n"},
	{"an expectation", "POST {path} HTTP/1.1\r\n{ok}Expect: 200-maybe\r\nContent-Length: 1\r\n\r\nx"},
	{"half a head", "GET {path} HTTP/1.1\r\nHost: 127"},
}

// hostileBodies are the lines of a POST's head, and its body.
var hostileBodies = []struct{ name, raw string }{
	{"a length and chunks", "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /evil HTTP/1.1\r\n\r\n"},
	{"chunks and a length", "Transfer-Encoding: chunked\r\nContent-Length: 60\r\n\r\n0\r\n\r\nGET /evil HTTP/1.1\r\n\r\n"},
	{"two lengths", "Content-Length: 1\r\nContent-Length: 20\r\n\r\nx"},
	{"lengths in a list", "Content-Length: 1, 20\r\n\r\nx"},
	{"a length below 0", "Content-Length: -1\r\n\r\n"},
	{"a length with a sign", "Content-Length: +1\r\n\r\nx"},
	{"a length in hex", "Content-Length: 0x1\r\n\r\nx"},
	{"a length beyond all bounds", "Content-Length: 99999999999999999999\r\n\r\nx"},
	{"an enormous length", "Content-Length: 9000000000000000000\r\n\r\nx"},
	{"a length that does not come", "Content-Length: 100\r\n\r\nx"},
	{"an unknown coding", "Transfer-Encoding: br\r\n\r\nx"},
	{"chunked twice", "Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n"},
	{"chunked with a space", "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n"},
	{"chunked after a tab", "Transfer-Encoding:\tchunked\r\n\r\nzz\r\n\r\n"},
	{"garbage for a chunk's size", "Transfer-Encoding: chunked\r\n\r\nxyz\r\n\r\n"},
	{"a chunk's size below 0", "Transfer-Encoding: chunked\r\n\r\n-1\r\nx\r\n0\r\n\r\n"},
	{"a chunk's size beyond all bounds", "Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\nx"},
	{"an endless chunk's extension", "Transfer-Encoding: chunked\r\n\r\n1;" + strings.Repeat("a", 1<<20) + "\r\nx\r\n0\r\n\r\n"},
	{"endless trailers", "Transfer-Encoding: chunked\r\n\r\n0\r\n" + strings.Repeat("X: y\r\n", 200_000) + "\r\n"},
	{"chunks without an end", "Transfer-Encoding: chunked\r\n\r\n" + strings.Repeat("1\r\nx\r\n", 1000)},
	{"too much", "Content-Length: 40000000\r\n\r\n" + strings.Repeat("x", 20_000_000)},
	{"gzip that is none", "Content-Encoding: gzip\r\nContent-Length: 3\r\n\r\nxxx"},
	{"a type that is none", "Content-Type: \x7f\r\nContent-Length: 1\r\n\r\nx"},
	{"JSON without an end", "Content-Type: application/json\r\nContent-Length: 8\r\n\r\n[[[[[[[["},
	{"deep JSON", "Content-Type: application/json\r\nContent-Length: 2000000\r\n\r\n" + strings.Repeat("[", 2_000_000)},
	{"a form of nothing but separators", "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 100000\r\n\r\n" + strings.Repeat("&", 100_000)},
	{"a form of many fields", "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 400000\r\n\r\n" + strings.Repeat("a=b&", 100_000)},
	{"a form with broken escapes", "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 6\r\n\r\na=%zz%"},
	{"a multipart form without its boundary", "Content-Type: multipart/form-data\r\nContent-Length: 4\r\n\r\n----"},
}

// hostilePaths are asked for by GET.
var hostilePaths = []string{
	"/../../etc/passwd", "/%2e%2e/%2e%2e/etc/passwd", "//evil.example/", "/./", "/%00", "/%", "/%zz", "/a%0d%0aX:%20y", "/\\..\\x",
	"/" + strings.Repeat("a/", 10_000), "/api/v1/scraping-job/-1", "/api/v1/scraping-job/99999999999999999999", "/api/v1/scraping-job/1e3",
	"/api/v1/sitemap/%31", "/api/v1/scraping-jobs?page=99999999999999999999", "/api/v1/sitemaps?tag=" + strings.Repeat("x", 100_000),
	"/_scrapehook/jobs/0", "/_scrapehook/jobs/-1", "/_scrapehook/deliveries?limit=1e9", "/_scrapehook/../api/v1/account", "/webhook/../metrics",
	"/webhook?token=" + strings.Repeat("x", 100_000), "/debug/pprof/", "/.env",
}

// hostileRequests are all of them, for a listener that has path.
func hostileRequests(path, host string) []hostileRequest {
	ok := "Host: " + host + "\r\n"
	var all []hostileRequest
	for _, h := range hostileHeads {
		h.raw = strings.NewReplacer("{path}", path, "{ok}", ok).Replace(h.raw)
		all = append(all, h)
	}
	for _, b := range hostileBodies {
		all = append(all, hostileRequest{b.name, "POST " + path + " HTTP/1.1\r\n" + ok + b.raw})
	}
	for _, p := range hostilePaths {
		all = append(all, hostileRequest{"the path " + p[:min(len(p), 40)], "GET " + p + " HTTP/1.1\r\n" + ok + "\r\n"})
	}
	return all
}
