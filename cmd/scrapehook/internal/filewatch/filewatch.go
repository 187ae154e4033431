// Package filewatch waits until files change. It looks at them again and again,
// which works on every system and file system, shared folders of containers too.
package filewatch

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// How often it looks, and how long nothing must have changed since: an editor writes
// a file in several steps, and a build several files.
const (
	every = 250 * time.Millisecond
	quiet = 300 * time.Millisecond
)

// maxFiles bounds what is looked at again and again.
const maxFiles = 10_000

// Watcher knows how files were when they were looked at last. It is for one
// goroutine.
type Watcher struct {
	patterns []string
	last     files
}

// files are the state of each file by its path.
type files map[string]state

type state struct {
	size     int64
	modified time.Time
}

// New returns a watcher of files, folders with all that is below them, and patterns
// like src/*.py. Each must be there; files that appear later are seen too.
func New(patterns []string) (*Watcher, error) {
	w := &Watcher{patterns: patterns}
	for _, pattern := range patterns {
		found, err := look([]string{pattern})
		if err != nil {
			return nil, err
		}
		if len(found) == 0 {
			return nil, fmt.Errorf("%s: there is no such file", pattern)
		}
	}
	var err error
	w.last, err = look(patterns)
	return w, err
}

// Next waits for a change since the last call, or since New, and returns the paths
// that changed once they have been quiet for a moment. An error is that ctx has
// ended, or that there are too many files.
func (w *Watcher) Next(ctx context.Context) ([]string, error) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	seen, since := w.last, time.Now()
	for {
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-tick.C:
		}
		now, err := look(w.patterns)
		if err != nil {
			return nil, err
		}
		if !maps.Equal(now, seen) {
			seen, since = now, time.Now()
		}
		if changed := differing(w.last, seen); len(changed) > 0 && time.Since(since) >= quiet {
			w.last = seen
			return changed, nil
		}
	}
}

// differing are the paths that are not the same in both.
func differing(a, b files) []string {
	var paths []string
	for path, was := range a {
		if is, ok := b[path]; !ok || is != was {
			paths = append(paths, path)
		}
	}
	for path := range b {
		if _, ok := a[path]; !ok {
			paths = append(paths, path)
		}
	}
	slices.Sort(paths)
	return paths
}

// look finds the files of patterns, and how they are. Those that go meanwhile are
// not there.
func look(patterns []string) (files, error) {
	found := files{}
	for _, pattern := range patterns {
		paths, err := filepath.Glob(pattern)
		if err != nil {
			return nil, fmt.Errorf("%q is not a pattern of files: %w", pattern, err)
		}
		if _, err := os.Stat(pattern); err == nil && len(paths) == 0 {
			paths = []string{pattern} // its name has a character of patterns
		}
		for _, path := range paths {
			if err := walk(path, found); err != nil {
				return nil, err
			}
		}
	}
	return found, nil
}

// skipped are folders that change by themselves, or are no one's handler.
var skipped = []string{".git", "node_modules", "__pycache__", ".venv", "vendor"}

func walk(root string, found files) error {
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return nil //nolint:nilerr // it has gone, or may not be read
		case entry.IsDir() && path != root && slices.Contains(skipped, entry.Name()):
			return filepath.SkipDir
		case entry.IsDir():
			return nil
		case len(found) == maxFiles:
			return fmt.Errorf("%s has more than %d files: name those of the handler", root, maxFiles)
		}
		info, err := os.Stat(path) // of what a link leads to
		if err == nil {
			found[path] = state{info.Size(), info.ModTime()}
		} else if !errors.Is(err, fs.ErrNotExist) {
			found[path] = state{}
		}
		return nil
	})
	return err
}
