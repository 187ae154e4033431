package main

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/scrapehook/scrapehook/bench/benchpage"
)

// pair is a variant's measurement and the bare handler's right before it.
type pair struct{ bare, measured measurement }

func (p pair) ratio() float64 { return p.measured.perSecond() / p.bare.perSecond() }

// noisy is the share of the servers' core that others may have had before a
// measurement is remarked upon.
const noisy = .1

// compare measures every variant in every round.
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
			fmt.Fprintf(os.Stderr, "round %d  %-44s %6.0f/s of %6.0f/s: %.2f, p99 %s\n", round+1, v.name,
				m.perSecond(), bare.perSecond(), p.ratio(), millis(m.p99))
			if others := max(bare.spent.others, m.spent.others); others > noisy {
				fmt.Fprintf(os.Stderr, "         disturbed: something else had %.0f%% of the servers' core\n", others*100)
			}
		}
	}
	b.goals(selected, results)
	b.tables(selected, results)
	return nil
}

// goals are what was aimed at and what came of it.
func (b *bench) goals(selected []variant, results map[string][]pair) {
	t := &benchpage.Table{Head: []string{"goal, of the bare handler's answers", "wanted", "got", ""}}
	for _, v := range selected {
		if v.goal == 0 {
			continue
		}
		ratios, verdict := each(results[v.name], pair.ratio), "met"
		if median(ratios) < v.goal {
			verdict = "missed"
		}
		t.Row(v.name, fmt.Sprintf("≥ %.2f", v.goal), spread(ratios), verdict)
	}
	if !t.Empty() {
		b.page.add("What was aimed at", t)
	}
}

// tables have the median over the rounds of each figure, and of the ratios the
// least and the greatest too.
func (b *bench) tables(selected []variant, results map[string][]pair) {
	t := &benchpage.Table{Head: []string{
		"handler", "answers/s", "of bare", "p50", "p99", "CPU an answer", "other cores busy", "imports/s", "refused",
	}}
	var all []pair
	for _, v := range selected {
		pairs := results[v.name]
		all = append(all, pairs...)
		row(t, v, each(pairs, func(p pair) measurement { return p.measured }), spread(each(pairs, pair.ratio)))
	}
	row(t, b.bare(), each(all, func(p pair) measurement { return p.bare }), "1")
	b.page.add("Answers", t)
}

func row(t *benchpage.Table, v variant, list []measurement, ratio string) {
	imports, refused := "", 0
	if v.imports {
		imports = fmt.Sprintf("%.0f", median(each(list, func(m measurement) float64 { return float64(m.imports) / m.took.Seconds() })))
	}
	for _, m := range list {
		refused += m.refused
	}
	t.Row(v.name, fmt.Sprintf("%.0f", median(each(list, measurement.perSecond))), ratio,
		millis(median(each(list, func(m measurement) time.Duration { return m.p50 }))),
		millis(median(each(list, func(m measurement) time.Duration { return m.p99 }))),
		fmt.Sprintf("%.1f µs", float64(median(each(list, measurement.cpu)))/float64(time.Microsecond)),
		fmt.Sprintf("%.0f %%", 100*median(each(list, func(m measurement) float64 { return m.spent.rest }))),
		imports, strconv.Itoa(refused))
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

func spread(ratios []float64) string {
	return fmt.Sprintf("%.2f (%.2f–%.2f)", median(ratios), slices.Min(ratios), slices.Max(ratios))
}

func millis(d time.Duration) string {
	return fmt.Sprintf("%.1f ms", float64(d)/float64(time.Millisecond))
}
