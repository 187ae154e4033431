package state_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/scrapehook/scrapehook/internal/cloud"
	"github.com/scrapehook/scrapehook/simulator/internal/state"
)

// FuzzOpen: a file that is damaged anywhere is refused, or read without what is
// lost.
func FuzzOpen(f *testing.F) {
	path := filepath.Join(f.TempDir(), "cloud.db")
	file, err := state.Open(f.Context(), path)
	if err != nil {
		f.Fatal(err)
	}
	if err = file.SetSeed(f.Context(), 7); err == nil {
		err = file.Keep(f.Context(), cloud.Transaction{NextJob: 4, Changes: []cloud.Change{{Kind: cloud.KindJob, ID: 3, State: []byte(`{"a":1}`)}}})
	}
	if err == nil {
		err = file.Queue(f.Context(), pending(1, 1))
	}
	if err == nil {
		err = file.Close()
	}
	if err != nil {
		f.Fatal(err)
	}
	whole, err := os.ReadFile(path)
	if err != nil {
		f.Fatal(err)
	}
	for _, at := range []uint32{0, 16, 24, 28, 60, 68, 100, 108, 4096, 8192} {
		f.Add(at, []byte{0})
		f.Add(at, []byte("damage"))
	}
	f.Fuzz(func(t *testing.T, at uint32, damage []byte) {
		content := append([]byte{}, whole...)
		copy(content[int(at)%len(content):], damage)
		path := filepath.Join(t.TempDir(), "cloud.db")
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		file, err := state.Open(t.Context(), path)
		if err != nil {
			return
		}
		_ = file.Load(t.Context(), func(cloud.Transaction) error { return nil })
		_, _, _ = file.Seed(t.Context())
		_, _, _ = file.Clock(t.Context())
		_, _, _ = file.Recover(t.Context(), time.Now(), func(int) time.Duration { return 0 })
		_, _ = file.Attempts(t.Context(), 10)
		_ = file.Close()
	})
}
