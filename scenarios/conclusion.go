package scenarios

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Overall is the verdict on the endpoint.
type Overall string

// The verdicts of a run.
const (
	// Conformant: every requirement of the catalogue was judged, and no MUST is
	// broken.
	Conformant Overall = "conformant"
	// Passed: nothing is broken, and what was not judged was left out by choice:
	// by a filter, a declaration, or a token that there is not.
	Passed Overall = "passed"
	// Partial: nothing is broken, but some MUSTs that were asked for were not
	// seen, or are blocked.
	Partial Overall = "partial"
	// Failed: a MUST is broken.
	Failed Overall = "failed"
	// Broken: the harness failed, or the run was interrupted.
	Broken Overall = "error"
)

// Overalls returns every verdict of a run, the best first.
func Overalls() []Overall { return []Overall{Conformant, Passed, Partial, Failed, Broken} }

// Conclusion is what a run means. Text, page, JUnit, badge, tests and the exit
// code say it; none of them decides anything of it.
type Conclusion struct {
	Verdict Overall
	// Face is the verdict of a requirement whose colour and sign it has.
	Face Verdict
	// Headline is the verdict in a word or two: "not conformant".
	Headline string
	// Meaning says in a sentence or two what that means.
	Meaning string
	// NotLookedAt says what was not judged, and why, a line each.
	NotLookedAt []string
	// Next says what to do, as a sentence.
	Next string
	// Causes are what is wrong, the most basic first, when the verdict is [Failed].
	Causes []Cause
	// Repairs are the IDs of what is to be repaired, the most urgent first: MUSTs
	// before SHOULDs, what others depend on before the rest, and at the end what is
	// known to fail.
	Repairs []string
	// Badge is the verdict in a few words, with how many requirements of the whole
	// catalogue are met.
	Badge string
	// ExitCode is what the command ends with: 0 for [Conformant] and [Passed], 1 for
	// [Failed], 3 for [Broken], 4 for [Partial], 130 when it was interrupted.
	ExitCode int
}

// Decides reports whether a result alone makes the run fail: a MUST is broken
// that is not known to be, or one is met that is on the list of known failures.
func (r Result) Decides() bool { return r.Verdict == Fail && r.Known == "" || r.outdated() }

// outdated reports whether a requirement passes that is known to fail.
func (r Result) outdated() bool { return r.Known != "" && r.Verdict == Pass }

// LeavesOpen reports whether a MUST that was asked for could not be judged, which
// makes a run partial.
func (r Result) LeavesOpen() bool {
	return r.Level == Must && (r.Verdict == NotObservable || r.Verdict == Blocked) && !r.OutOfReach && r.Known == ""
}

