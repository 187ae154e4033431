package scenarios

import "testing"

func TestOverall(t *testing.T) {
	t.Parallel()
	result := func(l Level, v Verdict) Result { return Result{Requirement: Requirement{Level: l}, Verdict: v} }
	for _, tc := range []struct {
		name    string
		results []Result
		want    Overall
	}{
		{"nothing was played", nil, Broken},
		{"all pass", []Result{result(Must, Pass), result(Should, Pass)}, Conformant},
		{"a warning", []Result{result(Must, Pass), result(Should, Warn)}, Conformant},
		{"a MUST is broken", []Result{result(Must, Pass), result(Must, Fail)}, Failed},
		{"a MUST is broken and the harness too", []Result{result(Must, Errored), result(Must, Fail)}, Failed},
		{"the harness failed", []Result{result(Must, Pass), result(Should, Errored)}, Broken},
		{"a MUST was not seen", []Result{result(Must, Pass), result(Must, NotObservable)}, Partial},
		{"a SHOULD was not seen", []Result{result(Must, Pass), result(Should, NotObservable)}, Conformant},
		{"a MUST was blocked", []Result{result(Must, Pass), result(Must, Blocked)}, Partial},
		{"a MUST is declared unsupported", []Result{result(Must, Pass), result(Must, NotSupported)}, Conformant},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if got := overall(tc.results); got != tc.want {
				t.Errorf("got %s, want %s", got, tc.want)
			}
		})
	}
}

func TestLevelCaps(t *testing.T) {
	t.Parallel()
	findings := []Finding{{Verdict: Fail}, {Verdict: NotObservable}}
	if got := VerdictOf(Must.capped(findings)); got != Fail {
		t.Errorf("a MUST: %s", got)
	}
	if got := Should.capped(findings); got[0].Verdict != Warn || findings[0].Verdict != Fail {
		t.Errorf("a SHOULD: %+v, of %+v", got, findings)
	}
}
