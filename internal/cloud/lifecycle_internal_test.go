package cloud

import (
	"testing"

	"github.com/scrapehook/scrapehook/webhook"
)

// TestReaches walks every pair of statuses, with and without empty or failed
// pages.
func TestReaches(t *testing.T) {
	t.Parallel()
	const never, always, ifImperfect = 0, 1, 2
	want := map[webhook.Status]map[webhook.Status]int{
		webhook.WaitingToBeScheduled: {webhook.Scheduled: always},
		webhook.Scheduled:            {webhook.Started: always},
		webhook.Started: {
			webhook.Failed: always, webhook.Finished: always,
			webhook.Shelved: always, webhook.Stopped: always,
		},
		webhook.Failed:   {webhook.WaitingToBeScheduled: always},
		webhook.Finished: {webhook.WaitingToBeScheduled: ifImperfect},
		webhook.Shelved:  {webhook.WaitingToBeScheduled: always},
		webhook.Stopped:  {webhook.Shelved: always},
	}
	statuses := append(webhook.Statuses(), "archived")
	for _, from := range statuses {
		for _, to := range statuses {
			for _, imperfect := range []bool{false, true} {
				w := want[from][to] == always || (want[from][to] == ifImperfect && imperfect)
				if got := reaches(from, to, imperfect); got != w {
					t.Errorf("from %s to %s, imperfect %v: %v, want %v", from, to, imperfect, got, w)
				}
			}
		}
	}
}
