package main

import (
	"context"
	"fmt"
	"maps"
	"math"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"

	"github.com/scrapehook/scrapehook/bench/benchpage"
)

// What a send is made of, measured by Go benchmarks of the packages themselves.
const (
	microName    = "micro"
	microPattern = "^Benchmark(AppendForm|Plan|Pending|Runner)"
)

var microPackages = []string{"./webhook", "./internal/traffic/..."}

// benchmarks are the values of each unit, by name and unit, in the order in
// which the names came.
type benchmarks struct {
	names  []string
	values map[string]map[string][]float64
}

// runMicro runs the benchmarks, each so many times. It needs the module's
// sources in the working directory.
func runMicro(ctx context.Context, times int) (*benchmarks, error) {
	args := append([]string{
		"go", "test", "-run", "^$", "-bench", microPattern, "-benchmem", "-benchtime", "200ms", "-count", strconv.Itoa(times),
	}, microPackages...)
	args = pinned(senderCore, args)
	cmd := exec.CommandContext(ctx, args[0], args[1:]...) //nolint:gosec // our own tests
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("running the Go benchmarks: %w: %s", err, out)
	}
	return readBenchmarks(string(out))
}

// readBenchmarks reads what go test -bench prints.
func readBenchmarks(out string) (*benchmarks, error) {
	b := &benchmarks{values: map[string]map[string][]float64{}}
	for line := range strings.Lines(out) {
		fields := strings.Fields(line)
		if len(fields) < 4 || len(fields)%2 != 0 || !strings.HasPrefix(fields[0], "Benchmark") {
			continue
		}
		name := strings.TrimPrefix(fields[0], "Benchmark")
		if at := strings.LastIndexByte(name, '-'); at > 0 {
			name = name[:at] // the number of processors
		}
		if b.values[name] == nil {
			b.names = append(b.names, name)
			b.values[name] = map[string][]float64{}
		}
		for i := 2; i < len(fields); i += 2 {
			value, err := strconv.ParseFloat(fields[i], 64)
			if err != nil {
				return nil, fmt.Errorf("reading a benchmark's line %q: %w", line, err)
			}
			b.values[name][fields[i+1]] = append(b.values[name][fields[i+1]], value)
		}
	}
	return b, nil
}

// median is that of a benchmark's values of a unit.
func (b *benchmarks) median(name, unit string) float64 { return median(b.values[name][unit]) }

// table has the medians: Go's own units in columns, others beside them.
func (b *benchmarks) table() *benchpage.Table {
	own := []string{"ns/op", "B/op", "allocs/op"}
	t := &benchpage.Table{Head: append([]string{"benchmark"}, append(own, "and")...)}
	for _, name := range b.names {
		row := []string{name}
		// Where there is no time for each, an operation is all of them together.
		whole := math.IsNaN(b.median(name, "ns/op"))
		for _, unit := range own {
			if whole {
				row = append(row, unknown)
				continue
			}
			row = append(row, number("%.4g", b.median(name, unit)))
		}
		var others []string
		for _, unit := range slices.Sorted(maps.Keys(b.values[name])) {
			if !slices.Contains(own, unit) {
				others = append(others, number("%.4g", b.median(name, unit))+" "+unit)
			}
		}
		t.Row(append(row, strings.Join(others, ", "))...)
	}
	return t
}
