package receiver

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/scrapehook/scrapehook/receiver/cloudclient"
	"github.com/scrapehook/scrapehook/webhook"
)

// plan is what to do about a job in the state that it is in.
type plan int

const (
	// planWait: the job has not ended, ask again later.
	planWait plan = iota
	// planImport: import the rows as the job's whole.
	planImport
	// planImportPartial: import the rows, marked as not the whole.
	planImportPartial
	// planSkip: record that the job failed, import nothing.
	planSkip
)

// decide uses the job's status, never the notification's: the notification may be
// a resend from before the job was continued (contract, section 1, "same job
// again"). The statuses mean what webhooks-2020 says.
func decide(status webhook.Status, importFailed bool) plan {
	switch status {
	case webhook.Finished, webhook.Shelved:
		return planImport
	case webhook.Stopped:
		return planImportPartial
	case webhook.Failed:
		if importFailed {
			return planImportPartial
		}
		return planSkip
	case webhook.WaitingToBeScheduled, webhook.Scheduled, webhook.Started:
		return planWait
	default: // unknown: it may be a state on the way to one of these
		return planWait
	}
}

// maxWaits is how often a job that has not ended is asked about again. Its
// notification says that it had ended. So either the API is a little behind, or
// the job was continued, and its end notifies anew. More would be polling.
const maxWaits = 5

// fingerprint differs between two states of a job if their rows may differ. On the
// wire nothing does: a resend and the notification of a continued job can be the
// same bytes (contract, section 1, "identity"). A continued job has scraped for
// longer, also when its counters are the same.
func fingerprint(j cloudclient.Job) string {
	return fmt.Sprintf("%s created=%d scheduled=%d executed=%d failed=%d empty=%d novalue=%d rows=%d duration=%d",
		j.Status, j.TimeCreated, j.JobsScheduled, j.JobsExecuted, j.JobsFailed, j.JobsEmpty, j.JobsNoValue,
		j.StoredRecordCount, j.ScrapingDuration)
}

// The bounds of the waits between the attempts of an import.
const (
	firstRetry        = time.Second
	lastRetry         = 5 * time.Minute
	unauthorizedRetry = time.Minute // the least: only the user can mend it
	longestRetryAfter = time.Hour   // a longer one is not believed
)

// retryDelay returns how long to wait after an import has failed with err,
// having failed attempts times before. The wait doubles from 1 s to 5 min,
// spread by a quarter either way, and is never shorter than the cloud asked
// for. jitter is uniform in [0,1).
func retryDelay(attempts int, err error, jitter float64) time.Duration {
	delay := lastRetry
	if attempts < 9 { // 1 s doubled nine times is beyond the last
		delay = min(lastRetry, firstRetry<<attempts)
	}
	var refused *cloudclient.Error
	if errors.As(err, &refused) {
		if refused.Unauthorized() {
			delay = max(delay, unauthorizedRetry)
		}
		if refused.RetryAfter > 0 {
			asked := min(refused.RetryAfter, longestRetryAfter)
			// At least as long as asked, and spread, because every import that
			// was refused was asked for the same.
			return asked + time.Duration(jitter*float64(min(delay, asked)/4))
		}
	}
	return delay*3/4 + time.Duration(jitter*float64(delay/2))
}

// rateLimit returns how long every call is to pause after err: the limit is
// the user's, not one import's (contract, section 2).
func rateLimit(err error) time.Duration {
	var refused *cloudclient.Error
	if errors.As(err, &refused) && refused.RateLimited() {
		return min(refused.RetryAfter, longestRetryAfter)
	}
	return 0
}

func isUnauthorized(err error) bool {
	var refused *cloudclient.Error
	return errors.As(err, &refused) && refused.Unauthorized()
}

func isMissing(err error) bool {
	var refused *cloudclient.Error
	return errors.As(err, &refused) && refused.Missing()
}

func jitter() float64 {
	return rand.Float64() //nolint:gosec // spreads load, guards nothing
}
