package main

import (
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
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
// which answers 500, $CLOSED, where nothing listens, and $TAKEN, an address that
// is in use.
func TestScripts(t *testing.T) {
	t.Parallel()
	answer := func(status int) string {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }))
		t.Cleanup(server.Close)
		return server.URL
	}
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
			return nil
		},
	})
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
