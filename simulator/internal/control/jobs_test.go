package control_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/scrapehook/scrapehook/internal/delivery"
	"github.com/scrapehook/scrapehook/simulator"
	"github.com/scrapehook/scrapehook/webhook"
)

func TestControlledJobs(t *testing.T) {
	t.Parallel()
	cfg := config()
	cfg.JobTime = time.Hour
	url, notified := endpoint(t, http.StatusNoContent)
	c := simulator.Start(t, cfg)
	control(t, c, "PUT", "endpoints", fmt.Sprintf(`{"endpoints":[%q]}`, url), nil)

	var job controlled
	control(t, c, "POST", "jobs", `{"status":"failed","rows":5,"failed_pages":3,"takes":"1ms","custom_id":"c"}`, &job)
	if got := await(t, notified); !strings.Contains(got, fmt.Sprintf("scrapingjob_id=%d&status=failed&", job.ID)) {
		t.Errorf("notified of %s", got)
	}
	path := fmt.Sprintf("jobs/%d", job.ID)
	control(t, c, "POST", path+"/continue", "", &job)
	if job.Status != webhook.WaitingToBeScheduled || job.Rows != 5 {
		t.Errorf("continued: %+v", job)
	}
	control(t, c, "POST", path+"/end", `{"status":"shelved","rows":9,"empty_pages":1}`, &job)
	if got := await(t, notified); !strings.Contains(got, "status=shelved") || job.Rows != 9 {
		t.Errorf("notified of %s, %+v", got, job)
	}
	control(t, c, "POST", path+"/continue", "", &job)
	control(t, c, "POST", path+"/stop", "", &job)
	if got := await(t, notified); !strings.Contains(got, "status=stopped") || job.Status != webhook.Stopped {
		t.Errorf("notified of %s, %+v", got, job)
	}
	if status, text := control(t, c, "POST", path+"/continue", "", nil); status != http.StatusConflict {
		t.Errorf("continuing a stopped job: %d %s", status, text)
	}
	var seen struct {
		Deliveries []struct {
			Delivery uint64
			State    string
			Status   webhook.Status
		}
	}
	eventually(t, func() bool {
		control(t, c, "GET", "deliveries?limit=1", "", &seen)
		return len(seen.Deliveries) == 1 && seen.Deliveries[0].Status == webhook.Stopped && seen.Deliveries[0].State == "acked"
	})
	control(t, c, "POST", fmt.Sprintf("deliveries/%d/resend", seen.Deliveries[0].Delivery), "", nil)
	if got := await(t, notified); !strings.Contains(got, "status=stopped") {
		t.Errorf("resent %s", got)
	}
	var test struct {
		Reason     delivery.Reason
		HTTPStatus int `json:"http_status"`
	}
	control(t, c, "POST", "test-notification", "", &test)
	if got := await(t, notified); got != "scrapingjob_id=1234&status=finished&sitemap_id=12&sitemap_name=my-sitemap" || test.HTTPStatus != 204 {
		t.Errorf("tested with %s: %+v", got, test)
	}
}

// TestEndNow is done as a whole or refused as a whole.
func TestEndNow(t *testing.T) {
	t.Parallel()
	cfg := config()
	cfg.JobTime = time.Hour
	url, notified := endpoint(t, http.StatusNoContent)
	cfg.Endpoints = []string{url}
	c := simulator.Start(t, cfg)
	var job controlled
	control(t, c, "POST", "jobs", "", &job)
	path := fmt.Sprintf("jobs/%d", job.ID)
	for _, body := range []string{`{"status":"finished","failed_pages":1}`, `{"rows":-1}`, `{"status":""}`, `{"status":"started"}`} {
		if status, text := control(t, c, "POST", path+"/end", body, nil); status != http.StatusBadRequest {
			t.Errorf("ending it with %s: %d %s", body, status, text)
		}
		if control(t, c, "GET", path, "", &job); job.Status != webhook.WaitingToBeScheduled {
			t.Errorf("refused, %s has left it %s", body, job.Status)
		}
	}
	control(t, c, "POST", path+"/end", `{"rows":0}`, &job)
	if got := await(t, notified); !strings.Contains(got, "status=finished") || job.Status != webhook.Finished || job.Rows != 0 {
		t.Errorf("notified of %s, and it is %+v", got, job)
	}
	if status, text := control(t, c, "POST", path+"/end", "", nil); status != http.StatusConflict {
		t.Errorf("ending it twice: %d %s", status, text)
	}
	control(t, c, "POST", "jobs", `{"rows":0,"takes":"1ms"}`, &job)
	await(t, notified)
	if control(t, c, "GET", fmt.Sprintf("jobs/%d", job.ID), "", &job); job.Rows != 0 {
		t.Errorf("a job of 0 rows has %d", job.Rows)
	}
}
