package report

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"
	"unicode"

	"github.com/scrapehook/scrapehook/internal/human"
	"github.com/scrapehook/scrapehook/internal/traffic/record"
)

// WriteText writes the report for a person.
func (r *Report) WriteText(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "POST %s, profile %s", r.URL, r.Profile)
	if r.Replay == nil {
		fmt.Fprintf(&b, ", seed %d", r.Plan.Seed)
	}
	if r.Transport != "" {
		fmt.Fprintf(&b, ", transport %s", r.Transport)
	}
	b.WriteByte('\n')
	if r.Plan.Arrivals != "" {
		fmt.Fprintf(&b, "arrivals %s", r.Plan.Arrivals)
		if r.Plan.Mix != "" {
			fmt.Fprintf(&b, ", mix %s", r.Plan.Mix)
		}
		if r.Plan.Shards > 1 {
			fmt.Fprintf(&b, ", shard %d/%d", r.Plan.Shard, r.Plan.Shards)
		}
		b.WriteByte('\n')
	}
	fmt.Fprintf(&b, "\n%d of %d planned sends in %s", r.Sent, r.Planned, human.Duration(time.Duration(r.DurationS*float64(time.Second))))
	if rate, ok := r.Sends.rate(); ok {
		fmt.Fprintf(&b, ", %.1f jobs a second", rate)
	}
	b.WriteByte('\n')
	r.writeOutcomes(&b)
	r.writeNotifications(&b)
	r.writeLatency(&b)
	r.writeRemarks(&b)
	_, err := io.WriteString(w, printable(b.String()))
	return err
}

// printable escapes control characters: what a record or another report says must
// not steer the terminal.
func printable(text string) string {
	if !strings.ContainsFunc(text, steers) {
		return text
	}
	var b strings.Builder
	for _, c := range text {
		if steers(c) {
			fmt.Fprintf(&b, "\\u%04x", c)
		} else {
			b.WriteRune(c)
		}
	}
	return b.String()
}

func steers(c rune) bool { return c != '\n' && unicode.IsControl(c) }

// writeFigures writes those that are not 0, with their share of the whole.
func writeFigures(w io.Writer, whole int64, figures []Figure) {
	for _, f := range figures {
		if f.Value > 0 {
			fmt.Fprintf(w, "  %-12s%10d  %6.2f %%\n", f.Name, f.Value, 100*float64(f.Value)/float64(whole))
		}
	}
}

func (r *Report) writeOutcomes(w io.Writer) {
	writeFigures(w, r.Planned, r.Outcomes())
	if len(r.Codes) > 0 {
		var codes []string
		for _, code := range slices.Sorted(maps.Keys(r.Codes)) {
			codes = append(codes, fmt.Sprintf("%d × %d", r.Codes[code], code))
		}
		fmt.Fprintf(w, "  status codes: %s\n", strings.Join(codes, ", "))
	}
	fmt.Fprintf(w, "  late by more than %s: %d\n", human.Duration(LateBy), r.Late)
}

func (r *Report) writeNotifications(w io.Writer) {
	fmt.Fprintf(w, "\n%d notifications, %d of them duplicates, %d of continued jobs; %d resends\n",
		r.Notifications, r.Duplicates, r.Continued, r.Resends)
	writeFigures(w, r.Notifications, r.Endings())
}

func (r *Report) writeLatency(w io.Writer) {
	if r.Latency.Planned.Count() == 0 {
		return
	}
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(table, "\nlatency\tp50\tp90\tp99\tp99.9\tmax\tcount\t")
	row := func(name string, h *Histogram) {
		if h.Count() == 0 {
			return
		}
		fmt.Fprintf(table, "%s\t", name)
		for _, q := range []float64{0.5, 0.9, 0.99, 0.999} {
			fmt.Fprintf(table, "%s\t", human.Duration(h.Quantile(q)))
		}
		fmt.Fprintf(table, "%s\t%d\t\n", human.Duration(h.Max()), h.Count())
	}
	row("from planned", r.Latency.Planned)
	row("from sent", r.Latency.Sent)
	for _, status := range slices.Sorted(maps.Keys(r.ByStatus)) {
		row(cmp.Or(string(status), "no status"), r.ByStatus[status].Planned)
	}
	for _, attempt := range slices.Sorted(maps.Keys(r.ByAttempt)) {
		row("attempt "+attempt, r.ByAttempt[attempt].Planned)
	}
	_ = table.Flush() // into a builder
}

// jobsOf names the first jobs of a change.
func jobsOf(c record.Counted) string {
	if len(c.Jobs) == 0 {
		return ""
	}
	var ids []string
	for _, id := range c.Jobs {
		ids = append(ids, strconv.FormatInt(id, 10))
	}
	if c.Count > int64(len(ids)) {
		ids = append(ids, "…")
	}
	if len(ids) == 1 {
		return "  job " + ids[0]
	}
	return "  jobs " + strings.Join(ids, ", ")
}

func (r *Report) writeRemarks(w io.Writer) {
	if r.Replay != nil {
		fmt.Fprintln(w)
		if r.Replay.Recorded > r.Planned {
			fmt.Fprintf(w, "%d of the record's %s selected\n", r.Planned, human.Count(r.Replay.Recorded, "delivery", "deliveries"))
		}
		if r.Replay.IDOffset > 0 {
			fmt.Fprintf(w, "job ids are higher by %d than those recorded\n", r.Replay.IDOffset)
		}
		fmt.Fprintf(w, "%d outcomes as recorded, %d changed\n", r.Replay.Same, r.Replay.Changed)
		for _, c := range r.Replay.Changes {
			fmt.Fprintf(w, "  %-14s-> %-14s%8d%s\n", c.Before, c.After, c.Count, jobsOf(c))
		}
	}
	if c := r.Connections; c.Repeated > 0 {
		fmt.Fprintf(w, "\nthe endpoint's accept queue was full: %d of %s waited for a retransmission\n", c.Repeated, human.Count(c.Dialled, "connection"))
	}
	if r.Warmup.Planned > 0 {
		fmt.Fprintf(w, "\nnot counted: %d sends of the warm-up, %d of them acked\n", r.Warmup.Sent, r.Warmup.Acked)
	}
	if r.Interrupted {
		fmt.Fprintf(w, "\ninterrupted: %d jobs were not due yet\n", r.NotDue)
	}
	if len(r.MissingShards) > 0 {
		fmt.Fprintf(w, "\nmissing shards, counted as dropped: %v\n", r.MissingShards)
	}
	for i, s := range r.SLO {
		if i == 0 {
			fmt.Fprintln(w)
		}
		verdict := "met"
		if !s.Met {
			verdict = "MISSED"
		}
		fmt.Fprintf(w, "SLO %-20s %-6s  got %s\n", s.SLO, verdict, s.Got)
	}
}
