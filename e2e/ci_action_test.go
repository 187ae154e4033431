package e2e_test

import (
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestAction has GitHub's action build the tool and judge receivers, as a job
// does.
func TestAction(t *testing.T) {
	t.Parallel()
	needs(t, "bash")
	j := job{action: readAction(t), temporary: t.TempDir()}
	steps := j.action.Runs.Steps
	if len(steps) != 3 || steps[0].Uses == "" {
		t.Fatalf("%d steps", len(steps))
	}
	j.workspace = t.TempDir()
	if built := j.run(t, steps[1], nil); built.code != 0 {
		t.Fatalf("exit %d\n%s", built.code, built.log)
	}
	correct := "exec " + serveBinary + " correct --out rows.jsonl"
	for name, tc := range map[string]struct {
		inputs  map[string]string
		code    int
		verdict string
		summary []string // what it says
		log     string
	}{
		"a receiver that is right": {
			inputs:  map[string]string{"run": correct, "filter": "ACK-01,DATA-01,IDEM-01"},
			verdict: "passed", summary: []string{"### Conformance: passed\n\n    endpoint  http", "    version   v1.2.3", "    passed  (3 pass of 3"},
		},
		"a receiver that is broken": {
			inputs: map[string]string{"run": "exec " + serveBinary + " imports-again --out rows.jsonl", "filter": "ACK-01,DATA-01,IDEM-01"},
			code:   1, verdict: "failed",
			summary: []string{"### Conformance: failed\n\n", "    IDEM-01   MUST    FAIL ", "actual    40 rows: imported 2 times", "repair    Key what you import"},
		},
		"a receiver that can't be seen": {
			inputs: map[string]string{"run": correct, "filter": "ACK-01,DATA-01", "probe": ""},
			code:   4, verdict: "partial", summary: []string{"### Conformance: partial\n\n"},
		},
		"the same, allowed": {
			inputs:  map[string]string{"run": correct, "filter": "ACK-01,DATA-01", "probe": "", "allow-partial": "true"},
			verdict: "partial", summary: []string{"### Conformance: partial\n\n"},
		},
		"arguments a line, and no shell": {
			inputs: map[string]string{
				"run": correct, "filter": "ACK-01",
				"args":    "--unsupported=DATA-10=we $(touch owned) `touch owned` \"drop\" such jobs\n\n--seed\n7\n",
				"reports": "reports; touch owned",
			},
			verdict: "passed", summary: []string{"    seed      7\n"},
		},
		"nobody there": {code: 3, verdict: "none", summary: []string{"### Conformance: none\n\nNothing was judged (exit code 3)"}, log: "cannot be reached"},
		"a mistake":    {inputs: map[string]string{"filter": "\"; touch owned; \""}, code: 2, verdict: "none", summary: []string{"(exit code 2)"}, log: "matches no requirement"},
		"no URL":       {inputs: map[string]string{"url": ""}, code: 2, log: "::error::the input url is empty"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			j := j
			j.workspace = t.TempDir()
			given := map[string]string{"url": "http://" + freeAddress(t) + "/webhook", "probe": "file:rows.jsonl", "fast": "true"}
			maps.Copy(given, tc.inputs)
			e := j.run(t, steps[2], j.inputs(t, given))
			if e.code != tc.code || e.outputs["verdict"] != tc.verdict || !strings.Contains(e.log, tc.log) {
				t.Fatalf("exit %d, want %d; verdict %q, want %q\n%s", e.code, tc.code, e.outputs["verdict"], tc.verdict, e.log)
			}
			for _, part := range tc.summary {
				if !strings.Contains(e.summary, part) {
					t.Errorf("no %q in the summary\n%s", part, e.summary)
				}
			}
			if strings.Contains(e.summary, " pass ") && strings.Contains(e.summary, "ACK-01") {
				t.Errorf("the summary has what passed\n%s", e.summary)
			}
			if _, err := os.Stat(filepath.Join(j.workspace, "owned")); err == nil {
				t.Error("an input became script")
			}
			reportsAreThere(t, e)
		})
	}
}

// reportsAreThere: where there was something to judge, each output names a
// report; otherwise none is left.
func reportsAreThere(t *testing.T, e ended) {
	t.Helper()
	begins := map[string]string{"html": "<!doctype html>", "json": "{\n", "junit": "<?xml", "badge": "<svg"}
	for name, begin := range begins {
		path := e.outputs[name]
		if e.outputs["verdict"] == "none" || e.outputs["verdict"] == "" {
			if path != "" {
				t.Errorf("there is a report %s of nothing", name)
			}
			continue
		}
		if filepath.Dir(path) != e.outputs["reports"] || !strings.HasPrefix(read(t, path), begin) {
			t.Errorf("the output %s is %q", name, path)
		}
	}
}

// TestWorkflowExample gives the action what the example of a workflow gives it,
// in a repository with the receiver that the example has in mind. Only the port,
// and how much is judged, are ours.
func TestWorkflowExample(t *testing.T) {
	t.Parallel()
	needs(t, "bash")
	needs(t, "python3")
	var workflow ciWorkflow
	readCI(t, "../docs/ci/github-workflow.yml", &workflow)
	j := job{action: readAction(t), temporary: t.TempDir(), workspace: t.TempDir()}
	body := read(t, "receivers/python/receiver.py")
	if err := os.WriteFile(filepath.Join(j.workspace, "receiver.py"), []byte(body), 0o600); err != nil {
		t.Fatal(err)
	}
	given := map[string]string{}
	for _, step := range workflow.Jobs["conformance"].Steps {
		if strings.HasPrefix(step.Uses, "scrapehook/") {
			maps.Copy(given, step.With)
		}
	}
	given["url"] = strings.Replace(given["url"], "127.0.0.1:8080", freeAddress(t), 1)
	given["args"] = "--fast\n--filter=ACK-01,DATA-01,IDEM-01,DUR-01"
	if built := j.run(t, j.action.Runs.Steps[1], nil); built.code != 0 {
		t.Fatalf("exit %d\n%s", built.code, built.log)
	}
	e := j.run(t, j.action.Runs.Steps[2], j.inputs(t, given))
	if e.code != 0 || e.outputs["verdict"] != "passed" {
		t.Errorf("exit %d, %v\n%s", e.code, e.outputs, e.log)
	}
}

// TestActionLeavesNoEarlierReport: what is in the directory afterwards is of the
// run that was.
func TestActionLeavesNoEarlierReport(t *testing.T) {
	t.Parallel()
	needs(t, "bash")
	j := job{action: readAction(t), temporary: t.TempDir(), workspace: t.TempDir()}
	tool := filepath.Join(j.temporary, "scrapehook-action", "scrapehook")
	earlier := filepath.Join(j.workspace, "work", "reports", "report.json")
	for path, body := range map[string]string{tool: "#!/bin/sh\nexit 3\n", earlier: "{\n  \"verdict\": \"conformant\",\n"} {
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(body), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	e := j.run(t, j.action.Runs.Steps[2], j.inputs(t, map[string]string{"url": "http://127.0.0.1:1/", "reports": "reports", "working-directory": "work"}))
	if e.code != 3 || e.outputs["verdict"] != "none" || e.outputs["exit-code"] != "3" || e.outputs["reports"] != filepath.Dir(earlier) {
		t.Errorf("exit %d, %v\n%s", e.code, e.outputs, e.log)
	}
	if _, err := os.Stat(earlier); err == nil {
		t.Error("the earlier report is there still")
	}
}
