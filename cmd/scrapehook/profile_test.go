package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
)

// BenchmarkReceiveUnderLoad has traffic load the receiver: an operation is a
// notification, from its plan to its acknowledgement, with what the receiver
// does about its job. The binary is built by the profile of it, see `make
// profile`.
func BenchmarkReceiveUnderLoad(b *testing.B) {
	gone := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusNotFound)
		_, _ = io.WriteString(w, `{"success":false,"error":"Not Found"}`)
	}))
	defer gone.Close()
	endpoint, stop := startReceive(b, "--api-url", gone.URL, "--log-level", "error")
	defer stop()
	var report, errs strings.Builder
	b.ResetTimer()
	if code := run(b.Context(), []string{
		"traffic", endpoint, "--rate", "max", "--jobs", strconv.Itoa(b.N), "--attempts", "1", "--seed", "1",
	}, &report, &errs); code != 0 {
		b.Fatalf("exit code %d: %s%s", code, report.String(), errs.String())
	}
	b.StopTimer()
}
