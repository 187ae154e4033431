package scenarios

import (
	"fmt"
	"slices"
	"strings"
)

// Cause is one thing that is wrong with a receiver, with the requirements that
// are broken because of it.
type Cause struct {
	// Sentence says what is wrong, Next what to do about it.
	Sentence, Next string
	// IDs are the requirements, in the order of the run.
	IDs []string
	// Output are the last lines that the receiver printed, where its end is the
	// cause.
	Output string
}

// cause is a kind of cause: what follows from it is what matches and was not
// taken by an earlier one.
type cause struct {
	sentence, next string
	matches        func(r Result) bool
}

// causesOf lists the kinds of causes, the most basic first: whoever repairs the
// first one may find that the others are gone.
func causesOf() []cause {
	return []cause{
		{
			"It does not answer notifications with 2xx within 10 seconds.",
			"Answer 2xx to every notification before anything else is done with it.",
			ids("ACK-01", "ACK-02", "ACK-05", "ACK-07"),
		},
		{
			"It imports before it answers: a slow download makes the sender give up and resend.",
			"Store the notification, answer, and import later, in a worker.",
			ids("ACK-04", "ACK-06"),
		},
		{
			"It acknowledges notifications, but does not import their jobs.",
			"Look at the worker that should import them, and at what it prints.",
			func(r Result) bool { return r.ID == "DATA-01" && r.nothingCame() },
		},
		{
			"It imports a notification more than once: rows are there twice or more.",
			"Key what you import by the job and the state that the cloud shows, in the transaction that writes the rows.",
			func(r Result) bool {
				return damaged(r, Doubled) || ids("IDEM-01", "IDEM-02", "IDEM-03", "IDEM-04")(r)
			},
		},
		{
			"It loses what it has acknowledged when its process ends.",
			"Write the notification to stable storage before the answer, and take up at the start what is not done.",
			func(r Result) bool { return r.Group() == "DUR" || r.ID == "RET-04" },
		},
		{
			"It does not try an import again that failed, or gives up too early.",
			"Keep the job as not done until its rows are there, and try again with growing pauses.",
			func(r Result) bool { return r.Group() == "RET" || ids("DATA-06", "DATA-07")(r) },
		},
		{
			"It swallows or undoes the later state of a job that was continued.",
			"A job's id is not its state: ask the cloud again at every notification, and replace the rows when it has changed.",
			func(r Result) bool { return r.Group() == "IDEM" },
		},
		{
			"The rows that it stores are not the job's rows.",
			"Compare the rows below: the report shows both sides.",
			func(r Result) bool { return r.Group() == "DATA" || r.Group() == "AUD" },
		},
		{
			"It does not read the form as the web writes forms.",
			"Use your platform's form parser, and keep ids as 64-bit integers.",
			func(r Result) bool { return r.Group() == "FORM" },
		},
		{
			"It lets in who has not got its secret.",
			"Compare the whole secret, in constant time, before anything else.",
			func(r Result) bool { return r.ID == "SEC-01" },
		},
	}
}

// Causes are what is wrong with the receiver, the most basic first.
func (r Report) Causes() []Cause {
	var found []Cause
	if d := r.plainestDeath(); d != nil {
		found = append(found, Cause{
			Sentence: "The receiver's process " + d.Sentence() + ".",
			Next:     "Look at its last lines, and catch what made it end: one bad request must not stop the others.",
			IDs:      d.Scenarios,
			Output:   d.Output,
		})
	}
	taken := map[string]bool{}
	for _, c := range found {
		for _, id := range c.IDs {
			taken[id] = true
		}
	}
	for _, kind := range causesOf() {
		c := Cause{Sentence: kind.sentence, Next: kind.next}
		for _, result := range r.Results {
			if result.Verdict == Fail && result.Known == "" && !taken[result.ID] && kind.matches(result) {
				taken[result.ID] = true
				c.IDs = append(c.IDs, result.ID)
			}
		}
		if len(c.IDs) > 0 {
			found = append(found, c)
		}
	}
	for _, result := range r.Results { // what is of no kind says itself what is wrong
		if result.Verdict == Fail && result.Known == "" && !taken[result.ID] {
			found = append(found, Cause{
				Sentence: fmt.Sprintf("It does not meet %s: %s.", result.ID, result.Title),
				Next:     result.Repair,
				IDs:      []string{result.ID},
			})
		}
	}
	return found
}

// plainestDeath is the one of which it is known best what caused it: the one with
// the fewest requests under way. Nil: there was none.
func (r Report) plainestDeath() *Death {
	var best *Death
	for i, d := range r.Deaths {
		if best == nil || len(d.Requests) > 0 && len(d.Requests) < len(best.Requests) {
			best = &r.Deaths[i]
		}
	}
	return best
}

func ids(list ...string) func(Result) bool {
	return func(r Result) bool { return slices.Contains(list, r.ID) }
}

func damaged(r Result, d Damage) bool {
	return slices.ContainsFunc(r.Findings, func(f Finding) bool { return f.Damage == d })
}

// nothingCame reports whether the requirement failed because no row came at all.
func (r Result) nothingCame() bool {
	return slices.ContainsFunc(r.Findings, func(f Finding) bool {
		return f.Verdict == Fail && (strings.HasPrefix(f.Actual, "none") || strings.HasPrefix(f.Actual, "no complete download"))
	})
}
