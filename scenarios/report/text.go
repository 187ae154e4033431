package report

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/scrapehook/scrapehook/internal/human"
	"github.com/scrapehook/scrapehook/scenarios"
)

// Style is how a terminal wants its text.
type Style struct {
	// Color uses ANSI colours.
	Color bool
	// Width is where lines are broken; 0 is nowhere.
	Width int
	// Files are where the other forms of the report are, to be named at the end.
	Files []string
}

var colors = map[scenarios.Verdict]string{
	scenarios.Pass:          "32",
	scenarios.Warn:          "33",
	scenarios.Fail:          "1;31",
	scenarios.Errored:       "1;35",
	scenarios.NotObservable: "36",
	scenarios.NotSupported:  "2",
	scenarios.Blocked:       "2",
}

// paint colours text as the verdict is coloured.
func (s Style) paint(v scenarios.Verdict, text string) string {
	if !s.Color {
		return text
	}
	return "\x1b[" + colors[v] + "m" + text + "\x1b[0m"
}

// label is how a verdict is shown to people.
func label(v scenarios.Verdict) string {
	switch v {
	case scenarios.Fail:
		return "FAIL"
	case scenarios.NotObservable:
		return "not seen"
	case scenarios.NotSupported:
		return "left out"
	case scenarios.Errored:
		return "ERROR"
	default:
		return string(v)
	}
}

// Text writes the table by requirement, with every finding, what changed since
// an earlier run (nil when nothing was compared), and at the end the verdict, what
// it means and what to do next.
func Text(w io.Writer, r scenarios.Report, compared *Comparison, style Style) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n", header(r))
	if r.Setup != nil || r.Checked {
		fmt.Fprintf(&b, "%s\n%s\n", rhythm(r), closing(r, style))
		return write(w, b.String())
	}
	b.WriteString(rhythm(r) + causes(r, style))
	fmt.Fprintf(&b, "\n%-8s  %-6s  %-8s  %6s   %s\n", "ID", "LEVEL", "VERDICT", "TIME", "REQUIREMENT")
	left := 0
	for _, result := range r.Results {
		if r.Interrupted && result.CutShort() {
			left++ // nothing is known of it
			continue
		}
		row(&b, result, style)
	}
	if left > 0 {
		fmt.Fprintf(&b, "%s\n", style.fold(human.Count(left, "requirement")+" had not come to an end when the run was stopped", 0))
	}
	if compared != nil {
		b.WriteString("\n" + comparison(*compared, style))
	}
	fmt.Fprintf(&b, "\n%s\n", closing(r, style))
	return write(w, b.String())
}

func write(w io.Writer, text string) error {
	if _, err := io.WriteString(w, text); err != nil {
		return fmt.Errorf("writing the report: %w", err)
	}
	return nil
}

// causes says what is wrong, the most basic first, and which requirements follow
// from it.
func causes(r scenarios.Report, style Style) string {
	var b strings.Builder
	for i, c := range r.Conclude().Causes {
		mark := fmt.Sprintf("%d. ", i+1)
		fmt.Fprintf(&b, "\n%s%s\n", style.paint(scenarios.Fail, mark), style.fold(c.Sentence, 3))
		if len(c.IDs) > 0 {
			fmt.Fprintf(&b, "   seen in  %s\n", style.fold(strings.Join(c.IDs, ", "), 12))
		}
		fmt.Fprintf(&b, "   to do    %s\n", style.fold(c.Next, 12))
		if c.Output != "" {
			fmt.Fprintf(&b, "   its last lines:\n%s\n", indent(c.Output, "     | "))
		}
	}
	return b.String()
}

func indent(text, by string) string {
	return by + strings.ReplaceAll(strings.TrimRight(text, "\n"), "\n", "\n"+by)
}

// rhythm says what the run has learned of the receiver.
func rhythm(r scenarios.Report) string {
	var b strings.Builder
	if r.SlowestImport > 0 {
		fmt.Fprintf(&b, "imports   within %s of an acknowledgement\n", Took(r.SlowestImport))
	}
	if r.SlowestRetry > 0 {
		fmt.Fprintf(&b, "retries   within %s of a call that failed\n", Took(r.SlowestRetry))
	}
	for _, form := range r.Forms {
		fmt.Fprintf(&b, "rows      %s\n", form)
	}
	return b.String()
}

// header names what was judged, and how.
func header(r scenarios.Report) string {
	endpoint, probes, profile := r.Endpoint, "the simulated API only", r.Profile
	if r.Name != "" && r.Name != r.Endpoint {
		endpoint = r.Name + ", " + r.Endpoint
	}
	if len(r.Probes) > 0 {
		probes = strings.Join(r.Probes, ", ")
	}
	if r.Fast {
		profile += ", fast"
	}
	var lines []string
	for _, fact := range []struct{ name, value string }{
		{"endpoint", endpoint}, {"profile", profile}, {"probes", probes},
		{"run", r.Declared.Run}, {"start", r.Declared.StartCommand}, {"kill", r.Declared.KillCommand},
		{"declared", declarations(r.Declared)}, {"version", r.Version},
		{"date", r.Began.UTC().Format("2006-01-02 15:04:05 UTC")}, {"seed", strconv.FormatUint(r.Seed, 10)},
	} {
		if fact.value != "" {
			lines = append(lines, fmt.Sprintf("%-8s  %s", fact.name, fact.value))
		}
	}
	return strings.Join(lines, "\n")
}

