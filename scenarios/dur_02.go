package scenarios

import (
	"time"

	"github.com/scrapehook/scrapehook/simulator/fault"
)

func dur02() Scenario {
	return Scenario{
		Requirement: Requirement{
			ID: "DUR-02", Level: Must,
			Title:    "a kill during the import leaves the import once and whole",
			Source:   Source{"answers before anything is durable: a crash right after the answer loses the import", "contract, section 3: what real receivers get wrong"},
			Sent:     "a finished notification; half-way through the download the receiver is killed, and started again",
			Observed: "the rows once",
			Broken:   "marks the job done when it begins, or writes rows as they come and starts again beside them",
			Repair:   "Mark it done in the transaction that writes the rows, or after it; and replace, never add.",
			Needs:    []string{"ACK-01", "ACK-04", "DATA-01"},
		},
		Lane:   Kill,
		Effect: true,
		Play: func(s *Stage) {
			release := make(chan struct{})
			job := s.FinishedJob(100)
			s.BreakDownloads(job, 0, fault.Fault{Kind: fault.Stall, After: 10_000, Delay: 30 * time.Second, Release: release})
			s.Notify("the notification", job)
			if s.AwaitDownloadBegun(job) {
				s.Pause(s.Pick(time.Second, 300*time.Millisecond), "the first half to arrive")
				s.restart()
			}
			close(release)
			s.AwaitRetriedEffects(job)
		},
		Judge: judges(acknowledged, importedOnce),
	}
}
