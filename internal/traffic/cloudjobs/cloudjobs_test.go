package cloudjobs_test

import (
	"testing"

	"github.com/scrapehook/scrapehook/internal/cloud"
	"github.com/scrapehook/scrapehook/internal/traffic/cloudjobs"
	"github.com/scrapehook/scrapehook/internal/traffic/plan"
	"github.com/scrapehook/scrapehook/internal/traffic/traffictest"
	"github.com/scrapehook/scrapehook/webhook"
)

func TestJobsAreAsTheirNotificationsSay(t *testing.T) {
	t.Parallel()
	const rows = 10
	c, err := cloud.New(cloud.Config{Profile: webhook.Profile2022()})
	if err != nil {
		t.Fatal(err)
	}
	mixed := traffictest.Mixed(t, 200, func(cfg *plan.Config) { cfg.Sitemaps = 3 })
	jobs, planned, err := cloudjobs.New(c, mixed, rows)
	if err != nil {
		t.Fatal(err)
	}
	continued := 0
	for index := range planned.Jobs() {
		j := planned.Job(index)
		if err := jobs.Announce(j, plan.First); err != nil {
			t.Fatal(err)
		}
		job, err := c.Job(j.Notification.JobID)
		if j.Special == plan.Malformed {
			if err == nil {
				t.Errorf("job %d exists, and its form is malformed", index)
			}
			continue
		}
		want := rows
		if job.Status == webhook.Failed || job.Status == webhook.Stopped {
			want = rows / 2
		}
		if err != nil || job.Status != j.Notification.Status || job.SitemapID != j.Notification.SitemapID || job.StoredRecordCount != want {
			t.Errorf("job %d is %+v, %v, want %+v", index, job, err, j.Notification)
		}
		part, second := j.Second()
		if !second {
			continue
		}
		if err := jobs.Announce(j, part); err != nil {
			t.Fatal(err)
		}
		if job, err = c.Job(j.Notification.JobID); err != nil || job.Status != j.Notified(part).Status {
			t.Errorf("job %d is then %+v, %v", index, job, err)
		}
		if part == plan.Continuation {
			continued++
			if job.StoredRecordCount != rows {
				t.Errorf("job %d has %d rows after it was continued", index, job.StoredRecordCount)
			}
		}
	}
	if continued == 0 {
		t.Error("no job was continued")
	}
}
