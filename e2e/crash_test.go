package e2e_test

import (
	"encoding/json"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/scrapehook/scrapehook/internal/pgtest"
	"github.com/scrapehook/scrapehook/receiver"
	"github.com/scrapehook/scrapehook/receiver/pgstore"
	"github.com/scrapehook/scrapehook/receiver/sqlstore"
)

// How long the crash tests are: a few kills, or as many as `make crash` asks
// for. The seed decides when and whom.
const (
	cyclesEnv = "CRASH_CYCLES"
	seedEnv   = "CRASH_SEED"
)

func crashSettings(t *testing.T) (cycles int, random *rand.Rand) {
	t.Helper()
	cycles, seed := 8, rand.Uint64()
	var err error
	if v := os.Getenv(cyclesEnv); v != "" {
		if cycles, err = strconv.Atoi(v); err != nil {
			t.Fatal(err)
		}
	}
	if v := os.Getenv(seedEnv); v != "" {
		if seed, err = strconv.ParseUint(v, 10, 64); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("%d kills, %s=%d", cycles, seedEnv, seed)
	return cycles, rand.New(rand.NewPCG(seed, 0))
}

// TestCrashSQLite kills the receiver at random moments under steady traffic.
func TestCrashSQLite(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	crash(t, dir, readRows(sqlstore.RowsPath(filepath.Join(dir, "r.db"))))
}

// TestCrashDirectory does the same to one whose rows go to files.
func TestCrashDirectory(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	rows := filepath.Join(dir, "rows")
	crash(t, dir, func(id int64) ([]json.RawMessage, error) {
		return readLines(filepath.Join(rows, strconv.FormatInt(id, 10)+".jsonl"))
	}, "--sink", "dir:"+rows)
}

// crash kills a receiver on SQLite in dir, and compares what it has imported.
func crash(t *testing.T, dir string, imported func(id int64) ([]json.RawMessage, error), flags ...string) {
	t.Helper()
	cycles, random := crashSettings(t)
	address, store := freeAddress(t), filepath.Join(dir, "r.db")
	world := newWorld(t, address)
	victim := world.receiver(t, dir, address, store, flags...)
	victim.start(t)
	for range cycles {
		pauseUpTo(t, random, 300*time.Millisecond)
		victim.kill(t)
		victim.start(t)
	}
	world.settle(t)
	awaitIdle(t, store)
	world.compare(t, imported)
}

// TestCrashPostgres kills one of three receivers at a time, and now and then
// the database under all of them.
func TestCrashPostgres(t *testing.T) {
	t.Parallel()
	cycles, random := crashSettings(t)
	server := postgres(t)
	url := server.Database(t)
	front := freeAddress(t)
	world := newWorld(t, front)
	fleet := make([]*process, 3)
	backends := make([]string, 0, len(fleet))
	for i := range fleet {
		address := freeAddress(t)
		fleet[i] = world.receiver(t, t.TempDir(), address, url, "--lease", "2s")
		fleet[i].start(t)
		backends = append(backends, address)
	}
	balancer := exec.CommandContext(t.Context(), program(t, "roundrobin"), append([]string{front}, backends...)...)
	if err := balancer.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = balancer.Process.Kill() // it may have ended
		_ = balancer.Wait()
	})
	for cycle := range cycles {
		pauseUpTo(t, random, 300*time.Millisecond)
		if cycle%5 == 4 {
			restart(t, server)
			continue
		}
		victim := fleet[random.IntN(len(fleet))]
		victim.kill(t)
		victim.start(t)
	}
	world.settle(t)
	awaitIdle(t, url)
	store, err := pgstore.Open(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	world.compare(t, func(id int64) ([]json.RawMessage, error) { return store.Rows.Rows(t.Context(), id, 1000) })
}

func restart(t *testing.T, server *pgtest.Server) {
	t.Helper()
	if err := server.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := server.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// pauseUpTo lets the traffic go on for a random while, which is the one thing
// here that is a time and no effect.
func pauseUpTo(t *testing.T, random *rand.Rand, most time.Duration) {
	t.Helper()
	select {
	case <-time.After(time.Duration(random.Int64N(int64(most)))):
	case <-t.Context().Done():
	}
}

// awaitIdle waits until nothing is left to import.
func awaitIdle(t *testing.T, store string) {
	t.Helper()
	waitFor(t, "every import is done", func() bool {
		l, err := backlog(t, store)
		return err == nil && l.Wanted == 0
	})
}

func backlog(t *testing.T, store string) (receiver.Backlog, error) {
	t.Helper()
	if pgstore.IsURL(store) {
		s, err := pgstore.Open(t.Context(), store)
		if err != nil {
			return receiver.Backlog{}, err
		}
		defer s.Close()
		return s.Inbox.Backlog(t.Context())
	}
	s, err := sqlstore.OpenDesk(t.Context(), store)
	if err != nil {
		return receiver.Backlog{}, err
	}
	defer s.Close()
	return s.Backlog(t.Context())
}

// waitFor waits for an effect. The deadline is for what hangs, not for what is
// slow.
func waitFor(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(5 * time.Minute); !ok(); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not within five minutes: %s", what)
		}
	}
}
