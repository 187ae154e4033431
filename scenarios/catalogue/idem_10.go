package catalogue

import (
	"fmt"

	"github.com/scrapehook/scrapehook/internal/delivery"
	"github.com/scrapehook/scrapehook/scenarios"
	"github.com/scrapehook/scrapehook/scenarios/judge"
	"github.com/scrapehook/scrapehook/webhook"
)

func idem10() scenarios.Scenario {
	const pairs = 5
	return scenarios.Scenario{
		Requirement: scenarios.Requirement{
			ID: "IDEM-10", Level: scenarios.Must,
			Title:    "two statuses of a job at the same moment have the effect of the job's state",
			Source:   scenarios.Source{Quote: "the order between jobs is not stated; the notification will be resent after a 30 second delay", Document: "contract, section 1 and webhooks-2020"},
			Sent:     "five times, of a job that failed, was continued and finished with 20 rows: failed and finished at once",
			Observed: "the 20 rows of each job, each once",
			Broken:   "keeps one status a job, which two requests read and write at the same time, so that the older one may stay",
			Repair:   "Store that the job was notified, not what the form says of it. Ask the cloud for its state when you import.",
			Needs:    []string{"ACK-01", "ACK-02", "DATA-01", "IDEM-05"},
		},
		Effect: true,
		Play: func(d *scenarios.Driver) {
			var jobs []scenarios.Job
			for i := range pairs {
				job := d.NewJob()
				d.End(job, webhook.Failed, 10)
				forms := []delivery.Request{{Body: d.Form(job)}}
				d.Continue(job)
				d.End(job, webhook.Finished, 20)
				forms = append(forms, delivery.Request{Body: d.Form(job)})
				d.SendTogether(job, []string{fmt.Sprintf("pair %d, failed", i+1), fmt.Sprintf("pair %d, finished", i+1)}, forms)
				jobs = append(jobs, job)
			}
			d.AwaitEffects(jobs...)
		},
		Judge: judge.All(judge.Acknowledged, damage(judge.ImportedOnce)),
	}
}
