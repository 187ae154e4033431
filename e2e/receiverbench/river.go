package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// riverModule is where the handler that inserts with River is, from the
// repository's root.
const riverModule = "e2e/receiverbench/river"

// buildRiver builds the handler that inserts with River and returns its path. It
// has dependencies of its own, which may not be to be had: then it says so and
// returns "".
func buildRiver(ctx context.Context, dir string) string {
	binary := filepath.Join(dir, "river")
	_, err := os.Stat(filepath.Join(riverModule, "go.mod"))
	if err == nil {
		build := exec.CommandContext(ctx, "go", "build", "-o", binary, ".") //nolint:gosec // ours, into a directory of ours
		build.Dir = riverModule
		out, buildErr := build.CombinedOutput()
		if err = buildErr; err != nil {
			err = errors.New(firstLine(out) + ": " + err.Error())
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "receiverbench: River is left out, because its handler can't be built:", err)
		return ""
	}
	return binary
}

func firstLine(text []byte) string {
	for i, c := range text {
		if c == '\n' {
			return string(text[:i])
		}
	}
	return string(text)
}
