package e2e_test

import (
	"bufio"
	"context"
	"io"
	"os/exec"
	"testing"
)

// process is one receiver, which can be killed and started again.
type process struct {
	dir  string
	args []string
	env  []string
	disk *disk // nil is the machine's
	cmd  *exec.Cmd
	log  syncBuffer
}

// receiver prepares one that imports from the world's cloud.
func (w *world) receiver(t *testing.T, dir, address, store string, more ...string) *process {
	t.Helper()
	p := newProcess(t, dir, address, store, more...)
	p.env = []string{"WEBSCRAPER_API_BASE_URI=" + w.sim.BaseURL(), "WEBSCRAPER_API_TOKEN=" + crashToken}
	return p
}

// newProcess prepares a receiver whose cloud nobody can reach.
func newProcess(t *testing.T, dir, address, store string, more ...string) *process {
	t.Helper()
	p := &process{dir: dir, args: append([]string{"receive", "--listen", address, "--store", store}, more...)}
	p.env = []string{"WEBSCRAPER_API_BASE_URI=http://127.0.0.1:1/", "WEBSCRAPER_API_TOKEN=" + crashToken}
	t.Cleanup(func() {
		if p.cmd != nil {
			p.kill(t)
		}
		if text := p.log.String(); t.Failed() {
			t.Logf("the end of a receiver's log:\n%s", text[max(0, len(text)-2000):])
		}
	})
	return p
}

func (p *process) start(t *testing.T) {
	t.Helper()
	p.cmd = command(context.WithoutCancel(t.Context()), p.dir, p.env, p.args...)
	if p.disk != nil {
		p.disk.mountFor(p.cmd)
	}
	p.cmd.Stderr = &p.log
	stdout, err := p.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(stdout).ReadString('\n'); err != nil {
		_ = p.cmd.Wait() // so that its log is whole
		p.cmd = nil
		t.Fatalf("announced %q, %v: %s", line, err, p.log.String())
	}
	go func() { _, _ = io.Copy(io.Discard, stdout) }() // ends with the process
}

func (p *process) kill(t *testing.T) {
	t.Helper()
	if err := p.cmd.Process.Kill(); err != nil {
		t.Errorf("killing a receiver: %v", err)
	}
	_ = p.cmd.Wait() // its status is that of a kill
	p.cmd = nil
}
