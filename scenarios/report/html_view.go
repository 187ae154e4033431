package report

import (
	"cmp"
	"fmt"
	"html/template"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/scrapehook/scrapehook/internal/human"
	"github.com/scrapehook/scrapehook/scenarios"
)

// htmlView is what the page shows, in the order in which it shows it.
type htmlView struct {
	scenarios.Conclusion
	// About names the run in a line.
	About string
	// First is the requirement to repair first, if there is one, of which Next
	// speaks; NextBefore and NextAfter are the rest of Next.
	First, NextBefore, NextAfter string
	Counts                       []countView
	// Wrong are the causes, the most basic first, each with what follows from it.
	Wrong []causeView
	// Cards are what else is to be repaired, the most urgent first.
	Cards []itemView
	// Looks are what was seen of the setup; Untried that nothing else was done.
	Looks   []scenarios.Look
	Untried bool
	// Forms say how the probes show the rows.
	Forms []string
	// Unjudged are those that could not be judged; UnjudgedToo the rest of them,
	// when there are many.
	Unjudged, UnjudgedToo []itemView
	Compared              *comparedView // nil: with nothing
	Facts                 []factView
	Command               string
	Phases                template.HTML
	Groups                []groupView
	Output                *outputView
}

// countView is how many requirements have a verdict, and its part of a bar, in
// percent.
type countView struct {
	Verdict     scenarios.Verdict
	N           int
	From, Share string
}

type factView struct {
	Name  string
	Lines []string
}

type groupView struct {
	ID, Name string
	Items    []itemView
}

// itemView is one requirement.
type itemView struct {
	scenarios.Result
	Group, Took string
	// Printed is what the receiver printed meanwhile.
	Printed *outputView
	// First are the findings that a card shows at once, Rest the others.
	First, Rest []scenarios.Finding
	// Went are the exchanges that a card shows, Sides the rows that differ, Tail
	// what the receiver printed last.
	Went  []string
	Sides []sideView
	Tail  string
	Docs  string
	// More counts the findings that are not shown.
	More int
	// Blocks says which others can't be judged because of it.
	Blocks string
	// Need is what the user must give for it to be seen.
	Need string
	// Seen counts the pieces of evidence by kind.
	Seen     string
	Evidence []evidenceView
}

// outputView is what the receiver printed, or the end of it.
type outputView struct{ Size, Text string }

// groupNames say what a group of requirements is about.
var groupNames = map[string]string{
	"ACK":  "Answering in time",
	"IDEM": "Importing once",
	"DATA": "Importing everything",
	"FORM": "Reading the form",
	"SEC":  "Trusting nobody",
	"DUR":  "Surviving a crash",
	"API":  "Being a good client of the API",
	"RET":  "Trying again",
	"AUD":  "Looking at the whole run",
}

func viewOf(r scenarios.Report, compared *Comparison) htmlView {
	v := htmlView{
		Conclusion: r.Conclude(), About: about(r), Facts: facts(r), Command: r.Command, Compared: comparedOf(compared),
		Phases: phasesPicture(r), Output: outputOf(r.Output, outputOfAll),
		Looks: r.Looks, Forms: r.Forms, Untried: r.Setup != nil || r.Checked,
	}
	items := itemsOf(r)
	for _, item := range items {
		if n := len(v.Groups); n == 0 || v.Groups[n-1].ID != item.Group {
			v.Groups = append(v.Groups, groupView{ID: item.Group, Name: cmp.Or(groupNames[item.Group], item.Group)})
		}
		group := &v.Groups[len(v.Groups)-1]
		group.Items = append(group.Items, item)
		switch item.Verdict {
		case scenarios.NotObservable, scenarios.Blocked, scenarios.Errored:
			if r.Interrupted && item.CutShort() {
				continue // nothing is known of it
			}
			v.Unjudged = append(v.Unjudged, item)
		default:
		}
	}
	v.Wrong, v.Cards = cardsOf(v.Conclusion, items)
	if v.Untried { // each of them would say the same
		v.Unjudged, v.Groups, v.Phases = nil, nil, ""
	}
	if len(v.Unjudged) > unjudgedShown+1 {
		v.Unjudged, v.UnjudgedToo = v.Unjudged[:unjudgedShown], v.Unjudged[unjudgedShown:]
	}
	v.Counts = countsOf(r)
	v.Headline = strings.ToUpper(v.Headline[:1]) + v.Headline[1:]
	v.NextBefore = v.Next
	if len(v.Repairs) > 0 {
		if before, after, ok := strings.Cut(v.Next, v.Repairs[0]); ok {
			v.First, v.NextBefore, v.NextAfter = v.Repairs[0], before, after
		}
	}
	return v
}

// unjudgedShown is how many of those that could not be judged are seen at once:
// they mostly have one cause.
const unjudgedShown = 6

