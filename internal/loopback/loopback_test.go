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
