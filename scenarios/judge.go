package scenarios

import (
	"encoding/json"
	"fmt"
	"slices"
)

// judges sums up several judges.
func judges(list ...func(Observation) []Finding) func(Observation) []Finding {
	return func(o Observation) []Finding {
		var all []Finding
		for _, judge := range list {
			all = append(all, judge(o)...)
		}
		return all
	}
}

// acknowledged judges that every notification was answered 2xx in time:
// "it has to respond with 2xx HTTP status code within 10 seconds".
func acknowledged(o Observation) []Finding { return acks(o, Fail, func(Exchange) bool { return true }) }

// acks judges the answers to the exchanges that pick selects; what is missing
// is a finding of verdict v.
func acks(o Observation, v Verdict, pick func(Exchange) bool) []Finding {
	var findings []Finding
	for _, x := range o.Exchanges {
		if x.Superseded || !pick(x) || x.acknowledges() {
			continue
		}
		findings = append(findings, Finding{v, x.Label, "2xx within 10 s", x.outcome()})
	}
	return findings
}

// importedOnce judges that each job's rows are there, each once.
func importedOnce(o Observation) []Finding {
	var findings []Finding
	for _, e := range o.Effects {
		findings = append(findings, e.judge(false)...)
	}
	return findings
}

// importedOnceOrNot judges that each job's rows are there once, or not at all.
func importedOnceOrNot(o Observation) []Finding {
	var findings []Finding
	for _, e := range o.Effects {
		findings = append(findings, e.judge(true)...)
	}
	return findings
}

// lastImportedOnce is importedOnce for the last effect that was awaited: what
// was there before that is another requirement's business.
func lastImportedOnce(o Observation) []Finding {
	if len(o.Effects) == 0 {
		return nil
	}
	return o.Effects[len(o.Effects)-1].judge(false)
}

// notImported judges that no row of any job is there.
func notImported(o Observation) []Finding {
	var findings []Finding
	for _, e := range o.Effects {
		subject := e.subject()
		if len(e.Readings) == 0 && e.Downloads > 0 {
			findings = append(findings, Finding{NotObservable, subject, "no rows", "its data was downloaded, but no probe sees rows: use --probe"})
		}
		for _, r := range e.Readings {
			if r.Rows > 0 {
				findings = append(findings, Finding{Fail, subject, "no rows", rowsOf(r.Rows) + " (" + r.Probe + ")"})
			}
		}
	}
	return findings
}

// nothingForeign judges that nothing is stored but rows of the job; whether
// they are all there is another requirement's business.
func nothingForeign(o Observation) []Finding {
	var findings []Finding
	for _, e := range o.Effects {
		if len(e.Readings) == 0 {
			findings = append(findings, e.judgeDownloads(e.subject(), true)...)
		}
		for _, r := range e.Readings {
			fail := func(expected, actual string) {
				findings = append(findings, Finding{Fail, e.subject(), expected, actual + " (" + r.Probe + ")"})
			}
			switch {
			case r.Malformed > 0:
				fail("JSON objects only", fmt.Sprintf("%d lines are none", r.Malformed))
			case r.Records == nil && r.Rows != 0 && r.Rows != len(e.Want):
				fail("no rows, or "+rowsOf(len(e.Want)), rowsOf(r.Rows))
			}
			for _, row := range foreign(e.Want, r.Records) {
				fail("rows of the job only", "stored: "+row)
			}
		}
	}
	return findings
}

// contentSeen judges that some probe shows the rows' content.
func contentSeen(o Observation) []Finding {
	var findings []Finding
	for _, e := range o.Effects {
		if !slices.ContainsFunc(e.Readings, func(r ProbeReading) bool { return compares(e.Want, r.Records) }) && e.complete() {
			findings = append(findings, Finding{
				NotObservable, e.subject(), "the content of its rows", "no probe shows their fields under the cloud's names",
			})
		}
	}
	return findings
}

// compares reports whether the rows seen have a field of the rows wanted
// beside the one that numbers them.
func compares(want [][]byte, got []json.RawMessage) bool {
	return slices.ContainsFunc(shared(objects(want), objects(got)), func(field string) bool { return field != "web-scraper-order" })
}

// subject is what findings call an effect.
func (e Effect) subject() string {
	return Job{ID: e.Job, Label: e.Label}.subject()
}

// judge compares an effect with the job's rows. With noneIsRight, no row at
// all is as good.
func (e Effect) judge(noneIsRight bool) []Finding {
	subject := e.subject()
	expected := rowsOf(len(e.Want)) + ", each once"
	if len(e.Readings) == 0 {
		return e.judgeDownloads(subject, noneIsRight)
	}
	var findings []Finding
	for _, r := range e.Readings {
		fail := func(expected, actual string) {
			findings = append(findings, Finding{Fail, subject, expected, actual + " (" + r.Probe + ")"})
		}
		switch {
		case r.Rows == 0 && noneIsRight:
		case r.Rows == 0 && len(e.Want) > 0:
			fail(expected, "none within "+round(e.Limit).String()+e.absence())
		case len(e.Want) > 0 && r.Rows > len(e.Want) && r.Rows%len(e.Want) == 0:
			fail(expected, fmt.Sprintf("%s: imported %d times", rowsOf(r.Rows), r.Rows/len(e.Want)))
		case r.Rows != len(e.Want):
			fail(expected, fmt.Sprintf("%s%s", rowsOf(r.Rows), e.short(r)))
		case r.Records != nil:
			for _, d := range difference(e.Want, r.Records) {
				fail(d.expected, d.actual)
			}
		}
	}
	return findings
}

// absence says what the API saw of an import that is not there.
func (e Effect) absence() string {
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

func (e Effect) short(r ProbeReading) string {
	if r.Rows < len(e.Want) {
		return " after " + round(e.Waited).String()
	}
	return ""
}

// judgeDownloads is all that can be said without a probe: data that was never
// downloaded can't have been imported, but a download proves no import, and
// two downloads are not two effects.
func (e Effect) judgeDownloads(subject string, noneIsRight bool) []Finding {
	switch {
	case e.Downloads == 0 && noneIsRight:
		return nil
	case e.Downloads == 0 && len(e.Want) > 0:
		return []Finding{{
			Fail, subject, rowsOf(len(e.Want)) + ", each once",
			"no complete download within " + round(e.Limit).String() + e.absence(),
		}}
	}
	return []Finding{{
		NotObservable, subject, rowsOf(len(e.Want)) + ", each once",
		"the API saw " + plural(e.Downloads, "complete download") + ", but no probe sees the rows: use --probe",
	}}
}

// unmet reports whether a prerequisite with this verdict keeps a requirement
// from being judged.
func unmet(v Verdict) bool { return v == Fail || v == Warn || v == Blocked || v == Errored }
