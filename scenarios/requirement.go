// Package scenarios is the conformance suite for receivers of Web Scraper
// Cloud's webhook: a catalogue of requirements, a scenario for each, the
// engine that plays them against an endpoint, and the judges.
//
// It is black-box: it knows an endpoint's URL and what probes can see of its
// effects, never a receiver's insides. Scenarios act and observe; verdicts are
// pure functions over what was observed.
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

const webhooks2020 = "webhooks-2020 (2020-01-29)"

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

// Lane says what a scenario may share the receiver with.
type Lane int

// The lanes, in the order in which they start.
const (
	// Together: overlaps with every other of its lane.
	Together Lane = iota
	// Delayed: delays or breaks downloads, which holds up a receiver that
	// imports one job at a time; so these overlap with each other only.
	Delayed
	// Alone: needs the receiver to itself.
	Alone
	// Kill: kills the receiver; last, one after the other, needs Config.Run.
	Kill
)

func (l Lane) String() string {
	return [...]string{"together", "delayed", "alone", "kill"}[l]
}

// Scenario is how one requirement is tested.
type Scenario struct {
	Requirement
	Lane Lane
	// Effect is set when the scenario can't be judged without seeing imports.
	Effect bool
	// Token is set when it is about the receiver's secret, which not every
	// receiver has.
	Token bool
	// Polite is set when the receiver must be asked to stop, which needs its
	// process.
	Polite bool
	// Play acts on the endpoint; what happens is recorded by the stage.
	Play func(s *Stage)
	// Judge is a pure function from what was observed to all that was wrong.
	Judge func(o Observation) []Finding
}

// mortal reports whether the receiver must die or stop for it.
func (s Scenario) mortal() bool { return s.Lane == Kill || s.Polite }

// Catalogue returns every scenario, in the order of the requirements.
func Catalogue() []Scenario {
	return []Scenario{
		ack01(), ack02(), ack03(), ack04(), ack05(), ack06(), ack07(), ack08(), ack09(),
		idem01(), idem02(), idem03(), idem04(), idem05(), idem06(), idem07(), idem08(),
		data01(), data02(), data03(), data04(), data05(), data06(), data07(), data08(), data09(), data10(), data11(),
		form01(), form02(), form03(), form04(), form05(), form06(), form07(), form08(), form09(),
		sec01(), sec02(), sec03(), sec04(), sec05(),
		dur01(), dur02(), dur03(),
		api01(), api02(), api03(),
	}
}

// Select returns the scenarios that filter names: a list, separated by commas,
// of IDs, beginnings of IDs and levels, upper or lower case; a term that
// begins with ! excludes. An empty filter selects all. It is an error when a
// term matches nothing, or nothing is left.
func Select(catalogue []Scenario, filter string) ([]Scenario, error) {
	var include, exclude []string
	for term := range strings.SplitSeq(filter, ",") {
		term = strings.ToUpper(strings.TrimSpace(term))
		if term == "" {
			continue
		}
		word, not := strings.CutPrefix(term, "!")
		if !slices.ContainsFunc(catalogue, func(s Scenario) bool { return s.matches(word) }) {
			return nil, fmt.Errorf("filter %q: %q matches no requirement", filter, word)
		}
		if not {
			exclude = append(exclude, word)
		} else {
			include = append(include, word)
		}
	}
	var selected []Scenario
	for _, s := range catalogue {
		if (len(include) == 0 || slices.ContainsFunc(include, s.matches)) && !slices.ContainsFunc(exclude, s.matches) {
			selected = append(selected, s)
		}
	}
	if len(selected) == 0 {
		return nil, fmt.Errorf("filter %q selects nothing", filter)
	}
	return selected, nil
}

func (r Requirement) matches(word string) bool {
	return word != "" && (string(r.Level) == word || strings.HasPrefix(r.ID, word))
}
