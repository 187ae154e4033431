package e2e_test

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// What a CI system is given is tried here as that system would run it: the
// scripts are taken out of the files, and run by the shell that it runs them by.

// The parts of an action, a workflow and a GitLab job that ours have; others are
// mistakes.
type (
	ciStep struct {
		Name, ID, Uses, Shell, Run, If string
		Env, With                      map[string]string
		WorkingDirectory               string `yaml:"working-directory"`
	}
	ciAction struct {
		Name, Description string
		Branding          struct{ Icon, Color string }
		Inputs            map[string]struct {
			Description string
			Required    bool
			Default     *string
		}
		Outputs map[string]struct{ Description, Value string }
		Runs    struct {
			Using string
			Steps []ciStep
		}
	}
	ciWorkflow struct {
		Name string
		On   struct {
			Push struct{ Branches []string }
			Pull any `yaml:"pull_request"`
		}
		Permissions map[string]string
		Jobs        map[string]struct {
			RunsOn         string `yaml:"runs-on"`
			TimeoutMinutes int    `yaml:"timeout-minutes"`
			Steps          []ciStep
		}
	}
	ciGitLab map[string]struct {
		Image        string
		Variables    map[string]string
		BeforeScript []string `yaml:"before_script"`
		Script       []string
		AllowFailure struct {
			ExitCodes []int `yaml:"exit_codes"`
		} `yaml:"allow_failure"`
		Artifacts struct {
			When    string
			Paths   []string
			Reports struct{ JUnit string }
		}
	}
)

// readCI decodes a file that may have the keys of into alone.
func readCI(t *testing.T, path string, into any) {
	t.Helper()
	body, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	decoder := yaml.NewDecoder(bytes.NewReader(body))
	decoder.KnownFields(true)
	if err := decoder.Decode(into); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
}

func readAction(t *testing.T) (action ciAction) {
	t.Helper()
	readCI(t, "../action.yml", &action)
	return action
}

// job is a job of GitHub's that uses the action.
type job struct {
	action               ciAction
	workspace, temporary string
}

// inputs are what a step gives the action; what it leaves out has its default.
func (j job) inputs(t *testing.T, given map[string]string) map[string]string {
	t.Helper()
	all := map[string]string{}
	for name, input := range j.action.Inputs {
		if input.Default != nil {
			all[name] = *input.Default
		}
	}
	for name, value := range given {
		if _, known := j.action.Inputs[name]; !known {
			t.Fatalf("the action has no input %s", name)
		}
		all[name] = value
	}
	return all
}

var expression = regexp.MustCompile(`\$\{\{ *(\w+)\.([\w.-]+) *\}\}`)

// expand puts values in the place of expressions.
func expand(t *testing.T, text string, values map[string]string) string {
	t.Helper()
	return expression.ReplaceAllStringFunc(text, func(whole string) string {
		m := expression.FindStringSubmatch(whole)
		value, known := values[m[1]+"."+m[2]]
		if !known {
			t.Errorf("nobody knows %s", whole)
		}
		return value
	})
}

// ended is what a step leaves to GitHub.
type ended struct {
	code         int
	log, summary string
	outputs      map[string]string
}

// run runs one step's script as GitHub's runner does.
func (j job) run(t *testing.T, step ciStep, inputs map[string]string) ended {
	t.Helper()
	dir := t.TempDir()
	file := func(name, body string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(body), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	values := map[string]string{}
	for name, value := range inputs {
		values["inputs."+name] = value
	}
	root, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	script, output, summary := file("script.sh", step.Run), file("output", ""), file("summary", "")
	cmd := exec.CommandContext(t.Context(), "bash", "--noprofile", "--norc", "-eo", "pipefail", script)
	cmd.Dir = filepath.Join(j.workspace, expand(t, step.WorkingDirectory, values))
	cmd.Env = append(os.Environ(), "GITHUB_ACTION_PATH="+root, "GITHUB_ACTION_REF=v1.2.3", "RUNNER_TEMP="+j.temporary,
		"GITHUB_WORKSPACE="+j.workspace, "GITHUB_OUTPUT="+output, "GITHUB_STEP_SUMMARY="+summary)
	for name, value := range step.Env {
		cmd.Env = append(cmd.Env, name+"="+expand(t, value, values))
	}
	log, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	e := ended{code: cmd.ProcessState.ExitCode(), log: string(log), summary: read(t, summary), outputs: map[string]string{}}
	for line := range strings.Lines(read(t, output)) {
		name, value, ok := strings.Cut(strings.TrimSpace(line), "=")
		if !ok {
			t.Errorf("an output without a value: %q", line)
		}
		values["steps."+step.ID+".outputs."+name] = value
	}
	if step.ID != "" {
		for name, o := range j.action.Outputs {
			e.outputs[name] = expression.ReplaceAllStringFunc(o.Value, func(whole string) string {
				m := expression.FindStringSubmatch(whole)
				return values[m[1]+"."+m[2]] // an output that is not set is empty
			})
		}
	}
	return e
}

func read(t *testing.T, path string) string {
	t.Helper()
	body, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}
