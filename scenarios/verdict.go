package scenarios

import "slices"

// Level says how binding a requirement is.
type Level string

// MUST: the contract says so, or data is lost or doubled otherwise. SHOULD:
// the contract recommends it, or every careful receiver does it.
const (
	Must   Level = "MUST"
	Should Level = "SHOULD"
)

// Verdict is the outcome of one requirement.
type Verdict string

// The verdicts of a requirement.
const (
	Pass          Verdict = "pass"
	Fail          Verdict = "fail"           // a MUST is broken
	Warn          Verdict = "warn"           // a SHOULD is broken
	NotObservable Verdict = "not_observable" // no probe could see the effect; never a pass
	NotSupported  Verdict = "not_supported"  // declared by the user, or it can't be asked of such a receiver
	Blocked       Verdict = "blocked"        // a prerequisite failed
	Errored       Verdict = "error"          // the harness failed, not the endpoint
)

// Verdicts returns every verdict of a requirement, the best first.
func Verdicts() []Verdict {
	return []Verdict{Pass, Warn, Fail, NotObservable, NotSupported, Blocked, Errored}
}

// Finding is one thing that was not as required, or could not be seen.
type Finding struct {
	// Verdict is Fail, Warn or NotObservable.
	Verdict Verdict
	// Subject is what the finding is about: "the resend", "job 17".
	Subject string
	// Expected and Actual complete the sentence, in words and with values.
	Expected, Actual string
	// Damage is set when data was lost or doubled: then it is the failure of a
	// MUST, whatever the level of the requirement that saw it.
	Damage Damage
	// WantRow and GotRow are the row that the finding is about, as the job has it
	// and as a probe shows it, as JSON; empty: there is none on that side.
	WantRow, GotRow string
}

// Damage is what became of data.
type Damage string

// What can become of data, apart from "" for nothing bad.
const (
	// Lost: a notification that was acknowledged has no effect, or rows that were
	// there are gone.
	Lost Damage = "lost"
	// Doubled: rows are there more often than the job has them.
	Doubled Damage = "doubled"
)

// Failure is a finding that something was not as required.
func Failure(subject, expected, actual string) Finding {
	return found(Fail, subject, expected, actual)
}

func found(v Verdict, subject, expected, actual string) Finding {
	return Finding{Verdict: v, Subject: subject, Expected: expected, Actual: actual}
}

// VerdictOf sums up the findings of a requirement: the worst one decides, and
// without any it is a pass.
func VerdictOf(findings []Finding) Verdict {
	for _, v := range []Verdict{Errored, Fail, NotObservable, Warn} {
		if slices.ContainsFunc(findings, func(f Finding) bool { return f.Verdict == v }) {
			return v
		}
	}
	return Pass
}

// capped lowers what a requirement of this level can't claim: a SHOULD is
// only warned of, unless data was lost or doubled.
func (l Level) capped(findings []Finding) []Finding {
	if l == Must {
		return findings
	}
	out := slices.Clone(findings)
	for i := range out {
		if out[i].Verdict == Fail && out[i].Damage == "" {
			out[i].Verdict = Warn
		}
	}
	return out
}

// unmet reports whether a prerequisite with this result keeps a requirement from
// being judged. A MUST that is met but for a detail, of which it warns, does not.
func (r Result) unmet() bool {
	return r.Verdict == Fail || r.Verdict == Warn && r.Level == Should || r.Verdict == Blocked || r.Verdict == Errored
}
