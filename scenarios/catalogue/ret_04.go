package catalogue

import (
	"time"

	"github.com/scrapehook/scrapehook/internal/fault"
	"github.com/scrapehook/scrapehook/scenarios"
	"github.com/scrapehook/scrapehook/scenarios/judge"
)

func ret04() scenarios.Scenario {
	return scenarios.Scenario{
		Requirement: scenarios.Requirement{
			ID: "RET-04", Level: scenarios.Must,
			Title:    "a retry that is due later survives a kill",
			Source:   scenarios.Source{Quote: "a crash right after the answer loses the import", Document: "contract, section 3: what real receivers get wrong"},
			Sent:     "one finished job, whose first download is answered 500; right after that the receiver is killed, and started again",
			Observed: "the rows, each once",
			Broken:   "takes the job off its durable queue, and keeps the next try in a timer",
			Repair:   "Store the time of the next try with the job, and look for what is due also at the start.",
			Needs:    []string{"ACK-01", "DATA-01", "DATA-07"},
		},
		Phase:  scenarios.Kill,
		Effect: true,
		Play: func(d *scenarios.Driver) {
			job := d.FinishedJob(20)
			d.BreakDownloads(job, 0, fault.Fault{Kind: fault.ServerError})
			d.Notify("the notification", job)
			if d.Acknowledged(job) {
				d.AwaitDownloadTried(job)
				d.PauseInSlot(150*time.Millisecond, "the receiver to take note of it")
				d.RestartReceiver()
			}
			d.AwaitRetriedEffects(job)
		},
		Judge: judge.All(judge.Acknowledged, damage(judge.ImportedOnce)),
	}
}
