// Package loopback tells whether an address belongs to this machine alone. Every
// guard against other machines asks it, so that all give the same answer.
package loopback

import (
	"net"
	"net/netip"
	"net/url"
	"strings"
)

// Host reports whether a host name or an IP address is of the loopback network:
// localhost, 127.0.0.0/8, ::1. Names are not looked up; an empty one stands for
// all addresses and is not loopback.
func Host(host string) bool {
	if strings.EqualFold(strings.TrimSuffix(host, "."), "localhost") {
		return true
	}
	ip, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return err == nil && ip.Unmap().IsLoopback()
}

// Address is [Host] for an address that may have a port.
func Address(address string) bool {
	if host, _, err := net.SplitHostPort(address); err == nil {
		return Host(host)
	}
	return Host(address)
}

// URL is [Host] for the host of a URL.
func URL(raw string) bool {
	u, err := url.Parse(raw)
	return err == nil && Host(u.Hostname())
}
