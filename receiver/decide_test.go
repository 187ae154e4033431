package receiver

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/scrapehook/scrapehook/receiver/cloudclient"
	"github.com/scrapehook/scrapehook/webhook"
)

func TestDecide(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		status       webhook.Status
		importFailed bool
		want         plan
	}{
		{webhook.Finished, false, planImport},
		{webhook.Shelved, false, planImport},
		{webhook.Stopped, false, planImportPartial},
		{webhook.Failed, false, planSkip},
		{webhook.Failed, true, planImportPartial},
		{webhook.Started, true, planWait},
		{webhook.Scheduled, true, planWait},
		{webhook.WaitingToBeScheduled, true, planWait},
		{"archived", true, planWait},
	} {
		if got := decide(tc.status, tc.importFailed); got != tc.want {
			t.Errorf("%s, %v: plan %d, want %d", tc.status, tc.importFailed, got, tc.want)
		}
	}
}

func TestFingerprintTellsStatesApart(t *testing.T) {
	t.Parallel()
	base := cloudclient.Job{ID: 1, Status: webhook.Shelved, JobsScheduled: 1, ScrapingDuration: 5}
	seen := map[string]string{fingerprint(base): "the job"}
	for name, change := range map[string]func(*cloudclient.Job){
		"status":    func(j *cloudclient.Job) { j.Status = webhook.Finished },
		"scheduled": func(j *cloudclient.Job) { j.JobsScheduled = 2 },
		"executed":  func(j *cloudclient.Job) { j.JobsExecuted = 2 },
		"failed":    func(j *cloudclient.Job) { j.JobsFailed = 2 },
		"empty":     func(j *cloudclient.Job) { j.JobsEmpty = 2 },
		"no value":  func(j *cloudclient.Job) { j.JobsNoValue = 2 },
		"rows":      func(j *cloudclient.Job) { j.StoredRecordCount = 2 },
		"duration":  func(j *cloudclient.Job) { j.ScrapingDuration = 6 },
	} {
		j := base
		change(&j)
		if other, ok := seen[fingerprint(j)]; ok {
			t.Errorf("another %s looks like %s", name, other)
		}
		seen[fingerprint(j)] = name
	}
}

func TestRetryDelay(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	asked := func(status int, after time.Duration) error {
		return fmt.Errorf("downloading: %w", &cloudclient.Error{Status: status, RetryAfter: after})
	}
	for _, tc := range []struct {
		name        string
		attempts    int
		err         error
		least, most time.Duration // with the least and the most jitter
	}{
		{"first", 0, broken, 750 * time.Millisecond, 1250 * time.Millisecond},
		{"second", 1, broken, 1500 * time.Millisecond, 2500 * time.Millisecond},
		{"ninth", 8, broken, 192 * time.Second, 320 * time.Second},
		{"tenth", 9, broken, 225 * time.Second, 375 * time.Second},
		{"thousandth", 1000, broken, 225 * time.Second, 375 * time.Second},
		{"asked for 3 s", 0, asked(429, 3*time.Second), 3 * time.Second, 3250 * time.Millisecond},
		{"asked for less than the backoff", 8, asked(503, 4*time.Second), 4 * time.Second, 5 * time.Second},
		{"asked for a year", 0, asked(429, 365*24*time.Hour), time.Hour, time.Hour + 250*time.Millisecond},
		{"429 without a word", 0, asked(429, 0), 750 * time.Millisecond, 1250 * time.Millisecond},
		{"401", 0, asked(401, 0), 45 * time.Second, 75 * time.Second},
		{"403 for long", 20, asked(403, 0), 225 * time.Second, 375 * time.Second},
	} {
		if got := retryDelay(tc.attempts, tc.err, 0); got != tc.least {
			t.Errorf("%s: at least %v, want %v", tc.name, got, tc.least)
		}
		if got := retryDelay(tc.attempts, tc.err, 1); got != tc.most {
			t.Errorf("%s: at most %v, want %v", tc.name, got, tc.most)
		}
	}
}

func TestRateLimitPausesEveryCall(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		err  error
		want time.Duration
	}{
		{errors.New("broken"), 0},
		{&cloudclient.Error{Status: 503, RetryAfter: time.Minute}, 0},
		{&cloudclient.Error{Status: 429}, 0},
		{&cloudclient.Error{Status: 429, RetryAfter: time.Minute}, time.Minute},
		{&cloudclient.Error{Status: 429, RetryAfter: 48 * time.Hour}, time.Hour},
	} {
		if got := rateLimit(tc.err); got != tc.want {
			t.Errorf("%v: %v, want %v", tc.err, got, tc.want)
		}
	}
}
