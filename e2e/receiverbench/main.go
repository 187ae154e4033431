// Command receiverbench measures the reference receiver against a bare net/http
// handler that only parses the form, and beside them what people write by hand:
// one INSERT a request. All run one after the other, over and over, so that
// whatever else the machine does falls on all alike; what counts is the ratio to
// the bare handler of the same round.
//
// The server has one core of its own (by taskset), the load and the simulated
// cloud have the rest.
//
//	receiverbench -scrapehook bin/scrapehook
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
	"text/tabwriter"
	"time"

	"github.com/scrapehook/scrapehook/receiver/pgtest"
)

// settings of a run.
type settings struct {
	scrapehook  string // the binary under test
	self        string // this one, which also serves the handlers to compare with
	dir         string
	cloud       string // base URL of the simulated cloud that serves a few rows a job
	silent      string // of the one that never answers
	rounds      int
	duration    time.Duration // of one measurement
	connections int
	memory      int // notifications that the memory is watched over
	only        string
}

func main() {
	if len(os.Args) == 5 && os.Args[1] == "serve" {
		exitOn(serveByHand(os.Args[2], os.Args[3], os.Args[4]))
		return
	}
	s := settings{}
	flag.StringVar(&s.scrapehook, "scrapehook", "bin/scrapehook", "the binary to measure")
	flag.IntVar(&s.rounds, "rounds", 5, "rounds over all variants")
	flag.DurationVar(&s.duration, "duration", 4*time.Second, "of one measurement")
	flag.IntVar(&s.connections, "connections", 256, "connections of the load")
	flag.IntVar(&s.memory, "memory", 1_000_000, "notifications to watch the memory over; 0 is not to")
	flag.StringVar(&s.only, "only", "", "measure only variants whose name holds this, and the bare handler")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, s)
	stop()
	exitOn(err)
}

func exitOn(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "receiverbench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, s settings) (err error) {
	if s.self, err = os.Executable(); err != nil {
		return err
	}
	if s.scrapehook, err = filepath.Abs(s.scrapehook); err != nil {
		return err
	}
	if s.dir, err = os.MkdirTemp("", "receiverbench-"); err != nil {
		return err
	}
	defer os.RemoveAll(s.dir) //nolint:errcheck // a temporary directory of ours
	clouds, err := serveClouds(ctx)
	if err != nil {
		return err
	}
	defer clouds.close()
	s.cloud, s.silent = clouds.url("few"), clouds.url("silent")
	var postgres pgtest.Server
	defer postgres.Stop() //nolint:errcheck // a temporary server of ours
	results := map[string][]measurement{}
	selected := selectVariants(s, clouds.url("million"))
	for round := range s.rounds {
		for _, v := range selected {
			m, err := v.measure(ctx, s, &postgres)
			if err != nil {
				return fmt.Errorf("%s: %w", v.name, err)
			}
			results[v.name] = append(results[v.name], m)
			fmt.Fprintf(os.Stderr, "round %d  %-44s %7.0f/s  p99 %v\n", round+1, v.name, m.perSecond, m.p99.Round(10*time.Microsecond))
		}
	}
	if err := report(selected, results); err != nil {
		return err
	}
	if s.memory > 0 {
		return watchMemory(ctx, s)
	}
	return nil
}

func selectVariants(s settings, million string) []variant {
	return slices.DeleteFunc(variants(s, million), func(v variant) bool {
		return v.name != bare && !strings.Contains(v.name, s.only)
	})
}

// report prints the median of each variant, and the median of its ratios to the
// bare handler, each taken within one round.
func report(selected []variant, results map[string][]measurement) error {
	table := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(table, "variant\tanswers/s\tof bare\tp50\tp99\trefused\t")
	for _, v := range selected {
		var rates, ratios, p50, p99 []float64
		refused := 0
		for round, m := range results[v.name] {
			rates = append(rates, m.perSecond)
			ratios = append(ratios, m.perSecond/results[bare][round].perSecond)
			p50, p99 = append(p50, float64(m.p50)), append(p99, float64(m.p99))
			refused += m.refused
		}
		fmt.Fprintf(table, "%s\t%.0f\t%.2f\t%v\t%v\t%d\t\n", v.name, median(rates), median(ratios),
			time.Duration(median(p50)).Round(10*time.Microsecond), time.Duration(median(p99)).Round(10*time.Microsecond), refused)
	}
	return table.Flush()
}

func median(values []float64) float64 {
	slices.Sort(values)
	return values[len(values)/2]
}
