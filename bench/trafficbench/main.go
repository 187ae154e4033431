// Command trafficbench measures `scrapehook traffic` beside the load generators
// that people use: wrk, bombardier, hey, vegeta, fortio and k6. Sender and target
// have a core each (by taskset). All run one after the other, over and over, so
// that whatever else the machine does falls on all alike; what counts are ratios
// within one round, and what the target saw, not what a tool says of itself.
//
//	trafficbench -scrapehook bin/scrapehook -peers bin/peers
//
// docs/performance.md has the method, its limits and a run's tables.
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
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/scrapehook/scrapehook/bench/benchpage"
)

// settings of a run.
type settings struct {
	scrapehook string // the binary under test
	peers      string // folder of the others'
	rounds     int
	lasts      time.Duration
	only       string
	write      string
}

func main() {
	if len(os.Args) > 2 {
		switch os.Args[1] {
		case "target":
			exitOn(targetProcess(os.Args[2:]))
			return
		case "floor":
			exitOn(floorProcess(os.Args[2:]))
			return
		}
	}
	s := settings{}
	flag.StringVar(&s.scrapehook, "scrapehook", "bin/scrapehook", "the binary to measure")
	flag.StringVar(&s.peers, "peers", "bin/peers", "the `folder` of bombardier, hey, vegeta, fortio and k6; wrk is of the path")
	flag.IntVar(&s.rounds, "rounds", 5, "rounds over all figures")
	flag.DurationVar(&s.lasts, "duration", 2*time.Second, "for how long each tool sends, in whole seconds")
	flag.StringVar(&s.only, "only", "", "measure only figures whose `name` has one of these words, with commas between")
	flag.StringVar(&s.write, "write", "", "the `file` whose part between the bench's marks is replaced by the tables")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, s)
	stop()
	exitOn(err)
}

func exitOn(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "trafficbench:", err)
		os.Exit(1)
	}
}

func targetProcess(args []string) error {
	marks := make([]int, 0, len(args))
	for _, arg := range args[1:] {
		mark, err := strconv.Atoi(arg)
		if err != nil {
			return err
		}
		marks = append(marks, mark)
	}
	return serveTarget(args[0], marks)
}

func floorProcess(args []string) error {
	if len(args) != 3 {
		return errors.New("floor: give an address, connections and a duration")
	}
	connections, err := strconv.Atoi(args[1])
	if err != nil {
		return err
	}
	lasts, err := time.ParseDuration(args[2])
	if err != nil {
		return err
	}
	return sendFloor(args[0], rawRequest(args[0]), connections, lasts)
}

func run(ctx context.Context, s settings) error {
	if s.rounds < 1 || s.lasts < time.Second || s.lasts%time.Second != 0 {
		return fmt.Errorf("-rounds %d and -duration %v: use 1 or more, and whole seconds", s.rounds, s.lasts)
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "trafficbench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir) //nolint:errcheck // a temporary directory of ours
	a := arena{self: self, dir: dir, program: s.program(self)}
	selected := selectFigures(figures(s.lasts), s.only)
	micro := isSelected(microName, s.only)
	if len(selected) == 0 && !micro {
		return fmt.Errorf("-only %q: there is no such figure", s.only)
	}
	leaveOut(selected, a.program)
	begun := time.Now()
	results, err := measure(ctx, a, selected, s.rounds)
	if err != nil {
		return err
	}
	var parts *benchmarks
	if micro {
		if parts, err = runMicro(ctx, s.rounds); err != nil {
			return err
		}
	}
	fmt.Fprintf(os.Stderr, "measured for %v\n", time.Since(begun).Round(time.Second))
	text := describe(ctx, a, selected, s) + "\n" + markdown(results, selected, parts)
	fmt.Print(text)
	if s.write != "" {
		return benchpage.Write(s.write, "trafficbench", text)
	}
	return nil
}

// program finds a tool's file.
func (s settings) program(self string) func(string) (string, bool) {
	return func(from string) (string, bool) {
		switch from {
		case "self":
			return self, true
		case "scrapehook":
			path, err := filepath.Abs(s.scrapehook)
			return path, err == nil
		}
		if path, err := exec.LookPath(filepath.Join(s.peers, from)); err == nil {
			path, err = filepath.Abs(path)
			return path, err == nil
		}
		path, err := exec.LookPath(from)
		return path, err == nil
	}
}

func selectFigures(all []figure, only string) []figure {
	return slices.DeleteFunc(all, func(f figure) bool { return !isSelected(f.name, only) })
}

func isSelected(name, only string) bool {
	return slices.ContainsFunc(strings.Split(only, ","), func(word string) bool { return strings.Contains(name, word) })
}

// leaveOut drops the tools that are not there, and says so.
func leaveOut(selected []figure, program func(string) (string, bool)) {
	missing := map[string]bool{}
	for i := range selected {
		selected[i].tools = slices.DeleteFunc(selected[i].tools, func(t tool) bool {
			_, there := program(t.from)
			if !there && !missing[t.from] {
				fmt.Fprintf(os.Stderr, "left out: %s is not installed\n", t.from)
				missing[t.from] = true
			}
			return !there
		})
	}
}

// measure runs every tool of every figure once a round, each round in another
// order. What fails is said, and missing from the results; that of ours ends it.
func measure(ctx context.Context, a arena, selected []figure, rounds int) (results, error) {
	all := results{}
	for round := range rounds {
		for _, f := range selected {
			for i := range f.tools {
				t := f.tools[(i+round)%len(f.tools)]
				m, err := a.fight(ctx, f, t)
				if ctx.Err() != nil {
					return nil, ctx.Err()
				}
				if err != nil && t.from == "scrapehook" {
					return nil, fmt.Errorf("%s: %s: %w", f.name, t.name, err)
				}
				if err != nil {
					fmt.Fprintf(os.Stderr, "round %d  %-9s %-32s failed: %v\n", round+1, f.name, t.name, err)
					continue
				}
				all.add(f.name, t.name, round, m)
				fmt.Fprintf(os.Stderr, "round %d  %-9s %-32s %s\n", round+1, f.name, t.name, m.brief(f))
			}
		}
	}
	return all, nil
}
