package main

import (
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// TestTrafficManifestRuns has the example for Kubernetes print its plan: the
// pods together send all of it.
func TestTrafficManifestRuns(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../docs/traffic-kubernetes.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var manifest struct {
		Spec struct {
			Completions, Parallelism int
			Template                 struct {
				Spec struct{ Containers []struct{ Args []string } }
			}
		}
	}
	if err := yaml.Unmarshal(text, &manifest); err != nil {
		t.Fatal(err)
	}
	pods := manifest.Spec.Completions
	script := manifest.Spec.Template.Spec.Containers[0].Args[0]
	script, _, _ = strings.Cut(strings.TrimPrefix(script, "exec scrapehook "), " 2>")
	planned := func(shard string) []string {
		values := strings.NewReplacer(`"$URL"`, refusing, `"$START_AT"`, "2026-01-02T15:04:05Z",
			`"$((JOB_COMPLETION_INDEX + 1))/8"`, shard)
		args := append(strings.Fields(values.Replace(script)), "--dry-run", "forms", "--jobs", "1000")
		code, stdout, stderr := command(t, t.Context(), args...)
		if code != 0 {
			t.Fatalf("%v: exit code %d, %s", args, code, stderr)
		}
		return slices.Sorted(strings.Lines(stdout))
	}
	var union []string
	for index := range pods {
		union = append(union, planned(strconv.Itoa(index+1)+"/8")...)
	}
	slices.Sort(union)
	if whole := planned("1/1"); len(whole) != 1000 || !slices.Equal(union, whole) || manifest.Spec.Parallelism != pods {
		t.Errorf("%d pods send %d forms, the plan has %d", pods, len(union), len(whole))
	}
}
