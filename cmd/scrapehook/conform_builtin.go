package main

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"sync"

	"github.com/scrapehook/scrapehook/receiver/sqlstore"
	"github.com/scrapehook/scrapehook/scenarios"
	"github.com/scrapehook/scrapehook/scenarios/probe"
)

// builtIn completes the configuration for a run against the reference
// receiver: this very program, started as anybody would start it, on a store
// of its own, with a probe that reads its rows.
func (f conformFlags) builtIn(ctx context.Context, cfg scenarios.Config) (scenarios.Config, func(), error) {
	for flag, given := range map[string]bool{
		"--run": f.run != "", "--probe": len(f.probes) > 0, "--api-url": f.apiURL != "", "--kill-cmd": f.killCmd != "", "--token": f.token != "", "--api-tls": f.apiTLS,
	} {
		if given {
			return cfg, nil, usageError("%s needs the URL of your receiver's endpoint", flag)
		}
	}
	self, err := os.Executable()
	if err != nil {
		return cfg, nil, harnessError("finding this program to start its receiver: %w", err)
	}
	dir, err := os.MkdirTemp("", "scrapehook-conform-")
	if err != nil {
		return cfg, nil, harnessError("making a place for the built-in receiver: %w", err)
	}
	store := filepath.Join(dir, "receiver.db")
	rows := &builtInProbe{path: sqlstore.RowsPath(store)}
	cleanUp := func() {
		rows.close()
		_ = os.RemoveAll(dir) // a temporary directory of ours
	}
	address, err := freeAddress(ctx)
	if err != nil {
		cleanUp()
		return cfg, nil, harnessError("finding a port for the built-in receiver: %w", err)
	}
	cfg.Endpoint = "http://" + address + "/webhook"
	cfg.Name = "the built-in receiver"
	cfg.Program = func() *exec.Cmd {
		// Not CommandContext: the run itself kills and stops it.
		cmd := exec.Command(self, "receive", "--listen", address, "--path", "/webhook", "--store", store, "--token", builtInToken) //nolint:gosec,noctx // this program
		// Neither the user's environment nor a configuration file may change what
		// the reference is.
		cmd.Dir, cmd.Env = dir, []string{"TMPDIR=" + dir}
		return cmd
	}
	cfg.Token = scenarios.Token{Kind: "query", Name: "token", Value: builtInToken}
	cfg.Probes = []probe.Probe{rows}
	return cfg, cleanUp, nil
}

// freeAddress returns an address of loopback that nobody listens on.
func freeAddress(ctx context.Context) (string, error) {
	var config net.ListenConfig
	l, err := config.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}

// builtInToken is the secret of the built-in receiver, which it must check.
const builtInToken = "conform-only"

// rowsRead bounds the rows that are read of one job; scenarios use far fewer.
const rowsRead = 100_000

// builtInProbe reads the rows of the reference receiver while it runs.
type builtInProbe struct {
	path string

	mu   sync.Mutex
	rows *sqlstore.RowsReader // nil until the file is there
}

func (p *builtInProbe) Name() string { return "the receiver's SQLite rows" }

func (p *builtInProbe) Read(ctx context.Context, job int64) (probe.Reading, error) {
	rows, err := p.reader()
	if errors.Is(err, fs.ErrNotExist) {
		return probe.Reading{Records: []json.RawMessage{}}, nil
	}
	if err != nil {
		return probe.Reading{}, err
	}
	records, err := rows.Rows(ctx, job, rowsRead)
	if err != nil {
		return probe.Reading{}, err
	}
	return probe.Reading{Rows: len(records), Records: append([]json.RawMessage{}, records...)}, nil
}

func (p *builtInProbe) reader() (*sqlstore.RowsReader, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.rows != nil {
		return p.rows, nil
	}
	rows, err := sqlstore.OpenRows(p.path)
	if err == nil {
		p.rows = rows
	}
	return rows, err
}

func (p *builtInProbe) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.rows != nil {
		_ = p.rows.Close() // it only read
	}
}
