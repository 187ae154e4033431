// Command receiverbench measures the reference receiver against a bare net/http
// handler that only parses the form, and beside them what people write by hand:
// one INSERT a request, or one job in a queue. Each is measured right after the
// bare handler, over and over, so that whatever else the machine does falls on
// both; what counts is the ratio of the two.
//
// The servers have one core of their own. The load, the simulated cloud and the
// database have the rest. It runs on Linux, with taskset.
//
//	receiverbench -scrapehook bin/scrapehook
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/scrapehook/scrapehook/bench/benchpage"
	"github.com/scrapehook/scrapehook/internal/pgtest"
)

// bench is a run: its settings, and what all measurements share.
type bench struct {
	scrapehook  string // the binary under test
	rounds      int
	duration    time.Duration // of one measurement
	connections int
	memory      int // notifications that the memory is watched over
	only        string
	longImport  bool
	write       string

	self     string // this program, which also serves the handlers to compare with
	river    string // the handler that inserts with River; "" if it can't be built
	profiled string // this program by the profile of scrapehook's; "" if it can't be built
	dir      string
	page     page
	cloud    *clouds
	postgres pgtest.Server
}

// serverCore is the core of the servers.
const serverCore = "0"

func main() {
	if len(os.Args) == 5 && os.Args[1] == "serve" {
		exitOn(serveByHand(os.Args[2], os.Args[3], os.Args[4]))
		return
	}
	const pinned = "pinned"
	if len(os.Args) < 2 || os.Args[1] != pinned {
		exitOn(leaveCore(pinned))
	}
	b := &bench{}
	flags := flag.NewFlagSet("receiverbench", flag.ExitOnError)
	flags.StringVar(&b.scrapehook, "scrapehook", "bin/scrapehook", "the binary to measure")
	flags.IntVar(&b.rounds, "rounds", 5, "rounds over all variants")
	flags.DurationVar(&b.duration, "duration", 3*time.Second, "of one measurement")
	flags.IntVar(&b.connections, "connections", 256, "connections of the load")
	flags.IntVar(&b.memory, "memory", 1_000_000, "notifications to watch the memory over; 0 is not to")
	flags.BoolVar(&b.longImport, "million", true, "answer during an import of a million rows")
	flags.StringVar(&b.only, "only", "", "measure only variants whose name holds this")
	flags.StringVar(&b.write, "write", "", "the `file` whose part between the bench's marks is replaced by the tables")
	exitOn(flags.Parse(os.Args[2:]))
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := b.run(ctx)
	stop()
	exitOn(err)
}

func exitOn(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "receiverbench:", err)
		os.Exit(1)
	}
}

// leaveCore starts this program anew on all cores but the servers'. The
// database, which it starts, inherits them.
func leaveCore(mark string) error {
	last := runtime.NumCPU() - 1
	if last < 1 {
		return errors.New("two cores are needed: one for the servers, one for the load")
	}
	taskset, err := exec.LookPath("taskset")
	if err != nil {
		return fmt.Errorf("holding the servers on a core of their own: %w", err)
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	args := append([]string{taskset, "-c", "1-" + strconv.Itoa(last), self, mark}, os.Args[1:]...)
	return syscall.Exec(taskset, args, os.Environ()) //nolint:gosec // this program
}

func (b *bench) run(ctx context.Context) (err error) {
	if b.self, err = os.Executable(); err != nil {
		return err
	}
	if b.scrapehook, err = filepath.Abs(b.scrapehook); err != nil {
		return err
	}
	if b.dir, err = os.MkdirTemp("", "receiverbench-"); err != nil {
		return err
	}
	defer os.RemoveAll(b.dir) //nolint:errcheck // a temporary directory of ours
	if b.cloud, err = serveClouds(ctx); err != nil {
		return err
	}
	defer b.cloud.close()
	defer b.postgres.Stop() //nolint:errcheck // a temporary server of ours
	b.river, b.profiled = b.buildRiver(ctx), b.buildProfiled(ctx)
	if err := b.measureAll(ctx); err != nil {
		return err
	}
	text := fmt.Sprintf("%d rounds of %v over %d connections, on %d cores (%s/%s), the servers on one of them; %s.\n",
		b.rounds, b.duration, b.connections, runtime.NumCPU()+1, runtime.GOOS, runtime.GOARCH, runtime.Version()) + b.page.String()
	fmt.Print(text)
	if b.write == "" {
		return nil
	}
	return benchpage.Write(b.write, "receiverbench", text)
}

func (b *bench) measureAll(ctx context.Context) error {
	if err := b.compare(ctx); err != nil {
		return err
	}
	if b.longImport {
		if err := b.duringMillion(ctx); err != nil {
			return err
		}
	}
	if b.memory > 0 {
		return b.watchMemory(ctx)
	}
	return nil
}

// page is what a run prints: tables under titles.
type page struct {
	titles []string
	tables []*benchpage.Table
}

func (p *page) add(title string, t *benchpage.Table) {
	p.titles, p.tables = append(p.titles, title), append(p.tables, t)
}

func (p *page) String() string {
	var text strings.Builder
	for i, title := range p.titles {
		fmt.Fprintf(&text, "\n### %s\n\n%s", title, p.tables[i])
	}
	return text.String()
}
