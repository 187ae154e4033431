package report_test

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/scrapehook/scrapehook/internal/testtool"
	"github.com/scrapehook/scrapehook/scenarios"
	"github.com/scrapehook/scrapehook/scenarios/report"
)

// variants are reports of every verdict, with little and with much in them.
func variants() map[string]scenarios.Report {
	small := sample()
	small.Results, small.Probes, small.Declared, small.Output, small.Interrupted = nil, nil, scenarios.Declared{}, "", true
	variants := map[string]scenarios.Report{"small": small}
	for _, v := range scenarios.Verdicts() {
		r := sample()
		for i := range r.Results { // all of one verdict
			r.Results[i].Verdict = v
			if v == scenarios.NotSupported {
				r.Results[i].Known = ""
			}
		}
		variants["all "+string(v)] = r
	}
	full := sample()
	full.Phases = map[scenarios.Phase]time.Duration{}
	for _, phase := range scenarios.Phases() {
		full.Phases[phase] = time.Second
	}
	full.Results[0].Known, full.Results[2].Known = "ticket 7", "ticket 8"
	variants["full"] = full
	variants["setup"] = misconfigured()
	checked := misconfigured()
	checked.Setup, checked.Checked = nil, true
	variants["checked"] = checked
	variants["died"] = died()
	return variants
}

// earlier is a run that a sample differs from in every way.
func earlier() report.Summary {
	return report.Summary{Verdict: scenarios.Conformant, Version: "v0", Judged: []report.Judged{
		{ID: "ACK-01", Level: scenarios.Must, Verdict: scenarios.Fail}, {ID: "ACK-03", Level: scenarios.Must, Verdict: scenarios.Pass},
		{ID: "ACK-99", Level: scenarios.Must, Verdict: scenarios.Pass},
	}}
}

// TestJSONIsAsItsSchemaSays: what is published is true, and nothing is left
// unsaid: fields that the schema does not name are refused here.
func TestJSONIsAsItsSchemaSays(t *testing.T) {
	t.Parallel()
	schema := strictSchema(t, "../../docs/conform-report.schema.json")
	compared := report.Compare(earlier(), report.SummaryOf(sample()))
	for name, r := range variants() {
		for _, c := range []*report.Comparison{nil, &compared} {
			var b bytes.Buffer
			if err := report.JSON(&b, r, c); err != nil {
				t.Fatal(err)
			}
			document, err := jsonschema.UnmarshalJSON(&b)
			if err != nil {
				t.Fatal(err)
			}
			if err := schema.Validate(document); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}

// TestEveryVerdictIsWritten: the variants are of every verdict that a run may
// have.
func TestEveryVerdictIsWritten(t *testing.T) {
	t.Parallel()
	have := map[scenarios.Overall]bool{}
	for _, r := range variants() {
		have[r.Conclude().Verdict] = true
	}
	for _, v := range scenarios.Overalls() {
		if !have[v] {
			t.Errorf("no variant is %s", v)
		}
	}
}

// TestSchemaRefuses: the validation would notice.
func TestSchemaRefuses(t *testing.T) {
	t.Parallel()
	schema := strictSchema(t, "../../docs/conform-report.schema.json")
	for name, change := range map[string]func(map[string]any){
		"another version":     func(d map[string]any) { d["schema"] = 99 },
		"an unknown verdict":  func(d map[string]any) { d["verdict"] = "fine" },
		"a field that is new": func(d map[string]any) { d["mood"] = "good" },
		"a field that is not": func(d map[string]any) { delete(d, "seed") },
		"a verdict of a requirement": func(d map[string]any) {
			list, _ := d["requirements"].([]any)
			first, _ := list[0].(map[string]any)
			first["verdict"] = "passed"
		},
	} {
		var b bytes.Buffer
		if err := report.JSON(&b, sample(), nil); err != nil {
			t.Fatal(err)
		}
		var document map[string]any
		if err := json.Unmarshal(b.Bytes(), &document); err != nil {
			t.Fatal(err)
		}
		change(document)
		if schema.Validate(document) == nil {
			t.Errorf("%s was accepted", name)
		}
	}
}

// strictSchema compiles a schema whose objects have no other properties than
// those that it names.
func strictSchema(t *testing.T, path string) *jsonschema.Schema {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	closeObjects(document)
	compiler := jsonschema.NewCompiler()
	compiler.AssertFormat()
	if err := compiler.AddResource("strict.json", document); err != nil {
		t.Fatal(err)
	}
	schema, err := compiler.Compile("strict.json")
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

func closeObjects(node any) {
	switch node := node.(type) {
	case []any:
		for _, child := range node {
			closeObjects(child)
		}
	case map[string]any:
		if _, object := node["properties"].(map[string]any); object && node["type"] == "object" {
			node["additionalProperties"] = false
		}
		for _, child := range node {
			closeObjects(child)
		}
	}
}

// TestJUnitIsAsItsSchemaSays has libxml2 judge the documents.
func TestJUnitIsAsItsSchemaSays(t *testing.T) {
	t.Parallel()
	needs(t, "xmllint")
	dir := t.TempDir()
	for name, r := range variants() {
		var b bytes.Buffer
		if err := report.JUnit(&b, r, nil); err != nil {
			t.Fatal(err)
		}
		if err := validJUnit(t, dir, b.Bytes()); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		broken := bytes.Replace(b.Bytes(), []byte("time="), []byte("took="), 1)
		if err := validJUnit(t, dir, broken); err == nil {
			t.Errorf("%s: a document without a time was accepted", name)
		}
	}
}

func validJUnit(t *testing.T, dir string, document []byte) error {
	t.Helper()
	path := filepath.Join(dir, "r.xml")
	if err := os.WriteFile(path, document, 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.CommandContext(t.Context(), "xmllint", "--noout", "--nonet", "--schema", "testdata/junit.xsd", path).CombinedOutput()
	if err != nil {
		t.Logf("%s", out)
	}
	return err
}

// needs skips or fails the test when tool can't be had.
func needs(t *testing.T, tool string) {
	t.Helper()
	testtool.Need(t, tool)
}
