package webhook

import "slices"

// Status is the state of a scraping job, spelled as it is on the wire.
//
// Source: webhooks-2020, "Scraping job status".
type Status string

// The statuses of a scraping job.
const (
	WaitingToBeScheduled Status = "waiting-to-be-scheduled"
	Scheduled            Status = "scheduled"
	Started              Status = "started"
	Failed               Status = "failed"
	Finished             Status = "finished"
	Shelved              Status = "shelved"
	Stopped              Status = "stopped"
)

// Statuses returns every status in the order of a job's life.
func Statuses() []Status {
	return []Status{WaitingToBeScheduled, Scheduled, Started, Failed, Finished, Shelved, Stopped}
}

// Known reports whether s is one of the statuses that the contract names.
// A receiver must not treat an unknown status as an error of the sender: the
// vendor has removed and added statuses before.
func (s Status) Known() bool {
	return slices.Contains(Statuses(), s)
}

// Ended reports whether a job in this status has completed, which is when the
// webhook is sent: "only once the job has completed" (webhooks-2020). Which of
// the ended statuses notify is up to the [Profile].
func (s Status) Ended() bool {
	return s == Failed || s == Finished || s == Shelved || s == Stopped
}
