package scenarios

import "testing"

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
