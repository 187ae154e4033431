package scenarios

import (
	"fmt"
	"time"
)

func data02() Scenario {
	return Scenario{
		Requirement: Requirement{
			ID: "DATA-02", Level: Must,
			Title:    "a job without rows is no error",
			Source:   Source{"0 bytes before there is data", "contract, section 2: GET scraping-job/{id}/json"},
			Sent:     "one finished job with 0 rows",
			Observed: "2xx, no row, and no end of calls to the API",
			Broken:   "takes an empty file for a failed download, and tries again for ever",
			Repair:   "Compare with stored_record_count: 0 rows of 0 is a whole import.",
			Needs:    []string{"ACK-01"},
		},
		Effect: true,
		Play: func(s *Stage) {
			job := s.FinishedJob(0)
			s.Notify("the notification", job)
			s.AwaitCalled(job) // a queue may be slow to come to it
			s.AwaitEffects(job)
			s.Pause(s.Pick(15*time.Second, 2*time.Second), "calls that should not come")
			s.AwaitQuiet(job)
		},
		Judge: judges(acknowledged, importedOnce, func(o Observation) []Finding {
			if len(o.Effects) < 2 {
				return nil
			}
			before, after := o.Effects[0].Calls, o.Effects[len(o.Effects)-1].Calls
			if after-before <= 1 {
				return nil
			}
			return []Finding{{
				Fail, fmt.Sprintf("job %d", o.Effects[0].Job), "no calls to the API once the job is known to have no rows",
				fmt.Sprintf("%d more calls, after %d", after-before, before),
			}}
		}),
	}
}
