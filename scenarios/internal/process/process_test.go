package process_test

import (
	"context"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/scrapehook/scrapehook/scenarios/internal/process"
)

// prepare returns a process that is not started, and the address that its
// command finds in SERVE_ADDR.
func prepare(t *testing.T, command string) (*process.Process, string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().String()
	_ = l.Close()
	p := process.New(process.Config{
		Command:  command,
		Env:      []string{"SERVE_ADDR=" + addr},
		Endpoint: "http://" + addr + "/",
	})
	t.Cleanup(func() { _ = p.Stop(context.Background()) })
	return p, addr
}

func TestStartCrashStart(t *testing.T) {
	t.Parallel()
	p, addr := prepare(t, inChild(self(t)))
	for round := range 3 {
		if err := p.Start(t.Context()); err != nil {
			t.Fatalf("round %d: %v", round, err)
		}
		if !p.Running() || !process.Answers(t.Context(), "http://"+addr+"/") {
			t.Fatalf("round %d: not running after its start", round)
		}
		if err := p.Crash(t.Context()); err != nil {
			t.Fatal(err)
		}
		if p.Running() {
			t.Fatalf("round %d: running after its end", round)
		}
		// The child of the shell held the port; it must be free at once.
		l, err := net.Listen("tcp", addr)
		if err != nil {
			t.Fatalf("round %d: the group outlived its crash: %v", round, err)
		}
		_ = l.Close()
	}
	if got := strings.Count(p.Log().String(), "began"); got != 3 {
		t.Errorf("output %q, want three starts", p.Log().String())
	}
}

func TestStopIsPolite(t *testing.T) {
	t.Parallel()
	p, _ := prepare(t, alone(self(t)))
	if err := p.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := p.Stop(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if !strings.Contains(p.Log().String(), "terminated politely") {
		t.Errorf("output %q", p.Log().String())
	}
}

func TestStopKillsTheDeaf(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().String()
	_ = l.Close()
	p := process.New(process.Config{
		Command: deaf(self(t)), Env: []string{"SERVE_ADDR=" + addr},
		Endpoint: "http://" + addr + "/", StopTimeout: 50 * time.Millisecond,
	})
	if err := p.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := p.Stop(t.Context()); err != nil || p.Running() {
		t.Fatalf("stop: %v, running %v", err, p.Running())
	}
}

func TestStartFails(t *testing.T) {
	t.Parallel()
	t.Run("command ends", func(t *testing.T) {
		t.Parallel()
		p, _ := prepare(t, fails)
		err := p.Start(t.Context())
		if err == nil || !strings.Contains(err.Error(), "exit status 7") || !strings.Contains(p.Log().String(), "no database") {
			t.Errorf("error %v, output %q", err, p.Log().String())
		}
	})
	t.Run("never answers", func(t *testing.T) {
		t.Parallel()
		p := process.New(process.Config{
			Command: waits, Endpoint: "http://127.0.0.1:1/", StartTimeout: 100 * time.Millisecond,
		})
		t.Cleanup(func() { _ = p.Crash(context.Background()) })
		if err := p.Start(t.Context()); err == nil || !strings.Contains(err.Error(), "within 100ms") {
			t.Errorf("error %v", err)
		}
	})
	t.Run("port taken", func(t *testing.T) {
		t.Parallel()
		p, addr := prepare(t, alone(self(t)))
		if err := p.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		other := process.New(process.Config{Command: "true", Endpoint: "http://" + addr + "/"})
		if err := other.Start(t.Context()); err == nil || !strings.Contains(err.Error(), "already") {
			t.Errorf("error %v", err)
		}
	})
}
