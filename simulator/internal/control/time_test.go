package control_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/scrapehook/scrapehook/simulator"
	"github.com/scrapehook/scrapehook/webhook"
)

// TestAdvancedClock: two weeks pass at once for jobs and resends.
func TestAdvancedClock(t *testing.T) {
	t.Parallel()
	cfg := config()
	cfg.JobTime = time.Hour
	url, notified := endpoint(t, http.StatusInternalServerError)
	cfg.Endpoints = []string{url}
	c := simulator.Start(t, cfg)
	var job controlled
	control(t, c, "POST", "jobs", `{"status":"stopped","rows":7}`, &job)
	if job.Status != webhook.WaitingToBeScheduled {
		t.Fatalf("it begins %s", job.Status)
	}
	control(t, c, "POST", "clock", `{"advance":"2h"}`, nil)
	for attempt := range 3 {
		await(t, notified)
		eventually(t, func() bool {
			var seen struct{ Deliveries []struct{ Attempts []any } }
			control(t, c, "GET", fmt.Sprintf("deliveries?job=%d", job.ID), "", &seen)
			return len(seen.Deliveries) == 1 && len(seen.Deliveries[0].Attempts) == attempt+1
		})
		control(t, c, "POST", "clock", `{"advance":"30s"}`, nil)
	}
	control(t, c, "POST", "clock", `{"advance":"336h"}`, nil)
	eventually(t, func() bool {
		control(t, c, "GET", fmt.Sprintf("jobs/%d", job.ID), "", &job)
		return job.Status == webhook.Shelved && job.Rows == 7
	})
}

func TestPausedClock(t *testing.T) {
	t.Parallel()
	c := simulator.Start(t, config())
	var now struct {
		Now    time.Time
		Paused bool
	}
	control(t, c, "POST", "clock", `{"paused":true}`, &now)
	var job controlled
	control(t, c, "POST", "jobs", "", &job)
	other := now.Now
	control(t, c, "GET", "clock", "", &now)
	if !now.Paused || !now.Now.Equal(other) {
		t.Errorf("the clock reads %+v, %v before", now, other)
	}
	path := fmt.Sprintf("jobs/%d", job.ID)
	if control(t, c, "GET", path, "", &job); job.Status != webhook.WaitingToBeScheduled {
		t.Errorf("it is %s", job.Status)
	}
	control(t, c, "POST", "clock", `{"paused":false,"scale":1000}`, nil)
	eventually(t, func() bool { control(t, c, "GET", path, "", &job); return job.Status == webhook.Finished })
}

// TestScheduler makes a day's jobs in a moment.
func TestScheduler(t *testing.T) {
	t.Parallel()
	cfg := config()
	cfg.JobTime = time.Minute
	c := simulator.Start(t, cfg)
	sitemap := c.AddSitemap("")
	control(t, c, "POST", "jobs", fmt.Sprintf(`{"sitemap_id":%d}`, sitemap), nil)
	api(t, c, "POST", fmt.Sprintf("sitemap/%d/enable-scheduler", sitemap), `{"cron_minute":"0","cron_hour":"*","cron_day":"*","cron_month":"*",`+
		`"cron_weekday":"*","cron_timezone":"Asia/Kolkata","request_interval":1,"page_load_delay":1,"driver":"fast"}`, nil)
	control(t, c, "POST", "clock", `{"advance":"24h"}`, nil)
	var jobs []struct {
		Status    webhook.Status
		Scheduled int
		Created   int64 `json:"time_created"`
	}
	eventually(t, func() bool {
		api(t, c, "GET", "scraping-jobs", "", &jobs)
		ended := 0
		for _, j := range jobs {
			if j.Status == webhook.Finished {
				ended++
			}
		}
		return len(jobs) == 25 && ended >= 24
	})
	for i, j := range jobs[1:] {
		// On the hour in India, which is half past in UTC.
		if j.Scheduled != 1 || j.Created%3600 != 1800 || (i > 0 && j.Created-jobs[i].Created != 3600) {
			t.Errorf("job %d is %+v", i, j)
		}
	}
	api(t, c, "POST", fmt.Sprintf("sitemap/%d/disable-scheduler", sitemap), "", nil)
}

func TestControlledFaults(t *testing.T) {
	t.Parallel()
	c := simulator.Start(t, config())
	var added struct{ ID int }
	control(t, c, "POST", "faults", `{"kind":"server-error","route":"GET account","nth":2}`, &added)
	for i, want := range []int{200, 500, 200} {
		resp, err := http.Get(c.URL() + "account?api_token=" + c.Token())
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != want {
			t.Errorf("call %d is answered %d, want %d", i+1, resp.StatusCode, want)
		}
	}
	if status, text := control(t, c, "DELETE", fmt.Sprintf("faults/%d", added.ID), "", nil); status != 200 {
		t.Errorf("removing it: %d %s", status, text)
	}
	if _, text := control(t, c, "GET", "faults", "", nil); text != `{"faults":[]}` {
		t.Errorf("left is %s", text)
	}
}
