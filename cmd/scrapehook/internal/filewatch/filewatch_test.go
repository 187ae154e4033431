package filewatch_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/scrapehook/scrapehook/cmd/scrapehook/internal/filewatch"
)

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestNext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		handler, other := filepath.Join(dir, "handler.py"), filepath.Join(dir, "notes.txt")
		folder := filepath.Join(dir, "src")
		if err := os.MkdirAll(filepath.Join(folder, "node_modules"), 0o700); err != nil {
			t.Fatal(err)
		}
		write(t, handler, "a")
		write(t, other, "a")
		write(t, filepath.Join(folder, "b.js"), "a")
		w, err := filewatch.New([]string{filepath.Join(dir, "*.py"), folder})
		if err != nil {
			t.Fatal(err)
		}
		var changed []string
		done := make(chan time.Time, 1)
		next := func() {
			t.Helper()
			go func() {
				var err error
				if changed, err = w.Next(t.Context()); err != nil {
					t.Error(err)
				}
				done <- time.Now()
			}()
		}
		next()
		write(t, other, "bb")
		write(t, filepath.Join(folder, "node_modules", "x.js"), "a")
		time.Sleep(time.Minute)
		synctest.Wait()
		select {
		case <-done:
			t.Fatalf("what is not watched is seen: %v", changed)
		default:
		}
		began := time.Now()
		for text := "b"; len(text) < 10; text += "b" { // in several steps
			write(t, handler, "a"+text)
			time.Sleep(200 * time.Millisecond)
		}
		write(t, filepath.Join(folder, "new.js"), "a")
		last := time.Now()
		if at := <-done; at.Before(last) || at.Sub(last) > 2*time.Second {
			t.Errorf("the last change was after %v, and told after %v", last.Sub(began), at.Sub(began))
		}
		if want := []string{handler, filepath.Join(folder, "new.js")}; !slices.Equal(changed, want) {
			t.Errorf("%v has changed, want %v", changed, want)
		}
		if err := os.Remove(handler); err != nil {
			t.Fatal(err)
		}
		next() // a change that nobody waited for
		<-done
		if !slices.Equal(changed, []string{handler}) {
			t.Errorf("%v has changed", changed)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := w.Next(ctx); !errors.Is(err, context.Canceled) {
			t.Errorf("after the end: %v", err)
		}
	})
}

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	for pattern, want := range map[string]string{
		filepath.Join(t.TempDir(), "none"): "there is no such file",
		"[":                                "is not a pattern",
	} {
		if _, err := filewatch.New([]string{pattern}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", pattern, err, want)
		}
	}
}
