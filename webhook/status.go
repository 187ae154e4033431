package webhook

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

// statuses has every status, in the order of a job's life. What the program
// says of statuses comes from here.
var statuses = []struct {
	status  Status
	ended   bool
	meaning string
}{
	{WaitingToBeScheduled, false, "the job waits in a queue to be scraped"},
	{Scheduled, false, "the job waits for a server and starts in a moment"},
	{Started, false, "the job is running"},
	{Failed, true, "more than half of the pages failed; the user can continue the job"},
	{Finished, true, "the job has completed without failed or empty pages"},
	{Shelved, true, "the job finished with failed or empty pages, or was stopped and then moved to cold storage"},
	{Stopped, true, "a user stopped the job; it becomes shelved after 2 weeks"},
}

// Statuses returns every status in the order of a job's life.
func Statuses() []Status { return statusesWhere(func(bool) bool { return true }) }

// EndStatuses returns the statuses of a job that has completed.
func EndStatuses() []Status { return statusesWhere(func(ended bool) bool { return ended }) }

func statusesWhere(wanted func(ended bool) bool) []Status {
	var found []Status
	for _, s := range statuses {
		if wanted(s.ended) {
			found = append(found, s.status)
		}
	}
	return found
}

// index is the place of s in the table, or -1.
func (s Status) index() int {
	for i := range statuses {
		if statuses[i].status == s {
			return i
		}
	}
	return -1
}

// Known reports whether s is one of the statuses that the contract names.
// A receiver must not treat an unknown status as an error of the sender: the
// vendor has removed and added statuses before.
func (s Status) Known() bool { return s.index() >= 0 }

// Ended reports whether a job in this status has completed, which is when the
// webhook is sent: "only once the job has completed" (webhooks-2020). Which of
// the ended statuses notify is up to the [Profile].
func (s Status) Ended() bool {
	i := s.index()
	return i >= 0 && statuses[i].ended
}

// Meaning says in one clause what the status means (webhooks-2020). It is empty
// for an unknown status.
func (s Status) Meaning() string {
	if i := s.index(); i >= 0 {
		return statuses[i].meaning
	}
	return ""
}
