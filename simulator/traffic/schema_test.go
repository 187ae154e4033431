package traffic_test

import (
	"encoding/json"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/scrapehook/scrapehook/simulator/traffic"
)

// schema is as much of JSON Schema as docs/traffic-report.schema.json uses.
type schema struct {
	Ref        string            `json:"$ref"`
	Required   []string          `json:"required"`
	Properties map[string]schema `json:"properties"`
	Additional json.RawMessage   `json:"additionalProperties"`
	Items      *schema           `json:"items"`
	Defs       map[string]schema `json:"$defs"`
}

// check compares the names of all fields of v with those of s.
func (s schema) check(t *testing.T, at string, v any, defs map[string]schema) {
	t.Helper()
	if s.Ref != "" {
		s = defs[strings.TrimPrefix(s.Ref, "#/$defs/")]
	}
	switch v := v.(type) {
	case []any:
		for _, item := range v {
			s.Items.check(t, at+"[]", item, defs)
		}
	case map[string]any:
		var others schema
		open := json.Unmarshal(s.Additional, &others) == nil
		for _, key := range slices.Sorted(maps.Keys(v)) {
			if property, ok := s.Properties[key]; ok {
				property.check(t, at+"."+key, v[key], defs)
			} else if open {
				others.check(t, at+"."+key, v[key], defs)
			} else {
				t.Errorf("%s.%s is not in the schema", at, key)
			}
		}
		for _, key := range s.Required {
			if _, ok := v[key]; !ok {
				t.Errorf("%s.%s is required", at, key)
			}
		}
	}
}

func TestReportIsAsItsSchemaSays(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../docs/traffic-report.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	var s schema
	if err := json.Unmarshal(text, &s); err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		report := perform(t.Context(), t, mixed(t, 100, nil), acks, nil)
		report.SLO, report.MissingShards = []traffic.Judged{{SLO: "p99<1s"}}, []int{2}
		var document any
		if err := json.Unmarshal(encoded(t, report), &document); err != nil {
			t.Fatal(err)
		}
		s.check(t, "report", document, s.Defs)
		fields, _ := document.(map[string]any)
		for key := range s.Properties {
			if _, ok := fields[key]; !ok {
				t.Errorf("the schema's %s is not in the report", key)
			}
		}
	})
}
