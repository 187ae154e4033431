package scenarios

import (
	"strings"

	"github.com/scrapehook/scrapehook/webhook"
)

func sec05() Scenario {
	return Scenario{
		Requirement: Requirement{
			ID: "SEC-05", Level: Should,
			Title:    "names are data",
			Source:   Source{"sitemap_name", "contract, section 1: fields"},
			Sent:     "names that are paths, SQL, HTML or shell commands",
			Observed: "no 5xx, no wrong effect, and a notification afterwards is acknowledged",
			Broken:   "makes a file name, a query or a command of the name",
			Repair:   "Pass it as a parameter; never build anything of it.",
			Needs:    []string{"ACK-01", "DATA-01"},
		},
		Effect: true,
		Play: func(s *Stage) {
			var jobs []Job
			for _, name := range []string{
				"../../../../etc/passwd", "/dev/full", "x'; DROP TABLE imports; --", "<script>alert(1)</script>",
				"$(touch /tmp/x) `id` ; exit 1", "a\x00b", "%s%n{{7*7}}${7*7}", strings.Repeat("../", 100),
			} {
				job := s.NewJobNamed(name)
				s.End(job, webhook.Finished, 5)
				s.Notify(cut(name), job)
				jobs = append(jobs, job)
			}
			s.AwaitQuiet(jobs...)
			s.Notify("a notification afterwards", s.FinishedJob(5))
		},
		Judge: judges(unharmed, importedOnceOrNot),
	}
}
