package scenarios

import (
	"strings"
	"testing"
)

// resultOf is the result of a requirement, for tables.
func resultOf(id string, l Level, v Verdict) Result {
	return Result{Requirement: Requirement{ID: id, Level: l, Needs: []string{"ACK-01"}}, Verdict: v}
}

// known is a result of a requirement that is on the list of known failures.
func known(r Result) Result {
	r.Known = "ticket 7"
	return r
}

func outOfReach(r Result) Result {
	r.OutOfReach, r.EndsReceiver = true, true
	return r
}

// TestConclude: one line for each thing that a run may mean.
func TestConclude(t *testing.T) {
	t.Parallel()
	pass, fail := resultOf("ACK-01", Must, Pass), resultOf("ACK-01", Must, Fail)
	must := func(v Verdict) Result { return resultOf("IDEM-01", Must, v) }
	should := func(v Verdict) Result { return resultOf("SEC-02", Should, v) }
	report := func(results ...Result) Report { return Report{Catalogue: len(results), Results: results} }
	with := func(r Report, change func(*Report)) Report {
		change(&r)
		return r
	}
	for _, tc := range []struct {
		name    string
		report  Report
		verdict Overall
		exit    int
		badge   string
		says    []string // in the meaning, what was not looked at, and what to do next
	}{
		{"all pass", report(pass, should(Pass)), Conformant, 0, "conformant 2 of 2", []string{"All 2 requirements are met", "in your CI"}},
		{"a warning", report(pass, should(Warn)), Conformant, 0, "conformant 1 of 2", []string{"Every MUST is met. 1 SHOULD is not met."}},
		{"nothing was played", report(), Broken, 3, "not judged", []string{"says nothing about the endpoint"}},
		{"a filter", Report{Catalogue: 48, Results: []Result{pass, must(Pass)}}, Passed, 0, "passed 2 of 48",
			[]string{"2 of 48 requirements are met", "46 of 48 requirements: not selected, see --filter"}},
		{"a MUST is broken", report(pass, must(Fail)), Failed, 1, "not conformant 1 of 2", []string{"1 of 2 MUSTs is broken", "Repair IDEM-01, and"}},
		{"two are broken, and one blocks", report(should(Warn), must(Fail), fail, resultOf("DATA-01", Must, Blocked)), Failed, 1, "not conformant 0 of 4",
			[]string{"2 of 3 MUSTs are broken", "Repair ACK-01 first"}},
		{"a MUST is broken and the harness too", report(must(Errored), fail), Failed, 1, "not conformant 0 of 2", nil},
		{"the harness failed", report(pass, should(Errored)), Broken, 3, "not judged 1 of 2", nil},
		{"the receiver did not stop", with(report(pass), func(r *Report) { r.Failure = "The receiver did not stop." }), Broken, 3, "not judged 1 of 1", []string{"The receiver did not stop."}},
		{"interrupted", with(report(pass, must(Errored)), func(r *Report) { r.Interrupted = true }), Broken, 130, "interrupted 1 of 2", []string{"stopped before its end", "to its end"}},
		{"interrupted, and a MUST is broken", with(report(pass, must(Fail)), func(r *Report) { r.Interrupted = true }), Failed, 130, "not conformant 1 of 2", []string{"stopped before its end", "1 of 2 MUSTs is broken"}},
		{"a MUST was not seen", report(pass, must(NotObservable)), Partial, 4, "partial 1 of 2", []string{"1 MUST was not seen", "IDEM-01: no probe sees what is imported", "--probe"}},
		{"a MUST is blocked by a warning", report(pass, must(Blocked)), Partial, 4, "partial 1 of 2", []string{"1 MUST is blocked", "Repair what blocks"}},
		{"a SHOULD was not seen", report(pass, should(NotObservable)), Passed, 0, "passed 1 of 2", []string{"SEC-02: no probe sees"}},
		{"declared", with(report(pass, must(NotSupported)), func(r *Report) { r.Declared.Unsupported = map[string]string{"IDEM-01": "another system"} }),
			Passed, 0, "passed 1 of 2", []string{"IDEM-01: declared not to be supported"}},
		{"nobody can continue a job", with(report(pass, must(NotSupported)), func(r *Report) {
			r.Results[1].Findings = []Finding{found(NotSupported, "job 7", "continued by its user", "it is deleted")}
		}), Passed, 0, "passed 1 of 2", []string{"IDEM-01: it is deleted"}},
		{"no token", with(report(pass, resultOf("SEC-01", Must, NotSupported)), func(r *Report) { r.Results[1].Requires = []string{"--token"} }), Passed, 0, "passed 1 of 2", []string{"SEC-01: no secret token is declared, see --token"}},
		{"a handler", report(pass, outOfReach(resultOf("DUR-01", Must, NotObservable))), Passed, 0, "passed 1 of 2", []string{"DUR-01: a handler in the process of a test"}},
		{"no --run", with(report(pass, resultOf("DUR-01", Must, NotObservable)), func(r *Report) { r.Results[1].EndsReceiver = true }),
			Partial, 4, "partial 1 of 2", []string{"DUR-01: the receiver is not the suite's to kill, see --run"}},
		{"a known failure", report(pass, known(must(Fail))), Passed, 0, "passed 1 of 2", []string{"Nothing new is broken, but 1 requirement is known to fail"}},
		{"a known failure that blocks", report(known(fail), must(Blocked)), Partial, 4, "partial 0 of 2",
			[]string{"Nothing new is broken, but 1 requirement is known to fail, and 1 MUST is blocked by known failures"}},
		{"a known failure that is met", report(known(pass)), Failed, 1, "not conformant 1 of 1", []string{"on the list of known failures, and met all the same", "Take off the list"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			c := tc.report.Conclude()
			if c.Verdict != tc.verdict || c.ExitCode != tc.exit || c.Badge != tc.badge {
				t.Errorf("%s, exit %d, badge %q; want %s, exit %d, badge %q", c.Verdict, c.ExitCode, c.Badge, tc.verdict, tc.exit, tc.badge)
			}
			all := strings.Join(append([]string{c.Meaning, c.Next}, c.NotLookedAt...), "\n")
			for _, part := range tc.says {
				if !strings.Contains(all, part) {
					t.Errorf("no %q in\n%s", part, all)
				}
			}
			if c.Headline == "" || c.Meaning == "" || c.Next == "" || c.Face == "" || strings.Contains(all, "0 MUST") || strings.Contains(all, "0 requirement") {
				t.Errorf("it says too little, or of nothing: %+v", c)
			}
		})
	}
}
