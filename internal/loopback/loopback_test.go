package loopback_test

import (
	"testing"

	"github.com/scrapehook/scrapehook/internal/loopback"
)

func TestLoopback(t *testing.T) {
	t.Parallel()
	for host, want := range map[string]bool{
		"localhost": true, "LOCALHOST": true, "localhost.": true,
		"127.0.0.1": true, "127.9.8.7": true, "[::1]": true, "[::ffff:127.0.0.1]": true, "[::1%lo]": true,
		"": false, "0.0.0.0": false, "[::]": false, "128.0.0.1": false, "192.168.0.1": false, "[fe80::1]": false,
		"localhost.example": false, "127.0.0.1.example": false, "example": false, "127.1": false,
	} {
		if got := loopback.Host(host); got != want {
			t.Errorf("host %q: %v", host, got)
		}
		for _, address := range []string{host, host + ":8080"} {
			if got := loopback.Address(address); got != want {
				t.Errorf("address %q: %v", address, got)
			}
		}
	}
	for raw, want := range map[string]bool{
		"http://localhost:8080/x": true, "http://user:password@127.0.0.1/": true, "https://[::1]:8443/": true,
		"http://127.0.0.1@example/": false, "http://example/?127.0.0.1": false, "": false, "localhost": false, "http://%zz/": false,
	} {
		if got := loopback.URL(raw); got != want {
			t.Errorf("URL %q: %v", raw, got)
		}
	}
}

func TestPrivateURL(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]bool{
		"http://127.0.0.1:8080/": true, "http://[::1]/": true, "http://localhost/": true, "http://receiver:8080/webhook": true,
		"http://10.1.2.3/": true, "http://192.168.1.1:80/": true, "http://[fd00::1]/": true, "http://[fe80::1%25eth0]/": true,
		"http://host.docker.internal/": true, "http://app.test/": true, "http://nas.local./": true, "http://x.home.arpa/": true,
		"http://hooks.example.com/": false, "http://192.0.2.1/": false, "http://[2001:db8::1]/": false, "http://local.example/": false,
		"": false, "http://%zz/": false,
	} {
		if got := loopback.PrivateURL(raw); got != want {
			t.Errorf("%q: %v", raw, got)
		}
	}
}
