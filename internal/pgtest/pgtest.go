// Package pgtest runs a PostgreSQL server for tests: a fresh one in a temporary
// directory, reached through a socket in there, gone when they end.
package pgtest

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/scrapehook/scrapehook/internal/testtool"
)

// Server is a PostgreSQL server that starts when it is first asked for a
// database. The zero value is ready; Stop must be called, best from TestMain.
// It is safe for concurrent use.
type Server struct {
	mu        sync.Mutex
	bin, dir  string
	process   *exec.Cmd // nil while it does not run
	databases int
}

// patience bounds every start and stop. It is for what hangs, not for what is
// slow.
const patience = 2 * time.Minute

// ErrNotInstalled says that there is no PostgreSQL on this machine.
var ErrNotInstalled = errors.New("PostgreSQL is not installed: make deps")

// Database makes an empty database and returns its URL. Where PostgreSQL can't
// be had, it skips or fails the test.
func (s *Server) Database(tb testing.TB) string {
	tb.Helper()
	url, err := s.NewDatabase(tb.Context())
	if errors.Is(err, ErrNotInstalled) {
		testtool.Missing(tb, "postgres", err)
	}
	if err != nil {
		tb.Fatal(err)
	}
	return url
}

// NewDatabase makes an empty database and returns its URL, for programs that
// are no tests.
func (s *Server) NewDatabase(ctx context.Context) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.bin == "" {
		if s.bin = find(); s.bin == "" {
			return "", ErrNotInstalled
		}
	}
	if err := s.startLocked(ctx); err != nil {
		return "", fmt.Errorf("starting PostgreSQL: %w", err)
	}
	s.databases++
	name := "test" + strconv.Itoa(s.databases)
	if err := s.exec(ctx, "CREATE DATABASE "+name); err != nil {
		return "", fmt.Errorf("making a database: %w", err)
	}
	return s.url(name), nil
}

// find returns the directory of the server's programs, of the newest version
// that is installed, or "".
func find() string {
	newest, version := "", 0
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/postgres") // the pattern is well-formed
	for _, path := range found {
		if v, err := strconv.Atoi(filepath.Base(filepath.Dir(filepath.Dir(path)))); err == nil && v > version {
			newest, version = filepath.Dir(path), v
		}
	}
	if path, err := exec.LookPath("initdb"); newest == "" && err == nil {
		newest = filepath.Dir(path)
	}
	return newest
}

func (s *Server) url(database string) string {
	return (&url.URL{Scheme: "postgres", User: url.User("scrapehook"), Path: "/" + database, RawQuery: url.Values{"host": {s.dir}}.Encode()}).String()
}

func (s *Server) exec(ctx context.Context, statement string) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	conn, err := pgx.Connect(ctx, s.url("postgres"))
	if err != nil {
		return err
	}
	_, err = conn.Exec(ctx, statement)
	return errors.Join(err, conn.Close(ctx))
}

// Start starts the server again after Kill, and returns when it answers.
func (s *Server) Start(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.startLocked(ctx)
}

func (s *Server) startLocked(ctx context.Context) error {
	if s.process != nil {
		return nil
	}
	if s.dir == "" {
		if err := s.initialise(); err != nil {
			return err
		}
	}
	server, err := s.command("postgres", "-D", filepath.Join(s.dir, "data"), "-k", s.dir, "-c", "listen_addresses=",
		"-c", "max_connections=200", "-c", "shared_buffers=64MB")
	if err != nil {
		return err
	}
	log, err := os.Create(filepath.Join(s.dir, "log"))
	if err != nil {
		return err
	}
	defer log.Close() //nolint:errcheck // the server has its own descriptor
	server.Stdout, server.Stderr = log, log
	if err := server.Start(); err != nil {
		return err
	}
	s.process = server
	for deadline := time.Now().Add(patience); ; time.Sleep(20 * time.Millisecond) {
		err := s.exec(ctx, "SELECT")
		if err == nil {
			return nil
		}
		if time.Now().After(deadline) || ctx.Err() != nil {
			said, _ := os.ReadFile(log.Name())
			return fmt.Errorf("no answer in %v: %w\n%s", patience, err, said)
		}
	}
}

// initialise makes the server's directory. The name of a socket has room for
// about a hundred bytes, so it is not in a test's own directory.
func (s *Server) initialise() (err error) {
	if s.dir, err = os.MkdirTemp("", "pgtest-"); err != nil {
		return err
	}
	if os.Getuid() == 0 {
		uid, gid, err := unprivileged()
		if err != nil {
			return err
		}
		if err := os.Chown(s.dir, int(uid), int(gid)); err != nil {
			return err
		}
	}
	initdb, err := s.command("initdb", "-D", filepath.Join(s.dir, "data"), "-U", "scrapehook", "-A", "trust",
		"-E", "UTF8", "--locale=C", "--no-sync")
	if err != nil {
		return err
	}
	if out, err := initdb.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w\n%s", err, out)
	}
	return nil
}

// command prepares one of PostgreSQL's programs. They refuse to run as root,
// and so run as the user of the package then.
func (s *Server) command(program string, args ...string) (*exec.Cmd, error) {
	cmd := exec.Command(filepath.Join(s.bin, program), args...) //nolint:gosec,noctx // installed programs; the server outlives the test that needed it first
	cmd.Dir = s.dir
	return cmd, apart(cmd)
}

func unprivileged() (uid, gid uint32, err error) {
	u, err := user.Lookup("postgres")
	if err != nil {
		return 0, 0, err
	}
	id, err := strconv.ParseUint(u.Uid, 10, 32)
	if err != nil {
		return 0, 0, err
	}
	group, err := strconv.ParseUint(u.Gid, 10, 32)
	return uint32(id), uint32(group), err
}

// Kill ends the server at once and without a checkpoint, as `pg_ctl stop -m
// immediate` does: what it has not on disk is lost.
func (s *Server) Kill() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.stopLocked(syscall.SIGQUIT)
}

// Stop ends the server and removes its directory.
func (s *Server) Stop() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	err := s.stopLocked(syscall.SIGINT)
	if s.dir != "" {
		err = errors.Join(err, os.RemoveAll(s.dir))
		s.dir = ""
	}
	return err
}

func (s *Server) stopLocked(sig syscall.Signal) error {
	if s.process == nil {
		return nil
	}
	if err := s.process.Process.Signal(sig); err != nil {
		return fmt.Errorf("stopping PostgreSQL: %w", err)
	}
	last := time.AfterFunc(patience, func() { _ = s.process.Process.Kill() })
	defer last.Stop()
	var exit *exec.ExitError
	err := s.process.Wait()
	s.process = nil
	if err != nil && !errors.As(err, &exit) { // its status after a kill is not 0
		return fmt.Errorf("stopping PostgreSQL: %w", err)
	}
	return nil
}