// Conclude decides what a run means. It is a pure function, and the only place
// that does.
func (r Report) Conclude() Conclusion {
	t := tallyOf(r)
	c := Conclusion{Verdict: r.verdict(t), Repairs: repairs(r.Results), NotLookedAt: notLookedAt(r)}
	switch c.Verdict {
	case Conformant:
		c.Face, c.Headline = Pass, "conformant"
		c.Meaning = fmt.Sprintf("All %d requirements are met: it answers in time, imports once, and loses nothing.", t.whole)
		c.Next = "Run the suite in your CI, so that it stays so."
		if t.warned > 0 {
			c.Meaning = "Every MUST is met. " + t.warnings()
			c.Next = "The warnings say how to repair each; none of them loses or doubles data by itself."
		}
	case Passed:
		c.Face, c.Headline = Pass, "passed"
		c.Meaning = t.passed()
		c.Next = "Look at the rest too: only a run of the whole suite can call a receiver conformant."
	case Partial:
		c.Face, c.Headline, c.ExitCode = NotObservable, "partial", 4
		c.Meaning = t.partial()
		c.Next = "Let the suite see more: each of them says what it lacks."
		if len(r.Probes) == 0 {
			c.Next = "Let the suite see what is imported, with --probe; each of them says what it lacks."
		}
		if t.unseen == 0 {
			c.Next = "Repair what blocks the others, and run it again."
		}
	case Failed:
		c.Face, c.Headline, c.ExitCode = Fail, "not conformant", 1
		c.Meaning, c.Next = t.failed(), c.repairFirst(t)
		if c.Causes = r.Causes(); len(c.Causes) > 0 {
			c.Meaning = strings.TrimSpace(c.Causes[0].Sentence + " " + c.Meaning)
		}
	case Broken:
		c.Face, c.Headline, c.ExitCode = Errored, "not judged", 3
		c.Meaning = "The harness failed, which says nothing about the endpoint."
		if r.Failure != "" {
			c.Meaning += " " + r.Failure
		}
		c.Next = "Look at what went wrong, and run it again."
	}
	switch {
	case r.Setup != nil && c.Verdict == Broken:
		c.Headline, c.Meaning, c.Next = "not judged: check the setup", r.Setup.Problem, r.Setup.Next
	case r.Checked && c.Verdict == Passed:
		c.Headline, c.Next = "the setup is in order", "Run the suite without --check."
		c.Meaning = "The receiver takes a notification and imports its job, and the probes show the rows."
	}
	c.Badge = c.Headline
	switch {
	case r.Setup != nil && c.Verdict == Broken:
		c.Badge = "check the setup"
	case len(r.Results) > 0 && !r.Checked:
		c.Badge += fmt.Sprintf(" %d of %d", t.met, t.whole)
	}
	if r.Interrupted {
		c.interrupted()
	}
	return c
}

// verdict judges a run. A broken MUST stands, whatever else went wrong; a run of
// nothing is never a success.
func (r Report) verdict(t tally) Overall {
	switch {
	case t.broken > 0 || t.outdated > 0 || len(r.Deaths) > 0:
		return Failed
	case r.Checked && r.Setup == nil && r.Failure == "" && !r.Interrupted:
		return Passed
	case r.Setup != nil, len(r.Results) == 0, t.errored > 0, r.Failure != "", r.Interrupted:
		return Broken
	case t.unseen > 0 || t.blocked > 0:
		return Partial
	case t.judged < t.whole || t.known > 0:
		return Passed
	}
	return Conformant
}

// interrupted says of a conclusion that the run was stopped before its end.
func (c *Conclusion) interrupted() {
	c.ExitCode = 130
	const stopped = "The run was stopped before its end."
	if c.Verdict == Failed {
		c.Meaning = stopped + " " + c.Meaning
		return
	}
	badge := strings.TrimPrefix(c.Badge, c.Headline)
	c.Face, c.Headline, c.Meaning, c.Next = Errored, "interrupted", stopped, "Run it again, to its end."
	c.Badge = c.Headline + badge
}

// repairFirst says what to do about a receiver that failed.
func (c *Conclusion) repairFirst(t tally) string {
	switch {
	case t.broken == 0 && t.outdated == 0:
		return "Repair what makes the process end, and run it again."
	case t.broken == 0:
		return "Take off the list of known failures what is met by now."
	case len(c.Repairs) == 1:
		return "Repair " + c.Repairs[0] + ", and run it again."
	}
	return "Repair " + c.Repairs[0] + " first, then the others in their order, and run it again."
}

// repairs are the IDs of what is to be repaired, the most urgent first.
func repairs(results []Result) []string {
	type repair struct {
		id      string
		urgency int // the lowest first
	}
	var all []repair
	for _, r := range results {
		if !r.Repairable() && !r.outdated() {
			continue
		}
		urgency := 0
		if r.Known != "" {
			urgency += 4
		}
		if r.Verdict != Fail {
			urgency += 2
		}
		if !slices.ContainsFunc(results, func(other Result) bool {
			return other.Verdict == Blocked && slices.Contains(other.Needs, r.ID)
		}) {
			urgency++
		}
		all = append(all, repair{r.ID, urgency})
	}
	slices.SortStableFunc(all, func(a, b repair) int { return cmp.Compare(a.urgency, b.urgency) })
	ids := make([]string, len(all))
	for i, r := range all {
		ids[i] = r.id
	}
	return ids
}
