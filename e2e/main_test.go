// Package e2e_test runs the product as its users do: the built binary, over
// real HTTP, with real kills.
package e2e_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/scrapehook/scrapehook/internal/testtool"
)

const module = "github.com/scrapehook/scrapehook"

// The binaries under test, built without the race detector, as they ship.
var (
	scrapehookBinary string
	serveBinary      string // the mutants
)

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
	dir, err := os.MkdirTemp("", "scrapehook-e2e-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	scrapehookBinary, serveBinary = filepath.Join(dir, "scrapehook"), filepath.Join(dir, "serve")
	for binary, pkg := range map[string]string{
		scrapehookBinary: module + "/cmd/scrapehook",
		serveBinary:      module + "/e2e/mutants/serve",
	} {
		build := exec.Command("go", "build", "-o", binary, pkg)
		build.Env = append(os.Environ(), "CGO_ENABLED=0")
		if out, err := build.CombinedOutput(); err != nil {
			fmt.Fprintf(os.Stderr, "building %s: %v\n%s", pkg, err, out)
			return 1
		}
	}
	return m.Run()
}

// outcome is what came of a command.
type outcome struct {
	code           int
	stdout, stderr string
}

// scrapehook runs the binary in a directory of its own, with an environment
// that knows nothing of ours. It fails the test when that takes longer than any
// command may.
func scrapehook(t *testing.T, args ...string) outcome {
	t.Helper()
	return scrapehookIn(t, t.TempDir(), nil, args...)
}

func scrapehookIn(t *testing.T, dir string, env []string, args ...string) outcome {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 8*time.Minute)
	defer cancel()
	cmd := command(ctx, dir, env, args...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) || ctx.Err() != nil {
		t.Fatalf("scrapehook %s: %v\n%s", strings.Join(args, " "), err, stderr.String())
	}
	return outcome{cmd.ProcessState.ExitCode(), stdout.String(), stderr.String()}
}

// command prepares the binary to be run by the test itself. It is interrupted
// when ctx ends.
func command(ctx context.Context, dir string, env []string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, scrapehookBinary, args...)
	cmd.Dir = dir
	cmd.Env = slices.DeleteFunc(os.Environ(), func(v string) bool {
		return strings.HasPrefix(v, "SCRAPEHOOK_") || strings.HasPrefix(v, "WEBSCRAPER_") || strings.HasPrefix(v, "PORT=")
	})
	cmd.Env = append(cmd.Env, env...)
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 30 * time.Second
	return cmd
}

// handedOut are the addresses that freeAddress has returned: the system may
// offer one again as long as nobody listens there yet.
var handedOut sync.Map

// freeAddress returns an address of loopback that nobody listens on, and that
// no other test has been given.
func freeAddress(t *testing.T) string {
	t.Helper()
	for {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		address := l.Addr().String()
		_ = l.Close() // nothing was said over it
		if _, taken := handedOut.LoadOrStore(address, true); !taken {
			return address
		}
	}
}

// listener returns an address of loopback that is taken, by somebody who never
// answers.
func listener(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l.Addr().String()
}

// needs skips or fails the test when tool can't be had.
func needs(t *testing.T, tool string) {
	t.Helper()
	testtool.Need(t, tool)
}