func itemsOf(r scenarios.Report) []itemView {
	shown := shownEvidence(r.Results)
	items := make([]itemView, 0, len(r.Results))
	for i, result := range r.Results {
		more := max(0, len(result.Findings)-findingsShown)
		result.Findings = shortened(result.Findings)
		first := min(1, len(result.Findings))
		items = append(items, itemView{
			Result: result, Group: result.Group(), Took: Took(result.Duration), Printed: outputOf(result.Output, outputOfOne),
			First: result.Findings[:first], Rest: result.Findings[first:], More: more,
			Blocks: blocks(r.Results, result), Need: needs(result.Requires),
			Seen: countKinds(result.Evidence), Evidence: shown[i],
			Went: exchangesOf(result), Sides: sidesOf(result.Findings), Tail: tailOf(result), Docs: docsOf(result.Requirement),
		})
	}
	return items
}

// findingsShown bounds the findings of a requirement, each of which says about
// the same.
const findingsShown = 20

// shortened are the first findings, without what is too long to be read.
func shortened(all []scenarios.Finding) []scenarios.Finding {
	findings := slices.Clone(all[:min(findingsShown, len(all))])
	for i := range findings {
		f := &findings[i]
		f.Subject, f.Expected, f.Actual = human.Shorten(f.Subject, textShown), human.Shorten(f.Expected, textShown), human.Shorten(f.Actual, textShown)
	}
	return findings
}

// blocks says which requirements could not be judged because of one.
func blocks(results []scenarios.Result, broken scenarios.Result) string {
	var ids []string
	for _, r := range results {
		if r.Verdict == scenarios.Blocked && slices.Contains(r.Needs, broken.ID) {
			ids = append(ids, r.ID)
		}
	}
	switch {
	case len(ids) == 0 || !broken.Repairable():
		return ""
	case len(ids) == 1:
		return ids[0] + " can’t be judged."
	case len(ids) > 6:
		return fmt.Sprintf("%d others can’t be judged.", len(ids))
	}
	return strings.Join(ids[:len(ids)-1], ", ") + " and " + ids[len(ids)-1] + " can’t be judged."
}

// countsOf counts the verdicts that there are, the best first.
func countsOf(r scenarios.Report) []countView {
	var counts []countView
	totals, before := r.Totals(), 0
	for _, v := range scenarios.Verdicts() {
		n := totals[v]
		if n == 0 {
			continue
		}
		whole := float64(len(r.Results))
		counts = append(counts, countView{
			v, n, fmt.Sprintf("%.2f", 100*float64(before)/whole), fmt.Sprintf("%.2f", 100*float64(n)/whole),
		})
		before += n
	}
	return counts
}

// about is what was judged, how and when.
func about(r scenarios.Report) string {
	return strings.Join([]string{human.Shorten(r.Name, textShown), "profile " + profileText(r), dateText(r.Began)}, " · ")
}

func profileText(r scenarios.Report) string {
	if r.Fast {
		return r.Profile + ", fast"
	}
	return r.Profile
}

// facts are what a run is told apart by.
func facts(r scenarios.Report) []factView {
	endpoint := []string{r.Name}
	if r.Endpoint != r.Name && r.Endpoint != "" {
		endpoint = append(endpoint, r.Endpoint)
	}
	probes := r.Probes
	if len(probes) == 0 {
		probes = []string{"the simulated API only"}
	}
	profile := profileText(r)
	if r.Fast {
		profile += ": our own pauses are shortened"
	}
	list := []factView{
		{"Endpoint", endpoint},
		{"Profile", []string{profile}},
		{"Imports seen by", probes},
		{"Seed", []string{fmt.Sprint(r.Seed)}},
		{"Date", []string{dateText(r.Began)}},
		{"Took", []string{Took(r.Duration)}},
		{"scrapehook", []string{r.Version}},
	}
	if r.APIURL != "" {
		list = append(list, factView{"Simulated API", []string{r.APIURL}})
	}
	for _, fact := range []factView{
		{"Started by", words(r.Declared.Run, r.Declared.StartCommand)},
		{"Killed by", words(r.Declared.KillCommand)},
		{"Secret token", words(r.Declared.Token)},
		{"Declared not to be met", reasons(r.Declared.Unsupported)},
		{"Known to fail", reasons(r.Declared.KnownFailing)},
	} {
		if len(fact.Lines) > 0 {
			list = append(list, fact)
		}
	}
	return list
}

// words are those that are not empty.
func words(all ...string) []string {
	return slices.DeleteFunc(all, func(s string) bool { return s == "" })
}

// reasons are a line each, in the order of the IDs.
func reasons(byID map[string]string) []string {
	var lines []string
	for _, id := range slices.Sorted(maps.Keys(byID)) {
		lines = append(lines, id+": "+byID[id])
	}
	return lines
}

// What is shown of the receiver's output is bounded, in bytes; its end tells
// most.
const (
	outputOfAll = 64 << 10
	outputOfOne = 4 << 10
)

func outputOf(text string, most int) *outputView {
	if text == "" {
		return nil
	}
	size := human.Count(strings.Count(strings.TrimSuffix(text, "\n"), "\n")+1, "line")
	if len(text) > most {
		text = strings.ToValidUTF8(text[len(text)-most:], "")
		size += fmt.Sprintf(", of which the last %d KiB are here", most>>10)
	}
	return &outputView{size, text}
}

// dateText writes a moment for people.
func dateText(t time.Time) string { return t.Format("2 January 2006, 15:04:05 MST") }

// since writes a time within a scenario, in seconds.
func since(d time.Duration) string { return fmt.Sprintf("%.3f s", d.Seconds()) }
