package catalogue

import (
	"time"

	"github.com/scrapehook/scrapehook/internal/fault"
	"github.com/scrapehook/scrapehook/scenarios"
	"github.com/scrapehook/scrapehook/scenarios/judge"
)

func dur02() scenarios.Scenario {
	return scenarios.Scenario{
		Requirement: scenarios.Requirement{
			ID: "DUR-02", Level: scenarios.Must,
			Title:    "a kill during the import leaves the import once and whole",
			Source:   scenarios.Source{Quote: "answers before anything is durable: a crash right after the answer loses the import", Document: "contract, section 3: what real receivers get wrong"},
			Sent:     "a finished notification; half-way through the download the receiver is killed, and started again",
			Observed: "the rows once",
			Broken:   "marks the job done when it begins, or writes rows as they come and starts again beside them",
			Repair:   "Mark it done in the transaction that writes the rows, or after it; and replace, never add.",
			Needs:    []string{"ACK-01", "ACK-04", "DATA-01"},
		},
		Phase:  scenarios.Kill,
		Effect: true,
		Play: func(d *scenarios.Driver) {
			release := make(chan struct{})
			job := d.FinishedJob(100)
			d.BreakDownloads(job, 0, fault.Fault{Kind: fault.Stall, After: 10_000, Delay: 30 * time.Second, Release: release})
			d.Notify("the notification", job)
			if d.AwaitDownloadBegun(job) {
				d.PauseInSlot(d.Pick(time.Second, 300*time.Millisecond), "the first half to arrive")
				d.RestartReceiver()
			}
			close(release)
			d.AwaitRetriedEffects(job)
		},
		Judge: judge.All(judge.Acknowledged, judge.ImportedOnce),
	}
}
