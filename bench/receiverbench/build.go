package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// The sources of what is built for a run, from the repository's root.
const (
	// riverPackage is the handler that inserts with River.
	riverPackage = "bench/receiverbench/river"
	thisPackage  = "bench/receiverbench"
	profile      = ".ci/build.pgo"
)

// buildRiver builds the handler that inserts with River.
func (b *bench) buildRiver(ctx context.Context) string {
	return b.build(ctx, "River's handler", riverPackage, "river")
}

// buildProfiled builds this program, for its bare handler, by the profile by
// which scrapehook is built.
func (b *bench) buildProfiled(ctx context.Context) string {
	path, err := filepath.Abs(profile)
	if err != nil {
		path = profile
	}
	return b.build(ctx, "the bare handler by scrapehook's profile", thisPackage, "profiled", "-pgo", path)
}

// build builds the package in a folder and returns the binary's path, or "" after
// it has said what is left out.
func (b *bench) build(ctx context.Context, what, folder, name string, flags ...string) string {
	binary := filepath.Join(b.dir, name)
	cmd := exec.CommandContext(ctx, "go", append(append([]string{"build", "-o", binary}, flags...), ".")...) //nolint:gosec // ours, into a directory of ours
	cmd.Dir = folder
	if out, err := cmd.CombinedOutput(); err != nil {
		if len(out) > 0 {
			err = errors.New(firstLine(out) + ": " + err.Error())
		}
		fmt.Fprintf(os.Stderr, "receiverbench: %s is left out, because it can't be built: %v\n", what, err)
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
