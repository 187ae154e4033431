package scenarios

import (
	"github.com/scrapehook/scrapehook/internal/redact"
	"github.com/scrapehook/scrapehook/internal/shell"

	"bufio"
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// curl writes the shell command that sends a request again, with the head's
// lines as they were and the same body; the lines' order, the spelling of Host
// and the sizes of chunks are curl's own.
// Secrets are shell variables in it. When there is no such command, it says why.
func curl(rawURL string, sent stream, limit time.Duration, paced bool, r redact.Redactor) (line, why string) {
	const most = 8 << 10
	end := headEnd(sent.kept)
	switch {
	case end < 0:
		return "", "the request was not sent in full"
	case sent.total > int64(len(sent.kept)) || sent.total > most:
		return "", "the request is too long"
	}
	u, err := url.Parse(rawURL)
	if err != nil {
		return "", "its URL can't be read again"
	}
	req, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(sent.kept)))
	if err != nil {
		return "", "curl would not send such a head"
	}
	body, err := io.ReadAll(req.Body)
	chunked := len(req.TransferEncoding) > 0
	switch {
	case err != nil:
		return "", "the request was not sent in full"
	case paced && !chunked:
		return "", "curl sends no request in pieces"
	}
	target := u.Scheme + "://" + u.Host + req.RequestURI
	c := command{r: r, words: []string{"curl -sS -i", fmt.Sprintf("--max-time %g", limit.Seconds())}}
	c.address(u.Scheme, target)
	hasBody := chunked || req.Header.Get("Content-Length") != ""
	if (req.Method != http.MethodPost || !hasBody) && (req.Method != http.MethodGet || hasBody) {
		c.option("-X", req.Method)
	}
	c.header(string(sent.kept[:end]), u.Host)
	if hasBody && len(body) > 1000 {
		c.option("-H", "Expect:") // curl would ask before it sends so much
	}
	feed := ""
	switch {
	case bytes.IndexByte(body, 0) >= 0: // no argument holds a NUL
		feed = "printf " + c.quoted(printfFormat(body)) + " | "
		c.option("--data-binary", "@-")
	case hasBody:
		c.option("--data-raw", string(body))
	}
	return feed + strings.Join(append(c.words, c.quoted(target)), " "), ""
}

// command is a curl command that grows.
type command struct {
	r     redact.Redactor
	words []string
}

func (c *command) option(name, value string) { c.words = append(c.words, name+" "+c.quoted(value)) }

// address adds what keeps curl from changing the URL.
func (c *command) address(scheme, target string) {
	if scheme == "https" {
		c.words = append(c.words, "--http1.1")
	}
	if strings.ContainsAny(target, "[]{}") {
		c.words = append(c.words, "--globoff")
	}
	if strings.Contains(target, "/.") {
		c.words = append(c.words, "--path-as-is")
	}
}

// header adds the head's lines, but those that curl adds by itself in the same
// way, and takes away those that it would add.
func (c *command) header(head, host string) {
	added := []string{"User-Agent", "Accept", "Content-Type"}
	lines := strings.Split(strings.TrimSpace(head), "\r\n")
	for _, line := range lines[1:] {
		name, value, _ := strings.Cut(line, ":")
		value = strings.TrimSpace(value)
		for i, other := range added {
			if strings.EqualFold(name, other) {
				added[i] = ""
			}
		}
		switch {
		case name == "Host" && value == host, name == "Content-Length":
		case value == "":
			c.option("-H", name+";")
		default:
			c.option("-H", line)
		}
	}
	for _, name := range added {
		if name != "" {
			c.option("-H", name+":")
		}
	}
}

// quoted is text as one word of a shell command, with variables in the place
// of secrets.
func (c *command) quoted(text string) string {
	var b strings.Builder
	for _, part := range c.r.Parts(text) {
		if part.Variable != "" {
			fmt.Fprintf(&b, `"$%s"`, part.Variable)
		} else {
			b.WriteString(shell.Word(part.Text))
		}
	}
	return b.String()
}

// printfFormat is a format for printf(1) that prints just body.
func printfFormat(body []byte) string {
	var b strings.Builder
	for _, c := range body {
		switch {
		case c == '%':
			b.WriteString("%%")
		case c == '\\' || c < ' ' || c > '~':
			fmt.Fprintf(&b, `\%03o`, c)
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}
