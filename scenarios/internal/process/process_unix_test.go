//go:build !windows

package process_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/scrapehook/scrapehook/scenarios/internal/process"
)

// The commands of the tests, for sh.
const (
	fails = "echo no database >&2; exit 7"
	waits = "exec sleep 60"
)

func quoted(path string) string  { return "'" + path + "'" }
func alone(self string) string   { return "exec " + self }
func deaf(self string) string    { return "SERVE_DEAF=1 exec " + self }
func inChild(self string) string { return "echo began; " + self + " & wait" }

func TestOutputIsBounded(t *testing.T) {
	t.Parallel()
	p, _ := prepare(t, fmt.Sprintf("echo first; yes 0123456789 | head -c %d; echo last; exec %s", 4<<20, self(t)))
	if err := p.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := p.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	out := p.Log().String()
	if len(out) > 1<<20 || !strings.HasPrefix(out, "first\n") || !strings.Contains(out, "left out") || !strings.Contains(out, "last\n") {
		t.Errorf("%d bytes, from %.20q", len(out), out)
	}
}

func TestExternal(t *testing.T) {
	t.Parallel()
	_, addr := prepare(t, "")
	pidFile := t.TempDir() + "/pid"
	p := process.NewExternal(process.Config{
		Env: []string{"SERVE_ADDR=" + addr}, Endpoint: "http://" + addr + "/",
	}, self(t)+" >/dev/null 2>&1 & echo $! > "+pidFile, "kill -9 $(cat "+pidFile+")")
	for range 2 {
		if err := p.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := p.Start(t.Context()); err != nil { // it is there already
			t.Fatal(err)
		}
		if err := p.Crash(t.Context()); err != nil {
			t.Fatal(err)
		}
		if process.Answers(t.Context(), "http://"+addr+"/") {
			t.Fatal("answers after its end")
		}
	}
	if err := p.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	broken := process.NewExternal(process.Config{Endpoint: "http://" + addr + "/"}, "echo no such container >&2; exit 4", "true")
	if err := broken.Start(t.Context()); err == nil || !strings.Contains(err.Error(), "exit status 4") || !strings.Contains(broken.Log().String(), "no such container") {
		t.Errorf("error %v, output %q", err, broken.Log().String())
	}
}
