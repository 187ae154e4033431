package scenarios

import (
	"fmt"
	"time"
)

func dur01() Scenario {
	const kills = 10
	return Scenario{
		Requirement: Requirement{
			ID: "DUR-01", Level: Must,
			Title:    "an acknowledged notification survives a kill right after its answer",
			Source:   Source{"We recommend using a queue system for deferred data import", webhooks2020},
			Sent:     "ten notifications; from the first byte of each answer to a few milliseconds later, the receiver's process group is killed, and started again",
			Observed: "the rows of every acknowledged notification, each once",
			Broken:   "answers before anything is on disk: the job waits in memory, in a thread, in an unsynced file",
			Repair:   "Answer after the commit: one row in a database that syncs (SQLite with synchronous=FULL, PostgreSQL as it comes) or a file after fsync. At the start, take up what is there and not done.",
			Needs:    []string{"ACK-01", "DATA-01"},
		},
		Lane:   Kill,
		Effect: true,
		Play: func(s *Stage) {
			var jobs, unanswered []Job
			var last Exchange
			for i := range kills {
				job := s.FinishedJob(10)
				x := s.notifyAndKill(fmt.Sprintf("before kill %d of %d", i+1, kills), job, time.Duration(i)*500*time.Microsecond)
				s.restart()
				if !s.acknowledged(job) {
					unanswered, last = append(unanswered, job), x
				}
				jobs = append(jobs, job)
			}
			if len(unanswered) > 0 { // the kill cut the answer, so the sender resends
				s.AwaitResend(last, 1)
				for _, job := range unanswered {
					s.Notify("the resend", job)
				}
			}
			s.AwaitRetriedEffects(jobs...)
		},
		Judge: judges(
			func(o Observation) []Finding {
				return acks(o, Fail, func(x Exchange) bool { return x.Label == "the resend" })
			},
			importedOnce,
		),
	}
}
