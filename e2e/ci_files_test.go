package e2e_test

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestCIFiles checks the shape of what CI systems are given: keys that they
// know, actions at a major version, and no input within a script.
func TestCIFiles(t *testing.T) {
	t.Parallel()
	action := readAction(t)
	var workflow ciWorkflow
	readCI(t, "../docs/ci/github-workflow.yml", &workflow)
	if action.Runs.Using != "composite" || len(workflow.Jobs) == 0 {
		t.Fatalf("%+v\n%+v", action, workflow)
	}
	steps := action.Runs.Steps
	for _, job := range workflow.Jobs {
		if job.RunsOn == "" || job.TimeoutMinutes == 0 {
			t.Errorf("%+v", job)
		}
		steps = append(steps, job.Steps...)
	}
	ours := 0
	for _, step := range steps {
		checkStep(t, step)
		if strings.HasPrefix(step.Uses, "scrapehook/scrapehook@") {
			ours++
			for name := range step.With {
				if _, known := action.Inputs[name]; !known {
					t.Errorf("the action has no input %s", name)
				}
			}
		}
		for _, m := range regexp.MustCompile(`steps\.conform\.outputs\.([\w-]+)`).FindAllStringSubmatch(step.If+step.With["path"], -1) {
			if _, known := action.Outputs[m[1]]; !known {
				t.Errorf("the action has no output %s", m[1])
			}
		}
	}
	if ours != 1 {
		t.Errorf("the workflow uses the action %d times", ours)
	}
	for name, input := range action.Inputs {
		if input.Description == "" || input.Required == (input.Default != nil) {
			t.Errorf("the input %s: %+v", name, input)
		}
	}
}

var pinned = regexp.MustCompile(`^[\w-]+/[\w-]+@v\d+$`)

func checkStep(t *testing.T, step ciStep) {
	t.Helper()
	switch {
	case step.Run == "" && !pinned.MatchString(step.Uses):
		t.Errorf("%+v: neither a script, nor an action at a major version", step)
	case step.Run != "" && (step.Uses != "" || step.Shell != "bash"):
		t.Errorf("%+v: want a script for bash alone", step)
	case strings.Contains(step.Run, "${{"):
		t.Errorf("an expression within a script: %s", step.Run)
	}
}

// TestGitLabJob runs the script of the example for GitLab, as its runner does: a
// line after the other, until one fails.
func TestGitLabJob(t *testing.T) {
	t.Parallel()
	needs(t, "bash")
	var file ciGitLab
	readCI(t, "../docs/ci/gitlab-ci.yml", &file)
	job, ok := file["conformance"]
	if !ok || len(file) != 1 {
		t.Fatalf("%+v", file)
	}
	if a := job.Artifacts; a.When != "always" || len(a.Paths) != 1 || !strings.HasPrefix(a.Reports.JUnit, a.Paths[0]) {
		t.Errorf("the artifacts are %+v", a)
	}
	if len(job.AllowFailure.ExitCodes) != 1 || job.AllowFailure.ExitCodes[0] != 4 {
		t.Errorf("allowed to fail with %v", job.AllowFailure.ExitCodes)
	}
	// The installed tool is the one under test.
	if want := `go install "$SCRAPEHOOK"`; len(job.BeforeScript) != 1 || job.BeforeScript[0] != want {
		t.Errorf("it is prepared by %q", job.BeforeScript)
	}
	if want := module + "/cmd/scrapehook@"; !strings.HasPrefix(job.Variables["SCRAPEHOOK"], want) {
		t.Errorf("installed is %q", job.Variables["SCRAPEHOOK"])
	}
	for receiver, code := range map[string]int{"correct": 0, "imports-again": 1} {
		t.Run(receiver, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			cmd := exec.CommandContext(t.Context(), "bash", "-eo", "pipefail", "-c", strings.Join(job.Script, "\n"))
			cmd.Dir = dir
			cmd.Env = append(os.Environ(), "PATH="+filepath.Dir(scrapehookBinary)+":"+os.Getenv("PATH"), "ROWS_FILE="+filepath.Join(dir, "rows.jsonl"))
			for name, value := range job.Variables {
				cmd.Env = append(cmd.Env, name+"="+value)
			}
			// What whoever takes it over puts in; and less than all, to be quick.
			cmd.Env = append(cmd.Env, "RECEIVER=exec "+serveBinary+" "+receiver, "ENDPOINT=http://"+freeAddress(t)+"/webhook",
				"SCRAPEHOOK_FAST=true", "SCRAPEHOOK_FILTER=ACK-01,IDEM-01")
			out, err := cmd.CombinedOutput()
			var exit *exec.ExitError
			if err != nil && !errors.As(err, &exit) || cmd.ProcessState.ExitCode() != code {
				t.Fatalf("%v, want exit %d\n%s", err, code, out)
			}
			validJUnit(t, filepath.Join(dir, job.Artifacts.Reports.JUnit))
			for _, report := range []string{"report.html", "report.json", "badge.svg"} {
				if read(t, filepath.Join(dir, job.Artifacts.Paths[0], report)) == "" {
					t.Errorf("%s is empty", report)
				}
			}
		})
	}
}
