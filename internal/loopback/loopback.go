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

// PrivateURL reports whether the host of a URL is of this machine or of a network
// that the internet does not reach: a private address, a name without a domain
// such as a container's, or one under a domain that is kept for such networks.
func PrivateURL(raw string) bool {
	u, err := url.Parse(raw)
	if err != nil {
		return false
	}
	host := strings.ToLower(strings.TrimSuffix(u.Hostname(), "."))
	if ip, err := netip.ParseAddr(host); err == nil {
		ip = ip.Unmap()
		return ip.IsLoopback() || ip.IsPrivate() || ip.IsLinkLocalUnicast()
	}
	_, domain, found := strings.Cut(host, ".")
	if !found {
		return host != ""
	}
	top := domain[strings.LastIndex(domain, ".")+1:]
	switch top {
	case "localhost", "local", "internal", "test", "lan", "home", "corp":
		return true
	}
	return domain == "home.arpa" || strings.HasSuffix(domain, ".home.arpa")
}

// URL is [Host] for the host of a URL.
func URL(raw string) bool {
	u, err := url.Parse(raw)
	return err == nil && Host(u.Hostname())
}
