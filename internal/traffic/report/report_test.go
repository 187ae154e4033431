package report_test

import (
	"bytes"
	"encoding/json"
	"slices"
	"testing"
	"testing/synctest"

	"github.com/scrapehook/scrapehook/internal/traffic/plan"
	"github.com/scrapehook/scrapehook/internal/traffic/report"
	"github.com/scrapehook/scrapehook/internal/traffic/traffictest"
)

func TestShardsMergeToTheWholeRun(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		whole := traffictest.Perform(t.Context(), t, traffictest.Mixed(t, 3001, nil), traffictest.Acks, nil)
		var shards []report.Report
		for shard := 1; shard <= 3; shard++ {
			p := traffictest.Mixed(t, 3001, func(cfg *plan.Config) { cfg.Shard, cfg.Shards = shard, 3 })
			result := traffictest.Perform(t.Context(), t, p, traffictest.Acks, nil)
			shards = append(shards, decoded(t, result))
		}
		merged, err := report.Merge([]report.Report{shards[2], shards[0], shards[1]})
		if err != nil {
			t.Fatal(err)
		}
		if merged.Counts != whole.Counts {
			t.Errorf("merged %+v\nwhole %+v", merged.Counts, whole.Counts)
		}
		if !merged.Latency.Planned.Equal(whole.Latency.Planned) || !merged.Latency.Sent.Equal(whole.Latency.Sent) {
			t.Error("the histograms differ")
		}
		for status := range whole.ByStatus {
			if !merged.ByStatus[status].Planned.Equal(whole.ByStatus[status].Planned) {
				t.Errorf("the histograms of %s differ", status)
			}
		}
		if a, b := encoded(t, merged.Timeline), encoded(t, whole.Timeline); !bytes.Equal(a, b) {
			t.Errorf("the timelines differ:\n%s\n%s", a, b)
		}

		missing, err := report.Merge(shards[:2])
		if err != nil {
			t.Fatal(err)
		}
		missed := shards[2].Notifications
		if !slices.Equal(missing.MissingShards, []int{3}) || missing.Dropped != missed ||
			missing.Notifications != whole.Notifications || missing.Continued != whole.Continued || missing.Duplicates != whole.Duplicates {
			t.Errorf("without shard 3, which has %d notifications: %+v", missed, missing.Counts)
		}
		if _, err := report.Merge([]report.Report{shards[0], shards[0]}); err == nil {
			t.Error("a shard was merged twice")
		}
		other := decoded(t, shards[1])
		other.Plan.Seed++
		if _, err := report.Merge([]report.Report{shards[0], other}); err == nil {
			t.Error("two plans were merged")
		}
	})
}

func encoded(t *testing.T, v any) []byte {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// decoded is the report by way of its JSON.
func decoded(t *testing.T, r report.Report) report.Report {
	t.Helper()
	var again report.Report
	if err := json.Unmarshal(encoded(t, r), &again); err != nil {
		t.Fatal(err)
	}
	return again
}
