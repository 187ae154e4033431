package scenarios

import (
	"github.com/scrapehook/scrapehook/simulator/fault"
)

func data08() Scenario {
	return Scenario{
		Requirement: Requirement{
			ID: "DATA-08", Level: Must,
			Title:    "an error body is never stored as data",
			Source:   Source{"its error body is stored as data", "contract, section 3: what real receivers get wrong"},
			Sent:     "two finished jobs, whose first download is answered 500 with a JSON error, or 502 with HTML",
			Observed: "that no such row is there",
			Broken:   "does not look at the status of the download",
			Repair:   "Check the download's status before its body, and each line for being an object.",
			Needs:    []string{"ACK-01", "DATA-01"},
		},
		Lane:   Delayed,
		Effect: true,
		Play: func(s *Stage) {
			var jobs []Job
			for _, kind := range []fault.Kind{fault.ServerError, fault.BadGateway} {
				job := s.FinishedJob(30)
				job.Label = string(kind)
				s.BreakDownloads(job, 0, fault.Fault{Kind: kind})
				s.Notify(job.Label, job)
				jobs = append(jobs, job)
			}
			for _, job := range jobs {
				s.AwaitDownloadTried(job)
			}
			s.AwaitQuiet(jobs...)
		},
		Judge: judges(acknowledged, nothingForeign),
	}
}
