package judge

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/scrapehook/scrapehook/internal/human"
	"github.com/scrapehook/scrapehook/scenarios"
)

// ImportedOnce judges that each job's rows are there, each once.
func ImportedOnce(o scenarios.Observation) []scenarios.Finding {
	var findings []scenarios.Finding
	for _, e := range o.Effects {
		findings = append(findings, EffectOnce(e)...)
	}
	return findings
}

// ImportedOnceOrNot judges that each job's rows are there once, or not at all.
func ImportedOnceOrNot(o scenarios.Observation) []scenarios.Finding {
	var findings []scenarios.Finding
	for _, e := range o.Effects {
		findings = append(findings, effectOnce(e, true)...)
	}
	return findings
}

// LastImportedOnce is ImportedOnce for the last effect that was awaited: what
// was there before that is another requirement's business.
func LastImportedOnce(o scenarios.Observation) []scenarios.Finding {
	if len(o.Effects) == 0 {
		return nil
	}
	return EffectOnce(o.Effects[len(o.Effects)-1])
}

// NotImported judges that no row of any job is there.
func NotImported(o scenarios.Observation) []scenarios.Finding {
	var findings []scenarios.Finding
	for _, e := range o.Effects {
		subject := e.Subject()
		if len(e.Readings) == 0 && e.Downloads > 0 {
			findings = append(findings, unseen(subject, "no rows", "its data was downloaded, but no probe sees rows: use --probe"))
		}
		for _, r := range e.Readings {
			if r.Rows > 0 {
				findings = append(findings, scenarios.Failure(subject, "no rows", rows(r.Rows)+" ("+r.Probe+")"))
			}
		}
	}
	return findings
}

// NothingForeign judges that nothing is stored but rows of the job; whether
// they are all there is another requirement's business.
func NothingForeign(o scenarios.Observation) []scenarios.Finding {
	var findings []scenarios.Finding
	for _, e := range o.Effects {
		if len(e.Readings) == 0 {
			findings = append(findings, downloads(e, e.Subject(), true)...)
		}
		for _, r := range e.Readings {
			fail := func(expected, actual string) {
				findings = append(findings, scenarios.Failure(e.Subject(), expected, actual+" ("+r.Probe+")"))
			}
			switch {
			case r.Malformed > 0:
				fail("JSON objects only", fmt.Sprintf("%d lines are none", r.Malformed))
			case r.Records == nil && r.Rows != 0 && r.Rows != len(e.Want):
				fail("no rows, or "+rows(len(e.Want)), rows(r.Rows))
			}
			for _, row := range foreign(e.Want, r.Records) {
				fail("rows of the job only", "stored: "+row)
			}
		}
	}
	return findings
}

// ContentSeen judges that some probe shows the rows' content.
func ContentSeen(o scenarios.Observation) []scenarios.Finding {
	var findings []scenarios.Finding
	for _, e := range o.Effects {
		if !slices.ContainsFunc(e.Readings, func(r scenarios.ProbeReading) bool { return compares(e.Want, r.Records) }) && e.Complete() {
			findings = append(findings, unseen(e.Subject(), "the content of its rows", "no probe shows their fields under the cloud's names"))
		}
	}
	return findings
}

// compares reports whether the rows seen have a field of the rows wanted
// beside the one that numbers them.
func compares(want [][]byte, got []json.RawMessage) bool {
	return slices.ContainsFunc(shared(objects(want), objects(got)), func(field string) bool { return field != "web-scraper-order" })
}

// EffectOnce judges that a job's rows are there, each once.
func EffectOnce(e scenarios.Effect) []scenarios.Finding { return effectOnce(e, false) }

// effectOnce compares an effect with the job's rows. With noneIsRight, no row at
// all is as good.
func effectOnce(e scenarios.Effect, noneIsRight bool) []scenarios.Finding {
	subject := e.Subject()
	expected := rows(len(e.Want)) + ", each once"
	if len(e.Readings) == 0 {
		return downloads(e, subject, noneIsRight)
	}
	var findings []scenarios.Finding
	for _, r := range e.Readings {
		fail := func(expected, actual string) {
			findings = append(findings, scenarios.Failure(subject, expected, actual+" ("+r.Probe+")"))
		}
		switch {
		case r.Rows == 0 && noneIsRight:
		case r.Rows == 0 && len(e.Want) > 0:
			fail(expected, "none within "+human.Duration(e.Limit)+absence(e))
		case len(e.Want) > 0 && r.Rows > len(e.Want) && r.Rows%len(e.Want) == 0:
			fail(expected, fmt.Sprintf("%s: imported %d times", rows(r.Rows), r.Rows/len(e.Want)))
		case r.Rows != len(e.Want):
			fail(expected, fmt.Sprintf("%s%s", rows(r.Rows), after(e, r)))
		case r.Records != nil:
			for _, d := range difference(e.Want, r.Records) {
				fail(d.expected, d.actual)
			}
		}
	}
	return findings
}

// absence says what the API saw of an import that is not there.
func absence(e scenarios.Effect) string {
	switch {
	case e.APICalls == 0:
		return "; the receiver has never called the simulated API: was it told its address?"
	case e.Calls == 0:
		return "; the receiver never asked the API for this job"
	case e.Downloads == 0:
		return fmt.Sprintf("; %d API calls, but no complete download", e.Calls)
	}
	return fmt.Sprintf("; its data was downloaded %d times", e.Downloads)
}

func after(e scenarios.Effect, r scenarios.ProbeReading) string {
	if r.Rows < len(e.Want) {
		return " after " + human.Duration(e.Waited)
	}
	return ""
}

// downloads is all that can be said without a probe: data that was never
// downloaded can't have been imported, but a download proves no import, and
// two downloads are not two effects.
func downloads(e scenarios.Effect, subject string, noneIsRight bool) []scenarios.Finding {
	switch {
	case e.Downloads == 0 && noneIsRight:
		return nil
	case e.Downloads == 0 && len(e.Want) > 0:
		return []scenarios.Finding{scenarios.Failure(subject, rows(len(e.Want))+", each once",
			"no complete download within "+human.Duration(e.Limit)+absence(e))}
	}
	return []scenarios.Finding{unseen(subject, rows(len(e.Want))+", each once",
		"the API saw "+human.Count(e.Downloads, "complete download")+", but no probe sees the rows: use --probe")}
}

func rows(n int) string { return human.Count(n, "row") }

// unseen is a finding of what no probe could see.
func unseen(subject, expected, actual string) scenarios.Finding {
	return scenarios.Finding{Verdict: scenarios.NotObservable, Subject: subject, Expected: expected, Actual: actual}
}
