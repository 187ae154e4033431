// Package explain knows what the words and numbers mean that the command shows:
// requirements, exit codes, verdicts, how attempts end, messages.
package explain

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/scrapehook/scrapehook/internal/commandline"
	"github.com/scrapehook/scrapehook/internal/human"
	"github.com/scrapehook/scrapehook/scenarios"
	"github.com/scrapehook/scrapehook/scenarios/catalogue"
	"github.com/scrapehook/scrapehook/scenarios/report"
	"github.com/scrapehook/scrapehook/webhook"
)

// Topic is something that can be explained.
type Topic struct {
	ID   string `json:"id"`
	Kind string `json:"kind"`
	// Title is a line, Means what it means, Matters why anybody should care, and
	// Repair what to do. All but the title may be empty.
	Title   string `json:"title"`
	Means   string `json:"means,omitempty"`
	Matters string `json:"matters,omitempty"`
	Repair  string `json:"repair,omitempty"`
	// More are what else there is to say, by its name.
	More []Fact `json:"more,omitempty"`

	words []string // by which it is found too
}

// Fact is a named line of a topic.
type Fact struct {
	Name string `json:"name"`
	Text string `json:"text"`
}

// The kinds of topics, in the order in which they are listed.
const (
	kindRequirement = "requirement"
	kindExit        = "exit code"
	kindVerdict     = "verdict"
	kindAttempt     = "end of an attempt"
	kindStatus      = "status of a job"
	kindProfile     = "profile"
	// KindMessage is a message that the command, or a receiver under test, shows.
	KindMessage = "message"
)

// All returns every topic.
func All() []Topic {
	topics := requirements()
	topics = append(topics, exitCodes()...)
	topics = append(topics, verdicts()...)
	topics = append(topics, attempts()...)
	topics = append(topics, statuses()...)
	topics = append(topics, profiles()...)
	return append(topics, messages()...)
}

// Find returns the topics that word names: an ID in any case, several IDs when
// it is their group, or words of a message. When there is none, near is what may
// have been meant.
func Find(word string) (found []Topic, near string) {
	word = strings.TrimSpace(strings.TrimPrefix(strings.ToLower(strings.Join(strings.Fields(word), " ")), "exit code "))
	all := All()
	for _, t := range all {
		if strings.ToLower(t.ID) == word {
			return []Topic{t}, ""
		}
	}
	for _, t := range all {
		if t.Kind == kindRequirement && strings.HasPrefix(strings.ToLower(t.ID), word+"-") {
			found = append(found, t)
		}
	}
	if len(found) > 0 {
		return found, ""
	}
	for _, t := range all {
		if slices.ContainsFunc(t.words, func(w string) bool { return strings.Contains(word, w) || len(word) > 3 && strings.Contains(w, word) }) {
			found = append(found, t)
		}
	}
	if len(found) > 0 {
		return found, ""
	}
	return nil, commandline.Nearest(word, IDs())
}

// IDs returns the IDs of all topics.
func IDs() []string {
	var ids []string
	for _, t := range All() {
		ids = append(ids, t.ID)
	}
	return ids
}

func requirements() []Topic {
	var topics []Topic
	for _, s := range catalogue.All() {
		t := Topic{
			ID: s.ID, Kind: kindRequirement, Title: fmt.Sprintf("%s: %s", s.Level, s.Title),
			Means:   fmt.Sprintf("%s says: %q", s.Source.Document, s.Source.Quote),
			Matters: "A typical broken receiver " + s.Broken + ".",
			Repair:  s.Repair,
			More: []Fact{
				{"contract", "docs/contract.md#" + report.Section(s.Source)},
				{"tested by", s.Sent}, {"judged by", s.Observed},
				{"needs", cmp.Or(strings.Join(s.Requires(), ", "), "nothing but the URL")},
			},
		}
		if len(s.Needs) > 0 {
			t.More = append(t.More, Fact{"only judged with", human.And(s.Needs...)})
		}
		t.More = append(t.More, Fact{"play it alone", "scrapehook conform --filter " + s.ID + " …"})
		topics = append(topics, t)
	}
	return topics
}

func verdicts() []Topic {
	means := map[scenarios.Verdict][2]string{
		scenarios.Pass:          {"The requirement is met.", ""},
		scenarios.Fail:          {"A MUST is broken: data can be lost, doubled or wrong.", "The report says what was expected, what came, and how to repair it."},
		scenarios.Warn:          {"A SHOULD is broken: the receiver works, but not well.", "Repair it when the failures are gone. It does not change the exit code."},
		scenarios.NotObservable: {"No probe could see the effect, so nothing is known. It is never a pass.", "Let the suite see the imported rows with --probe, or let it start the receiver with --run."},
		scenarios.NotSupported:  {"You declared with --unsupported that the receiver need not do this, or it can't be asked of such a receiver. The report says which.", ""},
		scenarios.Blocked:       {"It could not be judged, because a requirement that it needs is broken.", "Repair that one first."},
		scenarios.Errored:       {"scrapehook itself failed. It says nothing of your receiver.", "Run it again. If it stays, the report (--json) has what is needed to find out why."},
	}
	shown := map[scenarios.Verdict]string{scenarios.NotObservable: "not seen", scenarios.NotSupported: "left out"}
	var topics []Topic
	for _, v := range scenarios.Verdicts() {
		id := strings.ReplaceAll(string(v), "_", "-")
		topics = append(topics, Topic{
			ID: id, Kind: kindVerdict, Title: means[v][0], Repair: means[v][1],
			words: []string{strings.ReplaceAll(id, "-", " "), string(v), cmp.Or(shown[v], id)},
		})
	}
	return topics
}

func statuses() []Topic {
	var topics []Topic
	for _, s := range webhook.Statuses() {
		var sent []string
		for _, p := range webhook.Profiles() {
			if p.Notifies(s) {
				sent = append(sent, p.Name)
			}
		}
		notified := "No profile notifies it: the webhook is called only when a job has ended."
		if len(sent) > 0 {
			notified = "It is notified by profile " + human.And(sent...) + "."
		}
		topics = append(topics, Topic{ID: string(s), Kind: kindStatus, Title: s.Meaning(), Means: notified})
	}
	return topics
}

func profiles() []Topic {
	var topics []Topic
	for _, p := range webhook.Profiles() {
		delays := make([]string, len(p.ResendDelays))
		for i, d := range p.ResendDelays {
			delays[i] = human.Duration(d)
		}
		topics = append(topics, Topic{
			ID: p.Name, Kind: kindProfile, Title: "the vendor's rules for sending, as documented in " + p.Name,
			Means: fmt.Sprintf("An attempt has %s. A notification is resent after %s, and given up after %s. Statuses that are notified: %s.",
				human.Duration(p.Timeout), strings.Join(delays, " and "), human.Count(p.MaxAttempts, "attempt"), human.And(p.Notifying...)),
		})
	}
	return topics
}
