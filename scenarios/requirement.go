// Package scenarios is the engine of the conformance suite for receivers of Web
// Scraper Cloud's webhook, and what an author of a requirement needs. The suite's
// own requirements are in package catalogue, which uses nothing but what is
// exported here and in package judge.
//
// A [Scenario] is a [Requirement] with two functions. Play acts on the endpoint
// through a [Driver], which records what happens as an [Observation]; Judge is a
// pure function from that to [Finding]s. The engine, [Start], decides when each is
// played and for how long effects are awaited; [Test] does the same for a handler
// in a Go test.
//
// The suite is black-box: it knows an endpoint's URL and what probes can see of
// its effects, never a receiver's insides.
package scenarios

import (
	"fmt"
	"slices"
	"strings"
)

// Source is the sentence of the contract that a requirement rests on.
type Source struct {
	Quote    string
	Document string // with its date
}

// Requirement is one entry of the catalogue. Its ID is stable: never
// renumbered, never reused.
type Requirement struct {
	ID    string
	Level Level
	// Title completes the sentence "A receiver conforms if …".
	Title string
	// Source is what the requirement rests on.
	Source Source
	// Sent and Observed say how it is tested.
	Sent, Observed string
	// Broken is what a typical broken receiver does, Repair how to mend it.
	Broken, Repair string
	// Needs are the requirements without which this one can't be judged. When
	// one of them fails, this one is blocked rather than failed.
	Needs []string
}

// Phase says what a scenario may share the receiver with.
type Phase int

// The phases, in the order in which they start.
const (
	// Together: overlaps with every other of its phase.
	Together Phase = iota
	// Delayed: delays or breaks downloads, which holds up a receiver that
	// imports one job at a time; so these begin first, and others are granted
	// the time that they hold it up.
	Delayed
	// Alone: needs the receiver to itself.
	Alone
	// Kill: kills the receiver, one after the other, when all else has ended;
	// needs Config.Run.
	Kill
	// Final: looks at the whole run, when all else has ended.
	Final
)

func (p Phase) String() string {
	return [...]string{"together", "delayed", "alone", "kill", "final"}[p]
}

// Phases returns every phase in its order.
func Phases() []Phase { return []Phase{Together, Delayed, Alone, Kill, Final} }

// Scenario is how one requirement is tested.
type Scenario struct {
	Requirement
	Phase Phase
	// Effect is set when the scenario can't be judged without seeing imports.
	Effect bool
	// Token is set when it is about the receiver's secret, which not every
	// receiver has.
	Token bool
	// Early is set when it takes so long that it begins with the run: what it
	// needs is looked at when it has ended, not before.
	Early bool
	// Polite is set when the receiver must be asked to stop, which needs its
	// process.
	Polite bool
	// Play acts on the endpoint; what happens is recorded by the driver.
	Play func(d *Driver)
	// Judge is a pure function from what was observed to all that was wrong.
	Judge func(o Observation) []Finding
}

// endsReceiver reports whether the receiver must die or stop for it.
func (s Scenario) endsReceiver() bool { return s.Phase == Kill || s.Polite }

// Requires names what the user must give so that the scenario can be judged.
func (s Scenario) Requires() []string {
	var all []string
	if s.Token {
		all = append(all, "--token")
	}
	switch {
	case s.Polite:
		all = append(all, "--run")
	case s.Phase == Kill:
		all = append(all, "--run (or --kill-cmd and --start-cmd)")
	}
	if s.Effect {
		all = append(all, "a probe")
	}
	return all
}

// Group is what an ID begins with: "ACK" of ACK-01.
func (r Requirement) Group() string {
	group, _, _ := strings.Cut(r.ID, "-")
	return group
}

// Selection is the part of a catalogue that a run plays.
type Selection struct {
	Scenarios []Scenario
	// Of is how many the catalogue has. A run of fewer never calls a receiver
	// conformant.
	Of int
}

// Select selects the scenarios that filter names: a list, separated by commas,
// of IDs, beginnings of IDs and levels, upper or lower case; a term that
// begins with ! excludes. An empty filter selects all. It is an error when a
// term matches nothing, or nothing is left.
func Select(catalogue []Scenario, filter string) (Selection, error) {
	var include, exclude []string
	for term := range strings.SplitSeq(filter, ",") {
		term = strings.ToUpper(strings.TrimSpace(term))
		if term == "" {
			continue
		}
		word, not := strings.CutPrefix(term, "!")
		if !slices.ContainsFunc(catalogue, func(s Scenario) bool { return s.matches(word) }) {
			return Selection{}, fmt.Errorf("filter %q: %q matches no requirement", filter, word)
		}
		if not {
			exclude = append(exclude, word)
		} else {
			include = append(include, word)
		}
	}
	selected := Selection{Of: len(catalogue)}
	for _, s := range catalogue {
		if (len(include) == 0 || slices.ContainsFunc(include, s.matches)) && !slices.ContainsFunc(exclude, s.matches) {
			selected.Scenarios = append(selected.Scenarios, s)
		}
	}
	if len(selected.Scenarios) == 0 {
		return Selection{}, fmt.Errorf("filter %q selects nothing", filter)
	}
	return selected, nil
}

func (r Requirement) matches(word string) bool {
	return word != "" && (string(r.Level) == word || strings.HasPrefix(r.ID, word))
}
