package traffic_test

import (
	"bytes"
	"testing"
	"testing/synctest"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/scrapehook/scrapehook/simulator/traffic"
)

func TestReportIsAsItsSchemaSays(t *testing.T) {
	t.Parallel()
	const path = "../../docs/traffic-report.schema.json"
	schema, err := jsonschema.NewCompiler().Compile(path)
	if err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		report := perform(t.Context(), t, mixed(t, 100, nil), acks, nil)
		report.SLO, report.MissingShards = []traffic.Judged{{SLO: "p99<1s"}}, []int{2}
		document, err := jsonschema.UnmarshalJSON(bytes.NewReader(encoded(t, report)))
		if err != nil {
			t.Fatal(err)
		}
		if err := schema.Validate(document); err != nil {
			t.Error(err)
		}
		fields, _ := document.(map[string]any)
		for key := range schema.Properties {
			if _, ok := fields[key]; !ok {
				t.Errorf("the schema's %s is not in the report", key)
			}
		}
	})
}
