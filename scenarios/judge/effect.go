package judge

import (
	"fmt"
	"slices"
	"strings"

	"github.com/scrapehook/scrapehook/internal/human"
	"github.com/scrapehook/scrapehook/scenarios"
	"github.com/scrapehook/scrapehook/scenarios/internal/rows"
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
				findings = append(findings, scenarios.Failure(subject, "no rows", rowCount(r.Rows)+" ("+r.Probe+")"))
			}
		}
	}
	return findings
}

// NothingOf judges that nothing is stored that comes from one of these texts,
// and that rows are those of the job, or none; whether they are all there is
// another requirement's business.
func NothingOf(texts ...string) Judge {
	return func(o scenarios.Observation) []scenarios.Finding {
		var findings []scenarios.Finding
		for _, e := range o.Effects {
			if len(e.Readings) == 0 {
				findings = append(findings, downloads(e, e.Subject(), true)...)
			}
			for _, r := range e.Readings {
				findings = append(findings, nothingOf(e, r, texts)...)
			}
		}
		return findings
	}
}

func nothingOf(e scenarios.Effect, r scenarios.ProbeReading, texts []string) []scenarios.Finding {
	var findings []scenarios.Finding
	fail := func(expected, actual string) {
		findings = append(findings, scenarios.Failure(e.Subject(), expected, actual+" ("+r.Probe+")"))
	}
	switch {
	case r.Malformed > 0:
		fail("JSON objects only", human.Count(r.Malformed, "line")+" that are not JSON objects")
	case r.Rows != 0 && r.Rows != len(e.Want):
		fail("no rows, or "+rowCount(len(e.Want)), rowCount(r.Rows))
	}
	for _, row := range r.Records {
		for _, text := range texts {
			if strings.Contains(string(row), text) && len(findings) < differencesKept {
				fail("rows of the job only", "the error's text is stored: "+human.Shorten(string(row), rowKept))
			}
		}
	}
	return findings
}

// ContentSeen judges that some probe shows the rows' content.
func ContentSeen(o scenarios.Observation) []scenarios.Finding {
	var findings []scenarios.Finding
	for _, e := range o.Effects {
		shown := func(r scenarios.ProbeReading) bool { return rows.Compare(e.Want, r.Records, e.Columns).Comparable() }
		if e.Complete() && !slices.ContainsFunc(e.Readings, shown) {
			findings = append(findings, unseen(e.Subject(), "the content of its rows",
				"no probe shows columns that could be recognised: name them with --probe-map COLUMN=FIELD"))
		}
	}
	return findings
}

// EffectOnce judges that a job's rows are there, each once.
func EffectOnce(e scenarios.Effect) []scenarios.Finding { return effectOnce(e, false) }

// effectOnce compares an effect with the job's rows. With noneIsRight, no row at
// all is as good.
func effectOnce(e scenarios.Effect, noneIsRight bool) []scenarios.Finding {
	subject := e.Subject()
	expected := rowCount(len(e.Want)) + ", each once"
	if len(e.Readings) == 0 {
		return downloads(e, subject, noneIsRight)
	}
	var findings []scenarios.Finding
	for _, r := range e.Readings {
		fail := func(damage scenarios.Damage, actual string) {
			f := scenarios.Failure(subject, expected, actual+" ("+r.Probe+")")
			f.Damage = damage
			findings = append(findings, f)
		}
		switch {
		case r.Rows == 0 && noneIsRight:
		case r.Rows == 0 && len(e.Want) > 0:
			fail("", "none"+absence(e))
		case len(e.Want) > 0 && r.Rows > len(e.Want) && r.Rows%len(e.Want) == 0:
			fail(scenarios.Doubled, fmt.Sprintf("%s: imported %s", rowCount(r.Rows), times(r.Rows/len(e.Want))))
		case r.Rows != len(e.Want):
			fail("", rowCount(r.Rows)+after(e, r))
			findings = append(findings, differences(e, r)...)
		case r.Records != nil:
			findings = append(findings, differences(e, r)...)
		}
	}
	return findings
}

// absence says how long an import was awaited that is not there, and what the API
// saw of it.
func absence(e scenarios.Effect) string {
	waited := " after " + human.Duration(e.Waited)
	if e.Limit > 0 {
		waited += ", " + human.Duration(e.Limit) + " of it without any progress"
		if e.LimitWhy != "" {
			waited += " (" + e.LimitWhy + ")"
		}
	}
	switch {
	case e.APICalls == 0:
		return waited + "; the receiver has never called the simulated API: was it told its address?"
	case e.Calls == 0:
		return waited + "; the receiver never asked the API for this job, and for no other meanwhile; if it comes to new jobs more seldom, " +
			"or holds back its calls, raise --effect-timeout"
	case e.Downloads == 0:
		return waited + "; " + human.Count(e.Calls, "API call") + " for the job, but no complete download; if it tries again later, or its job is leased for longer, raise --retry-timeout"
	}
	return waited + "; its data was downloaded " + times(e.Downloads)
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
		return []scenarios.Finding{scenarios.Failure(subject, rowCount(len(e.Want))+", each once",
			"no complete download within "+human.Duration(e.Limit)+absence(e))}
	}
	return []scenarios.Finding{unseen(subject, rowCount(len(e.Want))+", each once",
		"the API saw "+human.Count(e.Downloads, "complete download")+", but no probe sees the rows: use --probe")}
}

func rowCount(n int) string { return human.Count(n, "row") }

// unseen is a finding of what no probe could see.
func unseen(subject, expected, actual string) scenarios.Finding {
	return scenarios.Finding{Verdict: scenarios.NotObservable, Subject: subject, Expected: expected, Actual: actual}
}
