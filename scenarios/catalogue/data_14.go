package catalogue

import (
	"fmt"
	"time"

	"github.com/scrapehook/scrapehook/internal/fault"
	"github.com/scrapehook/scrapehook/scenarios"
	"github.com/scrapehook/scrapehook/scenarios/judge"
)

func data14() scenarios.Scenario {
	const atOnce = 4
	return scenarios.Scenario{
		Requirement: scenarios.Requirement{
			ID: "DATA-14", Level: scenarios.Must,
			Title:    "downloads at the same time do not mix",
			Source:   scenarios.Source{Quote: "GET scraping-job/{id}/json: one JSON object a line", Document: "contract, section 2"},
			Sent:     "four finished jobs of one sitemap at once, whose downloads come in pieces of 100 bytes",
			Observed: "the rows of each job, each once",
			Broken:   "shares a buffer, or a file with the sitemap's name, between downloads",
			Repair:   "Give each download a buffer or a temporary file of its own, named by the system.",
			Needs:    []string{"ACK-01", "DATA-01", "DATA-03", "IDEM-08"},
		},
		Phase:  scenarios.Delayed,
		Effect: true,
		Play: func(d *scenarios.Driver) {
			jobs := []scenarios.Job{d.FinishedJob(40)}
			for len(jobs) < atOnce {
				jobs = append(jobs, d.FinishedJobBeside(jobs[0], 40))
			}
			labels := make([]string, atOnce)
			for i, job := range jobs {
				labels[i] = fmt.Sprintf("at once, %d of %d", i+1, atOnce)
				d.BreakDownloads(job, 500*time.Millisecond, fault.Fault{Kind: fault.Dribble, Chunk: 100, Delay: 5 * time.Millisecond})
			}
			d.NotifyTogether(labels, jobs)
			d.AwaitRetriedEffects(jobs...)
		},
		Judge: judge.All(judge.Acknowledged, damage(judge.ImportedOnce)),
	}
}
