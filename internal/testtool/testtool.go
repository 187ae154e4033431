// Package testtool says which programs tests may use. `make test` and continuous
// integration run every test: a tool that is missing there is a failure, unless
// the environment variable TESTS_WITHOUT names it. Elsewhere, as in a plain
// `go test ./...`, a test whose tool is missing is skipped and says so.
package testtool

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// without names the tools that can't be had, separated by spaces. When it is
// set, even to nothing, no other tool may be missing.
const without = "TESTS_WITHOUT"

// tools has a check for each tool that is more than a program of its name.
var tools = map[string]func() error{
	"postgres": func() error {
		// Debian keeps the server's programs out of the path.
		if found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/postgres"); len(found) > 0 {
			return nil
		}
		return program("initdb")
	},
	"php": func() error { return run("php", "-r", `exit(extension_loaded("pdo_sqlite") ? 0 : 1);`) },
	// Debian's packages are for Debian's interpreter, beside which there may be
	// others.
	"flask":    func() error { return run("/usr/bin/python3", "-c", "import flask") },
	"openpyxl": func() error { return run("/usr/bin/python3", "-c", "import openpyxl") },
	"pandas":   func() error { return run("/usr/bin/python3", "-c", "import pandas") },
	"guzzle":   func() error { return run("test", "-e", "/usr/share/php/GuzzleHttp/autoload.php") },
	"perl": func() error {
		return run("perl", "-MDBD::Pg", "-MHTTP::Daemon", "-MLWP::UserAgent", "-MJSON::XS", "-e", "1")
	},
	"pytest":   func() error { return run("/usr/bin/python3", "-c", "import pytest") },
	"minitest": func() error { return run("ruby", "-e", `require "minitest"`) },
	"webrick":  func() error { return run("ruby", "-e", `require "webrick"`) },
	"nginx": func() error {
		// Debian keeps servers out of the path of users.
		return run("sh", "-c", "PATH=$PATH:/usr/sbin command -v nginx")
	},
	"buildah": func() error { return errors.Join(program("buildah"), run("unshare", "--mount", "true")) },
	"mount": func() error {
		args := []string{"--mount", "mount", "-t", "tmpfs", "tmpfs", os.TempDir()}
		if os.Getuid() != 0 {
			args = slices.Insert(args, 1, "--map-root-user")
		}
		return run("unshare", args...)
	},
}

// Need skips the test when tool can't be had, and fails it where no tool may be
// missing.
func Need(tb testing.TB, tool string) {
	tb.Helper()
	if LeftOut(tool) {
		tb.Skipf("left out: %s can't be had here", tool)
	}
	if err := check(tool); err != nil {
		Missing(tb, tool, err)
	}
}

// Has is [Need] for what a test does in passing: where the tool can't be had, it
// says what is left out, and the test goes on.
func Has(tb testing.TB, tool string) bool {
	tb.Helper()
	err := check(tool)
	if LeftOut(tool) || err != nil && !Strict() {
		tb.Logf("left out: what %s would check", tool)
		return false
	}
	if err != nil {
		tb.Fatalf("%s is missing (make deps installs it): %v", tool, err)
	}
	return true
}

// Available reports whether tests are to use tool, for a TestMain. Where no tool
// may be missing they are, and fail.
func Available(tool string) bool { return !LeftOut(tool) && (Strict() || check(tool) == nil) }

// Missing is [Need] for a test that has found out by itself that tool is
// missing, and why.
func Missing(tb testing.TB, tool string, why error) {
	tb.Helper()
	if Strict() && !LeftOut(tool) {
		tb.Fatalf("%s is missing (make deps installs it): %v", tool, why)
	}
	tb.Skipf("left out: %s is missing (make deps installs it): %v", tool, why)
}

// LeftOut reports whether the environment says that tool can't be had.
func LeftOut(tool string) bool { return slices.Contains(strings.Fields(os.Getenv(without)), tool) }

// Strict reports whether a tool that is missing is a failure.
func Strict() bool {
	_, set := os.LookupEnv(without)
	return set || os.Getenv("CI") == "true"
}

func check(tool string) error {
	if special := tools[tool]; special != nil {
		return special()
	}
	return program(tool)
}

func program(name string) error {
	_, err := exec.LookPath(name)
	return err
}

func run(name string, args ...string) error {
	out, err := exec.Command(name, args...).CombinedOutput() //nolint:gosec,noctx // commands of the table above, which end by themselves
	if err != nil {
		return fmt.Errorf("%w: %s", err, strings.TrimSpace(string(out)))
	}
	return nil
}
