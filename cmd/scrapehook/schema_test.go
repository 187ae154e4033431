package main

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v3"
)

// TestConfigSchema: what the schema says of a file is what the command says.
func TestConfigSchema(t *testing.T) {
	t.Parallel()
	body, err := json.Marshal(configSchema(newRootCmd()))
	if err != nil {
		t.Fatal(err)
	}
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource("scrapehook.schema.json", document); err != nil {
		t.Fatal(err)
	}
	schema, err := compiler.Compile("scrapehook.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		file string
		good bool
	}{
		{"conform:\n  profile: 2022\n  probe: [file:rows.jsonl, api]\n  fast: true\n  burst: 10\n  effect-timeout: 30s\n", true},
		{"conform:\n  profile: '2020'\n  probe: file:rows.jsonl\n", true},
		{"send:\n", true},
		{"receive list:\n  limit: 3\n", true},
		{string(initFile(newRootCmd(), true)), true},
		{"conform:\n  profile: 2021\n", false},
		{"conform:\n  fast: perhaps\n", false},
		{"conform:\n  profil: 2022\n", false},
		{"confrom: {}\n", false},
		{"- conform\n", false},
	} {
		var value any
		if err := yaml.Unmarshal([]byte(tc.file), &value); err != nil {
			t.Fatal(err)
		}
		if err := schema.Validate(value); (err == nil) != tc.good {
			t.Errorf("%s: %v", strings.TrimSpace(tc.file), err)
		}
	}
}

// TestKnownValuesAreOfFlags: a table of values that no flag has would help nobody.
func TestKnownValuesAreOfFlags(t *testing.T) {
	t.Parallel()
	root := newRootCmd()
	for name := range commandValues {
		command, flag, _ := strings.Cut(name, " --")
		cmd, _, err := root.Find(strings.Fields(command))
		if err != nil || cmd.Flag(flag) == nil {
			t.Errorf("%s is not a flag", name)
		}
	}
}
