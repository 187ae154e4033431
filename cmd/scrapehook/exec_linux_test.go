package main

import (
	"bufio"
	"errors"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
)

// TestExecInterrupted: what is typed at the terminal reaches the command once,
// and scrapehook waits for what it makes of it.
func TestExecInterrupted(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ name, typed, signal, stdin string }{
		{"Ctrl-C", "\x03", "INT", ""},
		{"Ctrl-backslash", "\x1c", "QUIT", ""},
		{"Ctrl-C while the input is not the terminal", "\x03", "INT", os.DevNull},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			ours, theirs, err := openTerminal(80, 24)
			if err != nil {
				t.Fatal(err)
			}
			self, err := os.Executable()
			if err != nil {
				t.Fatal(err)
			}
			const script = `n=0; trap 'echo got it; n=1' SIGNAL; echo ready; while [ $n = 0 ]; do sleep 0.02; done; sleep 0.2; exit 5`
			cmd := exec.CommandContext(t.Context(), self)
			cmd.Args = []string{"scrapehook", "exec", "--", "sh", "-c", strings.ReplaceAll(script, "SIGNAL", tc.signal)}
			cmd.Dir = t.TempDir()
			cmd.Stdin, cmd.Stdout, cmd.Stderr = theirs, theirs, theirs
			cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true, Ctty: 1}
			if tc.stdin != "" {
				if cmd.Stdin, err = os.Open(tc.stdin); err != nil {
					t.Fatal(err)
				}
			}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			_ = theirs.Close()
			shown := bufio.NewReader(ours)
			if line, err := shown.ReadString('\n'); err != nil || strings.TrimSpace(line) != "ready" {
				t.Fatalf("it shows %q, %v", line, err)
			}
			if _, err := io.WriteString(ours, tc.typed); err != nil {
				t.Fatal(err)
			}
			rest, err := io.ReadAll(shown) // ends with EIO when the program has ended
			if err != nil && !errors.Is(err, syscall.EIO) {
				t.Fatal(err)
			}
			_ = ours.Close()
			_ = cmd.Wait() // its exit code says more
			if code := cmd.ProcessState.ExitCode(); code != 5 || strings.Count(string(rest), "got it") != 1 {
				t.Errorf("exit code %d, and it shows %q", code, rest)
			}
		})
	}
}