// declarations are what was declared, in a line; the reasons stand with the
// requirements.
func declarations(d scenarios.Declared) string {
	var parts []string
	if d.Token != "" {
		parts = append(parts, "token "+d.Token)
	}
	if n := len(d.Unsupported); n > 0 {
		parts = append(parts, fmt.Sprintf("%d not supported", n))
	}
	if n := len(d.KnownFailing); n > 0 {
		parts = append(parts, fmt.Sprintf("%d known failing", n))
	}
	return strings.Join(parts, ", ")
}

func row(b *strings.Builder, result scenarios.Result, style Style) {
	verdict := style.paint(result.Verdict, fmt.Sprintf("%-8s", label(result.Verdict)))
	fmt.Fprintf(b, "%-8s  %-6s  %s  %7s  %s\n", result.ID, result.Level, verdict, Took(result.Duration), style.fold(result.Title, 36))
	if result.Known != "" {
		fmt.Fprintf(b, "          known: %s\n", style.fold(result.Known, 17))
	}
	for i, f := range result.Findings {
		if result.Verdict == scenarios.Blocked {
			fmt.Fprintf(b, "          %s\n", style.fold(f.Subject+": "+f.Actual, 10))
			break
		}
		if i == findingsInText {
			fmt.Fprintf(b, "          and %d more\n", len(result.Findings)-i)
			break
		}
		if unjudged(result.Verdict) {
			fmt.Fprintf(b, "          %s\n", style.fold(inLine(f), 10))
			continue
		}
		fmt.Fprintf(b, "          %s\n", style.paint(f.Verdict, style.fold(f.Subject, 10)))
		fmt.Fprintf(b, "            expected  %s\n", style.fold(f.Expected, 22))
		fmt.Fprintf(b, "            actual    %s\n", style.fold(f.Actual, 22))
	}
	if result.Repairable() {
		fmt.Fprintf(b, "            repair    %s\n", style.fold(result.Repair, 22))
		if page := citationOf(result.Source); page != "" {
			fmt.Fprintf(b, "            rests on  docs/%s\n", page)
		}
	}
}

// findingsInText bounds what is said of one requirement; the other forms say
// more.
const findingsInText = 3

// unjudged reports whether a verdict only says why there is none, for which a
// line does.
func unjudged(v scenarios.Verdict) bool {
	return v == scenarios.NotObservable || v == scenarios.NotSupported || v == scenarios.Blocked
}

func inLine(f scenarios.Finding) string {
	return fmt.Sprintf("%s, expected: %s; actual: %s", f.Subject, f.Expected, f.Actual)
}

// fold breaks text at the terminal's width; the lines that follow begin at
// column from.
func (s Style) fold(text string, from int) string { return human.Fold(text, s.Width, from) }

// closing is the verdict: in one line, then what it means and what to do.
func closing(r scenarios.Report, style Style) string {
	totals := r.Totals()
	var counts []string
	for _, v := range scenarios.Verdicts() {
		if n := totals[v]; n > 0 {
			counts = append(counts, fmt.Sprintf("%d %s", n, plainLabel(v)))
		}
	}
	phases := ""
	for _, phase := range scenarios.Phases() {
		if took, ok := r.Phases[phase]; ok {
			phases += fmt.Sprintf("  %s %s", phase, Took(took))
		}
	}
	if phases != "" {
		phases = style.fold("phases"+phases, 0) + "\n"
	}
	c := r.Conclude()
	judged := fmt.Sprintf("%s of %d requirements, ", strings.Join(counts, ", "), len(r.Results))
	if r.Setup != nil || r.Checked {
		judged = ""
	}
	in := style.fold(fmt.Sprintf("(%sin %s)", judged, Took(r.Duration)), len(c.Headline)+2)
	lines := []string{phases + style.paint(c.Face, c.Headline) + "  " + in}
	for _, line := range append([]string{c.Meaning}, c.NotLookedAt...) {
		lines = append(lines, "  "+style.fold(line, 2))
	}
	lines = append(lines, failures(r, style)...)
	lines = append(lines, "next: "+style.fold(c.Next, 6))
	if len(style.Files) > 0 {
		lines = append(lines, "report: "+style.fold(strings.Join(style.Files, ", "), 8))
	}
	return strings.Join(lines, "\n")
}

// failuresAgain bounds how many failures are named once more at the end, where
// they are still seen when the table has scrolled away.
const failuresAgain = 8

// failures are what is broken, the most urgent first.
func failures(r scenarios.Report, style Style) []string {
	var lines []string
	for _, id := range r.Conclude().Repairs {
		i := slices.IndexFunc(r.Results, func(result scenarios.Result) bool { return result.ID == id })
		if result := r.Results[i]; result.Verdict == scenarios.Fail {
			lines = append(lines, "  "+style.paint(result.Verdict, fmt.Sprintf("%-8s", id))+" "+style.fold(result.Title, 11))
		}
	}
	if more := len(lines) - failuresAgain; more > 1 {
		lines = append(lines[:failuresAgain], fmt.Sprintf("  and %d more", more))
	}
	return lines
}

// Took writes how long something took; - is not at all.
func Took(d time.Duration) string {
	if d <= 0 {
		return "-"
	}
	return human.Duration(d)
}
