package report

import (
	"fmt"

	"github.com/scrapehook/scrapehook/scenarios"
)

// sumUp says what the verdict is, what it means, and what to do next.
func (v *htmlView) sumUp(r scenarios.Report) {
	switch {
	case r.Interrupted:
		v.interrupted(r)
	case r.Verdict == scenarios.Conformant:
		v.conformant(r)
	case r.Verdict == scenarios.Partial:
		v.partial(r)
	case r.Verdict == scenarios.Failed:
		v.failed(r)
	default:
		v.Face, v.Headline = scenarios.Errored, "Not judged"
		v.Meaning = "The harness failed, which says nothing about the endpoint."
		v.Next = "look at what went wrong below, and run it again."
	}
}

func (v *htmlView) interrupted(r scenarios.Report) {
	v.Face, v.Headline = scenarios.Errored, "Interrupted"
	v.Meaning = "The run was stopped before its end; what was known by then is below."
	if r.Verdict == scenarios.Failed {
		v.Face = scenarios.Fail
		v.Meaning += " " + brokenMusts(r)
	}
	v.Next = "run it again, to its end."
}

func (v *htmlView) conformant(r scenarios.Report) {
	v.Face, v.Headline = scenarios.Pass, "Conformant"
	totals, whole := r.Totals(), r.Catalogue
	all := len(r.Results) >= whole
	switch warned := totals[scenarios.Warn]; {
	case warned > 0:
		v.Meaning = fmt.Sprintf("Every MUST that was judged is met. %s.", plural(warned, "SHOULD is not", "SHOULDs are not"))
		v.Next = "the warnings below say how to mend each; none of them loses or doubles data by itself."
	case all && totals[scenarios.Pass] == whole:
		v.Meaning = fmt.Sprintf("All %d requirements are met: it answers in time, imports once, and loses nothing.", whole)
		v.Next = "run the suite in your CI, so that it stays so."
	case all:
		v.Meaning = "Every requirement that was judged is met."
		v.Next = "run the suite in your CI, so that it stays so."
	default:
		v.Meaning = fmt.Sprintf("%s met.", plural(totals[scenarios.Pass], "requirement that was judged is", "requirements that were judged are all"))
	}
	if !all {
		v.Meaning += fmt.Sprintf(" This run was of %d of the %d requirements.", len(r.Results), whole)
		if v.Next == "" {
			v.Next = "run the whole suite, without a filter."
		}
	}
}

func (v *htmlView) partial(r scenarios.Report) {
	v.Face, v.Headline = scenarios.NotObservable, "Partial"
	unseen := 0
	for _, result := range r.Results {
		if result.Level == scenarios.Must && result.Verdict == scenarios.NotObservable {
			unseen++
		}
	}
	v.Meaning = fmt.Sprintf("Nothing that was judged is broken, but %s: this run can’t call the receiver conformant.",
		plural(unseen, "MUST was not observed", "MUSTs were not observed"))
	v.Next = "let the suite see more; each of them says below what it lacks."
	if len(r.Probes) == 0 {
		v.Next = "let the suite see what is imported, with --probe; each of them says below what it lacks."
	}
}

func (v *htmlView) failed(r scenarios.Report) {
	v.Face, v.Headline = scenarios.Fail, "Not conformant"
	v.Meaning = brokenMusts(r)
	if len(v.Repairs) == 0 || v.Repairs[0].Verdict != scenarios.Fail || v.Repairs[0].Known != "" {
		v.Next = "take off the list of known failures what is met by now."
		return
	}
	v.First, v.Next = v.Repairs[0].ID, ", and run it again."
	if len(v.Repairs) > 1 {
		v.Next = " first, then the others in their order, and run it again."
	}
}

// brokenMusts says how many MUSTs are broken, and what that means.
func brokenMusts(r scenarios.Report) string {
	broken, musts, outdated := 0, 0, 0
	for _, result := range r.Results {
		if result.Level == scenarios.Must {
			musts++
		}
		switch {
		case result.Known != "" && result.Verdict == scenarios.Pass:
			outdated++
		case result.Verdict == scenarios.Fail && result.Known == "":
			broken++
		}
	}
	if broken == 0 {
		return fmt.Sprintf("%s on the list of known failures, and met all the same.", plural(outdated, "requirement is", "requirements are"))
	}
	be := "are"
	if broken == 1 {
		be = "is"
	}
	return fmt.Sprintf("%d of %d MUSTs %s broken: with this receiver, notifications are resent in vain, or data is lost or doubled.",
		broken, musts, be)
}

// plural is n with the word that fits it.
func plural(n int, one, more string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, more)
}
