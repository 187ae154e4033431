package delivery

import (
	"bytes"
	"context"
	"net/http"
)

// Head returns the head of r as a transport of [NewTransport] writes it, with
// the empty line at its end; an error says why r can't be formed. It is made
// when it is asked for, so that no attempt has to keep it.
func (c *Client) Head(r Request) ([]byte, error) {
	req, err := c.NewRequest(context.Background(), r)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	if err := req.Write(&b); err != nil {
		return nil, err
	}
	head, _, _ := bytes.Cut(b.Bytes(), []byte("\r\n\r\n"))
	return append(head, "\r\n\r\n"...), nil
}

// heldBytes is about how much memory a header takes.
func heldBytes(h http.Header) (n int) {
	for name, values := range h {
		n += len(name) + 64
		for _, v := range values {
			n += len(v) + 16
		}
	}
	return n
}

// Held is about how much memory a takes, in bytes.
func (a Attempt) Held() int {
	return 512 + len(a.URL) + len(a.Err) + len(a.Request.Body) + cap(a.Body) + heldBytes(a.Header) + heldBytes(a.Request.Header)
}
