// Package plain says errors of the system, the network and the standard library
// in words for people who know neither Go nor the numbers of system calls.
package plain

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io/fs"
	"net"
	"net/url"
	"strconv"
	"strings"
	"syscall"

	"github.com/scrapehook/scrapehook/internal/oserr"
)

// Text is err's text. Where the chain of err has an error of the standard library
// whose words are not for users, the text has plain words in its place.
func Text(err error) string {
	text := err.Error()
	if words, inner := find(err); inner != nil {
		text = strings.ReplaceAll(text, inner.Error(), words)
	}
	return text
}

// find returns the outermost error of the chain that there are plain words for.
func find(err error) (words string, of error) {
	for err != nil {
		if words := wordsFor(err); words != "" {
			return words, err
		}
		if joined, ok := err.(interface{ Unwrap() []error }); ok {
			for _, one := range joined.Unwrap() {
				if words, inner := find(one); inner != nil {
					return words, inner
				}
			}
			return "", nil
		}
		err = errors.Unwrap(err)
	}
	return "", nil
}

// wordsFor are the words for err itself, whatever it wraps.
func wordsFor(err error) string {
	switch e := err.(type) { //nolint:errorlint // the caller walks the chain
	case *fs.PathError:
		return ofPath(e)
	case *net.OpError:
		return ofNetwork(e)
	case *net.DNSError:
		return ofName(e)
	case *url.Error:
		if words := Text(e.Err); words != e.Err.Error() {
			return e.URL + ": " + words
		}
	case *strconv.NumError:
		if errors.Is(e, strconv.ErrRange) {
			return strconv.Quote(e.Num) + " is too large or too small"
		}
		return strconv.Quote(e.Num) + " is not a number"
	case *tls.CertificateVerificationError:
		return ofCertificate(e.Err)
	case x509.UnknownAuthorityError, x509.HostnameError, x509.CertificateInvalidError:
		return ofCertificate(err)
	case tls.RecordHeaderError:
		return "it does not speak TLS: use http:// instead of https://"
	}
	return ""
}

func ofPath(e *fs.PathError) string {
	switch {
	case errors.Is(e, fs.ErrNotExist):
		return e.Path + " does not exist"
	case errors.Is(e, fs.ErrPermission):
		return e.Path + ": permission denied"
	case errors.Is(e, fs.ErrExist):
		return e.Path + " exists already"
	case errors.Is(e, syscall.EISDIR):
		return e.Path + " is a directory, not a file"
	case errors.Is(e, syscall.ENOTDIR):
		return e.Path + ": a part of the path is a file, not a directory"
	case oserr.IsFull(e):
		return e.Path + ": the disk is full"
	}
	return ""
}

func ofNetwork(e *net.OpError) string {
	var name *net.DNSError
	if errors.As(e.Err, &name) {
		return ofName(name)
	}
	address := ""
	if e.Addr != nil {
		address = e.Addr.String()
	}
	switch {
	case oserr.IsInUse(e) && e.Op == "listen":
		return address + " is in use"
	case errors.Is(e, syscall.EADDRNOTAVAIL) && e.Op == "listen":
		return address + " is not an address of this machine"
	case errors.Is(e, syscall.EACCES) && e.Op == "listen":
		return address + ": permission denied: ports below 1024 need more rights"
	case oserr.IsRefused(e):
		return "nothing listens on " + address
	case oserr.IsLocal(e):
		return "this machine has no descriptor, memory or port left for a connection to " + address
	case oserr.IsUnreachable(e):
		return address + " can't be reached from this machine"
	case oserr.IsReset(e):
		return "the connection was closed by the other side (reset)"
	}
	var bad *net.AddrError
	if errors.As(e.Err, &bad) {
		return ofAddress(bad)
	}
	return ""
}

func ofName(e *net.DNSError) string {
	switch {
	case e.IsNotFound:
		return "the host " + e.Name + " was not found"
	case e.IsTimeout:
		return "looking up the host " + e.Name + " took too long"
	}
	return "the host " + e.Name + " could not be looked up"
}

func ofAddress(e *net.AddrError) string {
	return strconv.Quote(e.Addr) + " is not HOST:PORT (" + e.Err + ")"
}

func ofCertificate(err error) string {
	var (
		authority x509.UnknownAuthorityError
		host      x509.HostnameError
		invalid   x509.CertificateInvalidError
	)
	switch {
	case errors.As(err, &authority):
		return "its certificate is signed by nobody this machine trusts"
	case errors.As(err, &host):
		return "its certificate is not for the host " + host.Host
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return "its certificate has expired or is not valid yet"
	}
	return ""
}
