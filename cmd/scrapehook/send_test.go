package main

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/scrapehook/scrapehook/cmd/scrapehook/internal/sending"
	"github.com/scrapehook/scrapehook/internal/delivery"
)

// answering is the URL of an endpoint that answers with codes, one an attempt,
// the last one repeating; 0 hangs up.
func answering(t *testing.T, codes ...int) string {
	t.Helper()
	var attempts atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		code := codes[min(int(attempts.Add(1)), len(codes))-1]
		if code == 0 {
			panic(http.ErrAbortHandler)
		}
		w.Header().Set("Location", "/elsewhere")
		w.WriteHeader(code)
	}))
	t.Cleanup(server.Close)
	return server.URL + "/hook"
}

// refusing is the URL of an endpoint where nothing listens.
const refusing = "http://127.0.0.1:1/"

func TestSend(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name    string
		codes   []int // of the endpoint; nil refuses
		args    []string
		code    int
		reasons []delivery.Reason
		wants   []string // in the text
	}{
		{"acknowledged", []int{204}, nil, 0, []delivery.Reason{"acked"},
			[]string{"scrapingjob_id=1234&status=finished&sitemap_id=12&sitemap_name=my-sitemap", "attempt 1 of 3: acked", "answered 204", "acknowledged after 1 attempt\n"}},
		{"acknowledged at last", []int{500, 204}, nil, 0, []delivery.Reason{"rejected", "acked"},
			[]string{"attempt 1 of 3: rejected", "500 Internal Server Error; resend in ", "attempt 2 of 3: acked", "acknowledged after 2 attempts"}},
		{"given up", []int{500}, nil, 1, []delivery.Reason{"rejected", "rejected", "rejected"}, []string{"given up after 3 attempts\n"}},
		{"redirected", []int{302}, []string{"--attempts", "1"}, 1, []delivery.Reason{"rejected"}, []string{"302 Found", "not followed", "after 1 attempt\n"}},
		{"closed at once", []int{0}, []string{"--attempts", "2"}, 1, []delivery.Reason{"reset", "reset"}, []string{"attempt 2 of 2: reset"}},
		{"refused", nil, []string{"--attempts", "2"}, 3, []delivery.Reason{"refused", "refused"}, []string{"connection refused", "none reached the endpoint"}},
		{"without limit", []int{500, 500, 500, 500, 200}, []string{"--attempts", "0"}, 0,
			[]delivery.Reason{"rejected", "rejected", "rejected", "rejected", "acked"}, []string{"attempt 5: acked"}},
		{"another profile", []int{200}, []string{"--profile", "2022", "--custom-id", "a b", "--status", "failed"}, 0,
			[]delivery.Reason{"acked"}, []string{"status=failed", "&custom_id=a+b"}},
	} {
		for _, output := range []string{"text", "json"} {
			t.Run(tc.name+", "+output, func(t *testing.T) {
				t.Parallel()
				url := refusing
				if tc.codes != nil {
					url = answering(t, tc.codes...)
				}
				args := append([]string{"send", url, "--resend-delay", "1ms", "--output", output}, tc.args...)
				var stdout, stderr strings.Builder
				if code := run(t.Context(), args, &stdout, &stderr); code != tc.code {
					t.Errorf("exit code %d, want %d; stderr %s", code, tc.code, stderr.String())
				}
				if stderr.Len() > 0 {
					t.Errorf("stderr: %s", stderr.String())
				}
				if output == "text" {
					for _, want := range tc.wants {
						if !strings.Contains(stdout.String(), want) {
							t.Errorf("stdout\n%s lacks %q", stdout.String(), want)
						}
					}
					return
				}
				var doc sending.Document
				if err := json.Unmarshal([]byte(stdout.String()), &doc); err != nil {
					t.Fatalf("%v in %s", err, stdout.String())
				}
				var reasons []delivery.Reason
				for _, a := range doc.Attempts {
					reasons = append(reasons, a.Reason)
				}
				if !slices.Equal(reasons, tc.reasons) || (doc.Outcome == sending.Acknowledged) != (tc.code == 0) {
					t.Errorf("outcome %s, attempts %v, want %v", doc.Outcome, reasons, tc.reasons)
				}
			})
		}
	}
}

func TestSendRefusesWhatTheCloudWouldNotSend(t *testing.T) {
	t.Parallel()
	const url = refusing
	for _, tc := range []struct {
		args []string
		want string
	}{
		{[]string{}, "URL is missing: scrapehook send URL"},
		{[]string{"127.0.0.1:1"}, "did you mean http://127.0.0.1:1?"},
		{[]string{"ftp://127.0.0.1/"}, "neither an http://"},
		{[]string{url, "--status", "archived"}, `"archived" is not a status`},
		{[]string{url, "--status", "started"}, "profile 2020 does not notify it"},
		{[]string{url, "--status", "shelved", "--profile", "2022"}, "only finished, failed and stopped"},
		{[]string{url, "--profile", "2021"}, `"2021" is not a profile`},
		{[]string{url, "--job-id", "0"}, "--job-id 0"},
		{[]string{url, "--sitemap-id", "-1"}, "--sitemap-id -1"},
		{[]string{url, "--custom-id", "x"}, "profile 2020 sends none"},
		{[]string{url, "--attempts", "-1"}, "--attempts -1"},
		{[]string{url, "--resend-delay", "-1s"}, "--resend-delay -1s"},
		{[]string{url, "--output", "xml"}, `--output "xml"`},
		{[]string{url, "--no-such-flag"}, "send has no flag --no-such-flag"},
	} {
		t.Run(strings.Join(tc.args, " "), func(t *testing.T) {
			t.Parallel()
			var stdout, stderr strings.Builder
			if code := run(t.Context(), append([]string{"send"}, tc.args...), &stdout, &stderr); code != exitUsage {
				t.Errorf("exit code %d, want %d", code, exitUsage)
			}
			if got := stderr.String(); !strings.Contains(got, tc.want) || strings.Count(got, "\n") != 1 || stdout.Len() > 0 {
				t.Errorf("stderr %q, want one line with %q", got, tc.want)
			}
		})
	}
}

// TestSendInterrupted interrupts once between attempts and once within one.
func TestSendInterrupted(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, want string
		answer     bool
	}{
		{"while it waits for the resend", "interrupted: attempt 2 of 3 was due in ", true},
		{"within an attempt", "interrupted: attempt 1 of 3 was under way", false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			ctx, interrupt := context.WithCancel(t.Context())
			defer interrupt()
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				_, _ = io.Copy(io.Discard, r.Body)
				if tc.answer {
					w.WriteHeader(http.StatusInternalServerError)
					return
				}
				interrupt()
				<-r.Context().Done()
			}))
			t.Cleanup(server.Close)
			stdout := &watchedWriter{after: "resend in", then: interrupt}
			if code := run(ctx, []string{"send", server.URL}, stdout, io.Discard); code != exitInterrupted {
				t.Errorf("exit code %d", code)
			}
			if !strings.Contains(stdout.text.String(), tc.want) {
				t.Errorf("stdout\n%s lacks %q", stdout.text.String(), tc.want)
			}
		})
	}
}

// watchedWriter calls then when after was written.
type watchedWriter struct {
	text  strings.Builder
	after string
	then  func()
}

func (w *watchedWriter) Write(p []byte) (int, error) {
	if strings.Contains(string(p), w.after) {
		w.then()
	}
	return w.text.Write(p)
}
