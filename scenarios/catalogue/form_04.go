package catalogue

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/scrapehook/scrapehook/internal/delivery"
	"github.com/scrapehook/scrapehook/scenarios"
	"github.com/scrapehook/scrapehook/scenarios/judge"
)

func form04() scenarios.Scenario {
	return scenarios.Scenario{
		Requirement: scenarios.Requirement{
			ID: "FORM-04", Level: scenarios.Should,
			Title:    "a request that is not a notification is refused with 4xx and has no effect",
			Source:   scenarios.Source{Quote: "scrapingjob_id int, status, sitemap_id int, sitemap_name", Document: "contract, section 1: fields"},
			Sent:     "forms whose id is missing, empty, zero, negative or not a number; without a status; an empty body",
			Observed: "the status, and that nothing is imported",
			Broken:   "answers 200 to anything, so that a mistake in the setup is never noticed",
			Repair:   "Check the id and the status, and answer 400 with the reason.",
			Needs:    []string{"ACK-01", "DATA-01"},
		},
		Effect: true,
		Play: func(d *scenarios.Driver) {
			var jobs []scenarios.Job
			for _, junk := range []struct {
				label string
				form  func(id, rest string) string
			}{
				{"no id", func(_, rest string) string { return rest }},
				{"an empty id", func(_, rest string) string { return "scrapingjob_id=&" + rest }},
				{"id 0", func(_, rest string) string { return "scrapingjob_id=0&" + rest }},
				{"a negative id", func(id, rest string) string { return "scrapingjob_id=-" + id + "&" + rest }},
				{"an id that is not a number", func(_, rest string) string { return "scrapingjob_id=latest&" + rest }},
				{"no status", func(id, _ string) string { return "scrapingjob_id=" + id + "&sitemap_id=1&sitemap_name=x" }},
				{"an empty body", func(string, string) string { return "" }},
			} {
				job := d.FinishedJob(5)
				_, rest, _ := strings.Cut(string(d.Form(job)), "&")
				d.Send(junk.label, job, delivery.Request{Body: []byte(junk.form(strconv.FormatInt(job.ID, 10), rest))})
				jobs = append(jobs, job)
			}
			d.AwaitQuiet(jobs...)
		},
		Judge: judge.All(refused, judge.NotImported),
	}
}

// refused judges that every request was answered 4xx.
func refused(o scenarios.Observation) []scenarios.Finding {
	var findings []scenarios.Finding
	for _, x := range o.Exchanges {
		if x.Status < http.StatusBadRequest || x.Status >= http.StatusInternalServerError {
			findings = append(findings, scenarios.Failure(x.Label, "4xx", x.Outcome()))
		}
	}
	return findings
}
