// Command run plays the conformance suite against the receiver of e2e/defects
// with each of its defects and in each of its variants, and prints what became
// of each. It ends with 1 if the suite was wrong about one that the table does
// not mark as missed.
//
//	go run ./e2e/defects/run [-only name,…] [-parallel 2] [-reports folder] [-- flags of conform]
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/scrapehook/scrapehook/e2e/defects"
)

func main() {
	only := flag.String("only", "", "names of defects and variants, separated by commas; - is the receiver as it is")
	parallel := flag.Int("parallel", 2, "how many are played at once")
	folder := flag.String("reports", "", "folder that all reports are kept in")
	scrapehook := flag.String("scrapehook", "bin/scrapehook", "the binary")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	ok, err := play(ctx, *only, *parallel, *folder, defects.Judge{Scrapehook: *scrapehook, Flags: flag.Args()})
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "defects:", err)
		os.Exit(2)
	}
	if !ok {
		os.Exit(1)
	}
}

// entry is a defect or a variant, and what came of it.
type entry struct {
	defects.Defect
	variant bool
	result  defects.Result
	right   bool
	why     string
}

func play(ctx context.Context, only string, parallel int, folder string, judge defects.Judge) (ok bool, err error) {
	entries := selected(only)
	if len(entries) == 0 {
		return false, fmt.Errorf("-only %s: there is no such defect", only)
	}
	if folder == "" {
		if folder, err = os.MkdirTemp("", "defects"); err != nil {
			return false, err
		}
		defer func() {
			if gone := os.RemoveAll(folder); gone != nil && err == nil {
				err = gone
			}
		}()
	}
	if folder, err = filepath.Abs(folder); err != nil {
		return false, err
	}
	if judge.Scrapehook, err = filepath.Abs(judge.Scrapehook); err != nil {
		return false, err
	}
	judge.Receiver = filepath.Join(folder, "receiver")
	if err := defects.Build(ctx, judge.Receiver); err != nil {
		return false, err
	}
	began := time.Now()
	next := make(chan *entry)
	var group sync.WaitGroup
	var printing sync.Mutex
	for range parallel {
		group.Go(func() {
			for e := range next {
				e.play(ctx, judge, folder)
				printing.Lock()
				fmt.Println(e)
				printing.Unlock()
			}
		})
	}
	for i := range entries {
		select {
		case next <- &entries[i]:
		case <-ctx.Done():
		}
	}
	close(next)
	group.Wait()
	if ctx.Err() != nil {
		return false, ctx.Err()
	}
	return summary(entries, time.Since(began)), nil
}

func selected(only string) (entries []entry) {
	names := strings.Split(only, ",")
	add := func(d defects.Defect, variant bool) {
		if only == "" || slices.Contains(names, d.Name) || d.Name == "" && slices.Contains(names, "-") {
			entries = append(entries, entry{Defect: d, variant: variant})
		}
	}
	for _, d := range defects.Variants() {
		add(d, true)
	}
	for _, d := range defects.All() {
		add(d, false)
	}
	return entries
}

func (e *entry) play(ctx context.Context, judge defects.Judge, folder string) {
	dir := filepath.Join(folder, "as-it-is")
	if e.Name != "" {
		dir = filepath.Join(folder, e.Name)
	}
	if err := os.RemoveAll(dir); err != nil {
		e.why = err.Error()
		return
	}
	if err := os.MkdirAll(dir, 0o750); err != nil {
		e.why = err.Error()
		return
	}
	var err error
	if e.variant {
		e.result, err = judge.Play(ctx, dir, defects.Defect{}, e.Defect)
		e.right, e.why = e.Passed(e.result)
	} else {
		e.result, err = judge.Play(ctx, dir, e.Defect, defects.Defect{})
		e.right, e.why = e.Caught(e.result)
	}
	if err != nil {
		e.right, e.why = false, err.Error()
		return
	}
	if err := os.WriteFile(filepath.Join(dir, "out.txt"), []byte(e.result.Output), 0o600); err != nil {
		e.right, e.why = false, err.Error()
	}
}

// String is the entry's line of the table.
func (e *entry) String() string {
	kind, said := "defect", "caught"
	if e.variant {
		kind, said = "variant", "passed"
	}
	if !e.right {
		said = "WRONG"
		if e.Missed {
			said = "missed"
		}
	}
	name := e.Name
	if name == "" {
		name = "(as it is)"
	}
	return strings.TrimSpace(fmt.Sprintf("%-7s  %-28s  %-6s  exit %d  %5.0f s  fail %s warn %s  %s",
		kind, name, said, e.result.Exit, e.result.Took.Seconds(), list(e.result.Failed), list(e.result.Warned), e.why))
}

func list(ids []string) string {
	if len(ids) == 0 {
		return "-"
	}
	return strings.Join(ids, ",")
}

func summary(entries []entry, took time.Duration) bool {
	var right, missed, better, wrong []string
	for _, e := range entries {
		switch {
		case e.right && e.Missed:
			better = append(better, e.Name)
		case e.right:
			right = append(right, e.Name)
		case e.Missed:
			missed = append(missed, e.Name)
		default:
			wrong = append(wrong, e.Name)
		}
	}
	fmt.Printf("\n%d of %d right, in %s\n", len(right)+len(better), len(entries), took.Round(time.Second))
	for _, part := range []struct {
		what  string
		names []string
	}{
		{"known to be missed", missed},
		{"no longer missed: take the ! away in the table", better},
		{"wrong", wrong},
	} {
		if len(part.names) > 0 {
			fmt.Printf("%s: %s\n", part.what, strings.Join(part.names, " "))
		}
	}
	return len(wrong) == 0
}
