package control_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/scrapehook/scrapehook/simulator"
)

// TestSenderFaults sets a fault for the next notification, and counts what it did.
func TestSenderFaults(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		rule     string
		forms    []string // parts of what arrives, in order
		outcome  string   // of the first attempt
		advances string   // after the first have arrived
	}{
		{rule: `{"kind":"duplicate","next":1,"copies":2}`, forms: []string{"id=JOB&", "id=JOB&", "id=JOB&"}, outcome: "acked"},
		{rule: `{"kind":"late","next":1,"delay":"1h"}`, forms: []string{"id=JOB&"}, outcome: "acked", advances: "1h"},
		{rule: `{"kind":"drop-answer","next":1}`, forms: []string{"id=JOB&", "id=JOB&"}, outcome: "dropped", advances: "31s"},
		{rule: `{"kind":"cut","next":1}`, forms: []string{"id=JOB&"}, outcome: "reset", advances: "31s"},
		{rule: `{"kind":"slow-body","next":1,"delay":"1ms"}`, forms: []string{"id=JOB&"}, outcome: "acked"},
		{rule: `{"kind":"unknown-status","next":1,"value":"archived"}`, forms: []string{"status=archived"}, outcome: "acked"},
		{rule: `{"kind":"missing-field","next":1,"field":"sitemap_id"}`, forms: []string{"status=finished&sitemap_name"}, outcome: "acked"},
	} {
		t.Run(tc.rule, func(t *testing.T) {
			t.Parallel()
			url, notified := endpoint(t, http.StatusNoContent)
			c := simulator.Start(t, simulator.Config{Endpoints: []string{url}})
			control(t, c, "POST", "sender-faults", tc.rule, nil)
			job := c.FinishJob(0, 1)
			if tc.advances != "" {
				eventually(t, func() bool {
					var seen struct{ Deliveries []seenDelivery }
					control(t, c, "GET", "deliveries?outcome=waiting", "", &seen)
					return len(seen.Deliveries) == 1
				})
				control(t, c, "POST", "clock", fmt.Sprintf(`{"advance":%q}`, tc.advances), nil)
			}
			for _, want := range tc.forms {
				if got := await(t, notified); !strings.Contains(got, strings.ReplaceAll(want, "JOB", fmt.Sprint(job))) {
					t.Errorf("it is notified of %s, want %s", got, want)
				}
			}
			var d struct {
				seenDelivery
				Attempts []struct{ Reason, Fault string }
			}
			eventually(t, func() bool {
				control(t, c, "GET", "deliveries/1", "", &d)
				return d.State == "acked"
			})
			kind := strings.Split(tc.rule, `"`)[3]
			if a := d.Attempts[0]; a.Reason != tc.outcome || a.Fault != kind && kind != "late" {
				t.Errorf("the first attempt is %+v", a)
			}
			var faults struct {
				Faults []struct {
					ID, Seen, Struck, Next int
					Kind                   string
				}
			}
			c.FinishJob(0, 1) // one that meets nothing
			await(t, notified)
			control(t, c, "GET", "sender-faults", "", &faults)
			if f := faults.Faults[0]; f.Kind != kind || f.Struck != 1 || f.Seen < 2 {
				t.Errorf("it counts %+v", f)
			}
			control(t, c, "DELETE", fmt.Sprintf("sender-faults/%d", faults.Faults[0].ID), "", nil)
			if status, _ := control(t, c, "DELETE", "sender-faults/1", "", nil); status != http.StatusNotFound {
				t.Errorf("removing it again: %d", status)
			}
		})
	}
}

// TestFaultsOutOfOrder: a notification overtakes the one before it.
func TestFaultsOutOfOrder(t *testing.T) {
	t.Parallel()
	url, notified := endpoint(t, http.StatusNoContent)
	c := simulator.Start(t, simulator.Config{Endpoints: []string{url}})
	control(t, c, "POST", "sender-faults", `{"kind":"out-of-order"}`, nil)
	jobs := []int64{c.FinishJob(0, 1)}
	eventually(t, func() bool {
		var seen struct{ Deliveries []seenDelivery }
		control(t, c, "GET", "deliveries?outcome=waiting", "", &seen)
		return len(seen.Deliveries) == 1
	})
	jobs = append(jobs, c.FinishJob(0, 1))
	for _, i := range []int{1, 0} {
		if got := await(t, notified); !strings.HasPrefix(got, fmt.Sprintf("scrapingjob_id=%d&", jobs[i])) {
			t.Errorf("it is notified of %s, want job %d", got, jobs[i])
		}
	}
}

func TestFaultErrorsNameTheField(t *testing.T) {
	t.Parallel()
	c := simulator.Start(t, config())
	for body, field := range map[string]string{
		`{"kind":"earthquake"}`: "kind", `{"kind":"late","delay":"soon"}`: "delay", `{"kind":"cut","share":2}`: "share",
		`{"kind":"late","field":"status"}`: "field", `{"kind":"cut","next":"3"}`: "next",
	} {
		status, text := control(t, c, "POST", "sender-faults", body, nil)
		var refused struct{ Error, Field string }
		if err := json.Unmarshal([]byte(text), &refused); err != nil || status != http.StatusBadRequest || refused.Field != field {
			t.Errorf("%s: %d %s", body, status, text)
		}
	}
}

// TestAPIFaultsCount: faults of the API count too, and end after the next n.
func TestAPIFaultsCount(t *testing.T) {
	t.Parallel()
	c := simulator.Start(t, config())
	control(t, c, "POST", "faults", `{"kind":"server-error","route":"account","next":2}`, nil)
	for _, want := range []int{500, 500, 200} {
		if status, text := call(t, "GET", c.URL()+"account?api_token="+c.Token(), "", nil); status != want {
			t.Errorf("%d %s, want %d", status, text, want)
		}
	}
	var faults struct{ Faults []struct{ Seen, Struck int } }
	control(t, c, "GET", "faults", "", &faults)
	if f := faults.Faults[0]; f.Seen != 3 || f.Struck != 2 {
		t.Errorf("it counts %+v", f)
	}
}
