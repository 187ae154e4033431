package report

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"github.com/scrapehook/scrapehook/internal/human"
	"github.com/scrapehook/scrapehook/scenarios"
)

// causeView is one thing that is wrong, with the cards of what follows from it.
type causeView struct {
	scenarios.Cause
	Cards []itemView
}

// cardsOf puts what is to be repaired under the causes; rest is what has none.
func cardsOf(c scenarios.Conclusion, items []itemView) (causes []causeView, rest []itemView) {
	placed := map[string]bool{}
	for _, cause := range c.Causes {
		view := causeView{Cause: cause}
		for _, item := range items {
			if slices.Contains(cause.IDs, item.ID) && slices.Contains(c.Repairs, item.ID) && !placed[item.ID] {
				placed[item.ID] = true
				view.Cards = append(view.Cards, item)
			}
		}
		causes = append(causes, view)
	}
	for _, id := range c.Repairs {
		if !placed[id] {
			rest = append(rest, items[slices.IndexFunc(items, func(i itemView) bool { return i.ID == id })])
		}
	}
	return causes, rest
}

// exchangesShown bounds what a card says of what was sent.
const exchangesShown = 3

// exchangesOf are the first requests to the endpoint, each with its answer.
func exchangesOf(result scenarios.Result) []string {
	var went []string
	for _, e := range result.Evidence {
		if e.Kind != scenarios.OfRequest {
			continue
		}
		if len(went) == exchangesShown {
			return append(went, "and more, see the evidence")
		}
		went = append(went, human.Shorten(e.Text, 240))
	}
	return went
}

// sideView is a row as the job has it and as the receiver shows it.
type sideView struct {
	Title  string
	Fields []fieldView
}

// fieldView is a field of both.
type fieldView struct {
	Name, Want, Got string
	Differs         bool
}

// What is shown of rows that differ is bounded.
const (
	sidesShown  = 2
	fieldsShown = 24
	fieldKept   = 120
)

// sidesOf are the rows that the findings are about, side by side.
func sidesOf(findings []scenarios.Finding) []sideView {
	var sides []sideView
	for _, f := range findings {
		if f.WantRow == "" && f.GotRow == "" {
			continue
		}
		if len(sides) == sidesShown {
			break
		}
		sides = append(sides, sideView{f.Subject, fieldsOf(f.WantRow, f.GotRow)})
	}
	return sides
}

// fieldsOf pairs the fields of two rows by their names, those that differ first.
func fieldsOf(want, got string) []fieldView {
	wanted, seen := membersOf(want), membersOf(got)
	var fields []fieldView
	names := map[string]bool{}
	for _, m := range slices.Concat(wanted, seen) {
		if names[m.name] {
			continue
		}
		names[m.name] = true
		w, g := valueOf(wanted, m.name), valueOf(seen, m.name)
		fields = append(fields, fieldView{m.name, human.Shorten(w, fieldKept), human.Shorten(g, fieldKept), w != g && w != absent})
	}
	slices.SortStableFunc(fields, func(a, b fieldView) int {
		switch {
		case a.Differs == b.Differs:
			return 0
		case a.Differs:
			return -1
		}
		return 1
	})
	return fields[:min(len(fields), fieldsShown)]
}

// member is a field of a JSON object, its value as text.
type member struct{ name, value string }

// membersOf are the fields of a JSON object in their order; of one that was cut,
// those that are whole; of what is no object, the whole as one.
func membersOf(text string) []member {
	if text == "" {
		return nil
	}
	d := json.NewDecoder(strings.NewReader(text))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return []member{{"row", text}}
	}
	var members []member
	for d.More() {
		name, err := d.Token()
		if err != nil {
			break
		}
		var value json.RawMessage
		if d.Decode(&value) != nil {
			break
		}
		key, _ := name.(string)
		members = append(members, member{key, plainValue(value)})
	}
	return members
}

// plainValue writes a text without its quotes, where all of it can be seen, and all
// else as JSON.
func plainValue(value json.RawMessage) string {
	var text string
	if json.Unmarshal(value, &text) == nil && text != "" && text != absent && !strings.ContainsFunc(text, unicode.IsControl) {
		return text
	}
	return string(value)
}

// absent stands for the value of a field that is not there.
const absent = "absent"

func valueOf(members []member, name string) string {
	for _, m := range members {
		if m.name == name {
			return m.value
		}
	}
	return absent
}

// tailShown is how many of the receiver's last lines a card shows.
const tailShown = 6

// jobNumber finds the jobs in what a finding is about.
var jobNumber = regexp.MustCompile(`\d{4,}`)

// tailOf is the end of what the receiver printed: of the lines that name a job of
// the findings, if there are any, each line bounded.
func tailOf(result scenarios.Result) string {
	lines := strings.Split(strings.TrimRight(result.Output, "\n"), "\n")
	jobs := map[string]bool{}
	for _, f := range result.Findings {
		for _, job := range jobNumber.FindAllString(f.Subject, -1) {
			jobs[job] = true
		}
	}
	about := slices.DeleteFunc(slices.Clone(lines), func(line string) bool {
		return !slices.ContainsFunc(jobNumber.FindAllString(line, -1), func(n string) bool { return jobs[n] })
	})
	if len(about) > 0 {
		lines = about
	}
	lines = lines[max(0, len(lines)-tailShown):]
	for i, line := range lines {
		lines[i] = human.Shorten(line, fieldKept)
	}
	return strings.TrimSpace(strings.Join(lines, "\n"))
}
