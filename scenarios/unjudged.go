package scenarios

import (
	"fmt"
	"slices"
	"strings"

	"github.com/scrapehook/scrapehook/internal/human"
)

// notLookedAt says what a run did not judge, and why, a line for each reason.
func notLookedAt(r Report) []string {
	var lines []string
	if left := r.Catalogue - len(r.Results); left > 0 {
		lines = append(lines, fmt.Sprintf("%d of %s: not selected, see --filter", left, human.Count(r.Catalogue, "requirement")))
	}
	var reasons []string
	ids := map[string][]string{}
	for _, result := range r.Results {
		why := r.whyUnjudged(result)
		if why == "" {
			continue
		}
		if ids[why] == nil {
			reasons = append(reasons, why)
		}
		ids[why] = append(ids[why], result.ID)
	}
	for _, why := range reasons {
		lines = append(lines, listed(ids[why])+": "+why)
	}
	return lines
}

// whyUnjudged says why there is no verdict on a requirement; empty: there is one,
// or its own findings say why there is none.
func (r Report) whyUnjudged(result Result) string {
	switch {
	case result.Verdict == NotSupported && r.Declared.Unsupported[result.ID] != "":
		return "declared not to be supported"
	case result.Verdict == NotSupported && slices.Contains(result.Requires, "--token"):
		return "no secret token is declared, see --token"
	case result.Verdict == NotSupported && len(result.Findings) > 0:
		return result.Findings[0].Actual
	case result.Verdict != NotObservable:
		return ""
	case result.OutOfReach:
		return "a handler in the process of a test can't be killed, see scrapehook conform --run"
	case result.EndsReceiver && r.Declared.Run == "" && r.Declared.KillCommand == "":
		return "the receiver is not the suite's to kill, see --run"
	case len(r.Probes) == 0:
		return "no probe sees what is imported, see --probe"
	case len(result.Findings) > 0 && result.Findings[0].Verdict == NotObservable && result.Findings[0].Actual != "":
		return result.Findings[0].Actual
	}
	return "no probe saw it"
}

// listed is a list of IDs for people: the first ones, when they are many.
func listed(ids []string) string {
	const most = 6
	if len(ids) <= most {
		return strings.Join(ids, ", ")
	}
	return strings.Join(ids[:most-1], ", ") + " and " + human.Count(len(ids)-most+1, "other")
}
