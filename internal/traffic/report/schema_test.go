package report_test

import (
	"bytes"
	"testing"
	"testing/synctest"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/scrapehook/scrapehook/internal/traffic/report"
	"github.com/scrapehook/scrapehook/internal/traffic/traffictest"
)

func TestReportIsAsItsSchemaSays(t *testing.T) {
	t.Parallel()
	const path = "../../../docs/traffic-report.schema.json"
	schema, err := jsonschema.NewCompiler().Compile(path)
	if err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		result := traffictest.Perform(t.Context(), t, traffictest.Mixed(t, 100, nil), traffictest.Acks, nil)
		result.SLO, result.MissingShards = []report.Judged{{SLO: "p99<1s"}}, []int{2}
		document, err := jsonschema.UnmarshalJSON(bytes.NewReader(encoded(t, result)))
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
