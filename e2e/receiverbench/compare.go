package main

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

// pair is a variant's measurement and the bare handler's right before it.
type pair struct{ bare, measured measurement }

func (p pair) ratio() float64 { return p.measured.perSecond() / p.bare.perSecond() }

// noisy is the share of the servers' core that others may have had before a
// measurement is remarked upon.
const noisy = .1

// compare measures every variant in every round and prints the table.
func (b *bench) compare(ctx context.Context) error {
	selected := slices.DeleteFunc(b.variants(), func(v variant) bool { return !strings.Contains(v.name, b.only) })
	results := map[string][]pair{}
	for round := range b.rounds {
		for _, v := range selected {
			bare, err := b.measure(ctx, b.bare())
			if err != nil {
				return fmt.Errorf("%s: %w", b.bare().name, err)
			}
			m, err := b.measure(ctx, v)
			if err != nil {
				return fmt.Errorf("%s: %w", v.name, err)
			}
			p := pair{bare, m}
			results[v.name] = append(results[v.name], p)
			fmt.Fprintf(os.Stderr, "round %d  %-44s %6.0f/s of %6.0f/s: %.2f, p99 %v\n", round+1, v.name,
				m.perSecond(), bare.perSecond(), p.ratio(), brief(m.p99))
			if others := max(bare.spent.others, m.spent.others); others > noisy {
				fmt.Fprintf(os.Stderr, "         disturbed: something else had %.0f%% of the servers' core\n", others*100)
			}
		}
	}
	return b.report(selected, results)
}

// report prints the median over the rounds of each figure, and of the ratios the
// least and the greatest too.
func (b *bench) report(selected []variant, results map[string][]pair) error {
	table := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(table, "variant\tanswers/s\tof bare\tleast-most\tp50\tp99\tCPU an answer\tother cores\timports/s\trefused\t")
	var all []pair
	for _, v := range selected {
		pairs := results[v.name]
		all = append(all, pairs...)
		ratios := each(pairs, pair.ratio)
		row(table, v, each(pairs, func(p pair) measurement { return p.measured }),
			fmt.Sprintf("%.2f\t%.2f-%.2f", median(ratios), slices.Min(ratios), slices.Max(ratios)))
	}
	row(table, b.bare(), each(all, func(p pair) measurement { return p.bare }), "1\t")
	return table.Flush()
}

func row(table *tabwriter.Writer, v variant, list []measurement, ratio string) {
	imports, refused := "", 0
	if v.imports {
		imports = fmt.Sprintf("%.0f", median(each(list, func(m measurement) float64 { return float64(m.imports) / m.took.Seconds() })))
	}
	for _, m := range list {
		refused += m.refused
	}
	fmt.Fprintf(table, "%s\t%.0f\t%s\t%v\t%v\t%v\t%.0f%% busy\t%s\t%d\t\n", v.name,
		median(each(list, measurement.perSecond)), ratio,
		brief(median(each(list, func(m measurement) time.Duration { return m.p50 }))),
		brief(median(each(list, func(m measurement) time.Duration { return m.p99 }))),
		median(each(list, measurement.cpu)).Round(100*time.Nanosecond),
		100*median(each(list, func(m measurement) float64 { return m.spent.rest })), imports, refused)
}

func each[T, R any](list []T, f func(T) R) []R {
	out := make([]R, 0, len(list))
	for _, v := range list {
		out = append(out, f(v))
	}
	return out
}

func median[T time.Duration | float64](values []T) T {
	slices.Sort(values)
	return values[len(values)/2]
}

func brief(d time.Duration) time.Duration { return d.Round(10 * time.Microsecond) }
