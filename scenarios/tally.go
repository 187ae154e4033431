package scenarios

import (
	"fmt"
	"slices"
	"strings"

	"github.com/scrapehook/scrapehook/internal/human"
)

// tally counts what decides on a run.
type tally struct {
	whole, met, judged         int
	musts, broken, outdated    int
	warned, known, errored     int
	unseen, blocked, blockedBy int // MUSTs; blockedBy: of them, by known failures
}

func tallyOf(r Report) tally {
	t := tally{whole: max(r.Catalogue, len(r.Results))}
	knownFailing := map[string]bool{}
	for _, result := range r.Results {
		if result.Known != "" && result.Verdict != Pass {
			knownFailing[result.ID] = true
		}
	}
	for _, result := range r.Results {
		if result.Level == Must {
			t.musts++
		}
		switch {
		case result.outdated():
			t.outdated++
		case result.Decides():
			t.broken++
		case result.Known != "":
			t.known++
		case result.Verdict == Warn:
			t.warned++
		case result.Verdict == Errored:
			t.errored++
		case result.LeavesOpen() && result.Verdict == NotObservable:
			t.unseen++
		case result.LeavesOpen():
			t.blocked++
			if slices.ContainsFunc(result.Needs, func(id string) bool { return knownFailing[id] }) {
				t.blockedBy++
			}
		}
		if result.Verdict == Pass || result.Verdict == Warn || result.Verdict == Fail {
			t.judged++
		}
		if result.Verdict == Pass {
			t.met++
		}
	}
	return t
}

func (t tally) warnings() string {
	return verb(t.warned, "SHOULD", "is", "are") + " not met."
}

func (t tally) passed() string {
	meaning := fmt.Sprintf("Nothing that was judged is broken: %d of %d requirements are met.", t.met, t.whole)
	if t.known > 0 {
		meaning = fmt.Sprintf("Nothing new is broken, but %s known to fail: %d of %d requirements are met.",
			verb(t.known, "requirement", "is", "are"), t.met, t.whole)
	}
	if t.warned > 0 {
		meaning += " " + t.warnings()
	}
	return meaning
}

func (t tally) partial() string {
	var why []string
	if t.unseen > 0 {
		why = append(why, verb(t.unseen, "MUST", "was", "were")+" not seen")
	}
	if t.blocked > 0 {
		by := ""
		if t.blockedBy == t.blocked {
			by = " by known failures"
		}
		why = append(why, verb(t.blocked, "MUST", "is", "are")+" blocked"+by)
	}
	begins := "Nothing that was judged is broken, but "
	if t.known > 0 {
		begins = fmt.Sprintf("Nothing new is broken, but %s known to fail, and ", verb(t.known, "requirement", "is", "are"))
	}
	return begins + strings.Join(why, ", and ") + ": this run can't call the receiver conformant."
}

func (t tally) failed() string {
	if t.broken == 0 && t.outdated == 0 {
		return ""
	}
	if t.broken == 0 {
		return verb(t.outdated, "requirement", "is", "are") + " on the list of known failures, and met all the same."
	}
	be := "are"
	if t.broken == 1 {
		be = "is"
	}
	return fmt.Sprintf("%d of %s %s broken: with this receiver, notifications are resent in vain, or data is lost or doubled.",
		t.broken, human.Count(t.musts, "MUST"), be)
}

// verb is a number of things, with the form of a verb that fits it.
func verb(n int, noun, one, many string) string {
	if n == 1 {
		return human.Count(n, noun) + " " + one
	}
	return human.Count(n, noun) + " " + many
}
