package main

import (
	"encoding/pem"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/scrapehook/scrapehook/internal/config"
)

// TestScripts plays what users type, in testdata/script. Beside testscript's own
// commands there are:
//
//	terminal COLUMNS ROWS COMMAND…  runs it in a pseudo-terminal of that size (Linux)
//	code N COMMAND…                 runs it, and wants that exit code
//
// and in the environment: $ENDPOINT, which answers 200 to everything, $BROKEN,
// which answers 500, $CLOSED, where nothing listens, $TAKEN, an address that is in
// use, and $HANDLER, see [handler], with $SECURE, the same over https, whose
// authority's certificate is in ca.pem.
func TestScripts(t *testing.T) {
	t.Parallel()
	answer := func(status int) string {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }))
		t.Cleanup(server.Close)
		return server.URL
	}
	secure := httptest.NewTLSServer(http.HandlerFunc(handler))
	plain := httptest.NewServer(http.HandlerFunc(handler))
	t.Cleanup(func() { secure.Close(); plain.Close() })
	ca := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: secure.Certificate().Raw})
	good, broken := answer(http.StatusOK), answer(http.StatusInternalServerError)
	var lc net.ListenConfig
	taken, err := lc.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = taken.Close() })
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script", RequireUniqueNames: true, RequireExplicitExec: false,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"terminal": terminal, "code": wantCode},
		Setup: func(env *testscript.Env) error {
			env.Setenv("ENDPOINT", good)
			env.Setenv("BROKEN", broken)
			env.Setenv("CLOSED", refusing)
			env.Setenv("TAKEN", taken.Addr().String())
			env.Setenv("HANDLER", plain.URL)
			env.Setenv("SECURE", secure.URL)
			return os.WriteFile(filepath.Join(env.WorkDir, "ca.pem"), ca, 0o600)
		},
	})
}

// handler answers as handlers of users do, by the path: /python with a traceback,
// /php with an error and 200, /binary with an image, /escapes with what would steer
// a terminal, and anything else with what it was sent: X-Token, Host and the form.
func handler(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("X-Framework", "flask/3")
	switch r.URL.Path {
	case "/python":
		w.WriteHeader(http.StatusInternalServerError)
		_, _ = io.WriteString(w, "Traceback (most recent call last):\n"+strings.Repeat("  File \"h.py\", line 7, in app\n", 30)+
			"ZeroDivisionError: a division by zero in a line that is longer than a narrow terminal\n")
	case "/php":
		w.Header().Set("Content-Type", "text/html")
		_, _ = io.WriteString(w, "<br />\n<b>Fatal error</b>:  Uncaught RuntimeException: no table in h.php:2\n")
	case "/binary":
		w.Header().Set("Content-Type", "image/png")
		_, _ = w.Write([]byte("\x89PNG\x00"))
	case "/escapes":
		_, _ = io.WriteString(w, "\x1b]0;title\a\n")
	default:
		form, _ := io.ReadAll(r.Body)
		_, _ = fmt.Fprintf(w, "token=%q host=%q form=%s", r.Header.Get("X-Token"), r.Host, form)
	}
}

// wantCode is code N COMMAND….
func wantCode(ts *testscript.TestScript, neg bool, args []string) {
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	err = ts.Exec(args[1], args[2:]...)
	got := 0
	if exit, ok := err.(interface{ ExitCode() int }); ok {
		got = exit.ExitCode()
	} else if err != nil {
		ts.Fatalf("%v", err)
	}
	if neg || got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
}

var escapes = regexp.MustCompile("\x1b\\[[0-9;?]*[A-Za-z]")

// tooWide returns the lines of text that are wider than that many columns.
func tooWide(text string, columns int) []string {
	var wide []string
	for line := range strings.Lines(escapes.ReplaceAllString(text, "")) {
		if line = strings.TrimRight(line, "\r\n"); utf8.RuneCountInString(line) > columns {
			wide = append(wide, line)
		}
	}
	return wide
}

// TestHelpOfEveryCommand: each has an example, says its exit codes if it has its
// own, and is never wider than 100 columns.
func TestHelpOfEveryCommand(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, name := range append(slices.Sorted(maps.Keys(config.Commands(newRootCmd()))), "", "explain", "version", "init", "config show", "man") {
		var help, errs strings.Builder
		args := append(strings.Fields(name), "--help")
		if code := run(t.Context(), args, &help, &errs); code != 0 || errs.Len() > 0 {
			t.Errorf("%v: exit code %d, %s", args, code, errs.String())
		}
		if wide := tooWide(help.String(), 100); len(wide) > 0 {
			t.Errorf("%v: lines wider than 100 columns:\n%s", args, strings.Join(wide, "\n"))
		}
		if !strings.Contains(help.String(), "Examples:") {
			t.Errorf("%v: the help has no example", args)
		}
		if strings.Contains(help.String(), " the same,") {
			t.Errorf("%v: a flag's help needs the line above it", args)
		}
	}
}
