package control_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/scrapehook/scrapehook/simulator"
)

// seenDelivery is a delivery as the control API tells of it.
type seenDelivery struct {
	Delivery, Of uint64
	Job          int64
	Status       string
	State        string
	Attempt      int
	Due          *time.Time
	Form         string
	Attempts     []struct {
		Reason          string
		HTTPStatus      int `json:"http_status"`
		Sent, HeadEnded *time.Time
		Request         *struct{ Head, Body string }
		Answer          *struct {
			Headers    map[string][]string
			Body       string
			BodyBase64 []byte `json:"body_base64"`
			BodyBytes  int    `json:"body_bytes"`
		}
	}
}

// failing is an endpoint that answers a traceback.
func failing(t *testing.T, traceback string) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.Header().Set("X-Worker", "7")
		w.WriteHeader(http.StatusInternalServerError)
		_, _ = io.WriteString(w, traceback)
	}))
	t.Cleanup(server.Close)
	return server.URL
}

func TestOneDeliveryWhole(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		answer, text string
		raw          bool
		bytes        int
	}{
		"a traceback":    {answer: "Traceback: <img onerror=x>\n", text: "Traceback: <img onerror=x>\n", bytes: 27},
		"what is binary": {answer: "\xff\x00\x1b[31m", raw: true, bytes: 7},
		"a long answer":  {answer: strings.Repeat("x", 100<<10), text: strings.Repeat("x", 64<<10), bytes: 100 << 10},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := simulator.Start(t, simulator.Config{Endpoints: []string{failing(t, tc.answer)}})
			job := c.FinishJob(0, 1)
			var d seenDelivery
			eventually(t, func() bool {
				if status, _ := control(t, c, "GET", "deliveries/1", "", nil); status != http.StatusOK {
					return false
				}
				control(t, c, "GET", "deliveries/1", "", &d)
				return len(d.Attempts) == 1
			})
			a := d.Attempts[0]
			if d.State != "waiting" || d.Attempt != 2 || d.Due == nil || d.Job != job || a.Reason != "rejected" || a.Sent == nil {
				t.Errorf("it is %+v", d)
			}
			if want := fmt.Sprintf("scrapingjob_id=%d&status=finished&", job); !strings.HasPrefix(a.Request.Head, "POST / HTTP/1.1\r\nHost: 127.0.0.1:") || !strings.HasPrefix(a.Request.Body, want) {
				t.Errorf("sent was %+v", a.Request)
			}
			if a.Answer.Headers["X-Worker"][0] != "7" || a.Answer.Body != tc.text || (string(a.Answer.BodyBase64) == tc.answer) != tc.raw || a.Answer.BodyBytes != tc.bytes {
				t.Errorf("answered was %.200v", a.Answer)
			}
			var list struct{ Deliveries []seenDelivery }
			control(t, c, "GET", "deliveries?text=post", "", &list)
			if len(list.Deliveries) != 0 {
				t.Errorf("found %+v", list)
			}
			control(t, c, "GET", "deliveries?outcome=rejected&text=x-worker", "", &list)
			if len(list.Deliveries) != 1 || list.Deliveries[0].Attempts[0].Answer != nil {
				t.Errorf("the list has %+v", list)
			}
		})
	}
}

func TestDeliveriesByPages(t *testing.T) {
	t.Parallel()
	url, notified := endpoint(t, http.StatusNoContent)
	c := simulator.Start(t, simulator.Config{Endpoints: []string{url}})
	for range 5 {
		c.FinishJob(0, 1)
		await(t, notified)
	}
	var got []uint64
	for path := "deliveries?limit=2"; path != ""; {
		var page struct {
			Deliveries []seenDelivery
			Next       uint64
		}
		control(t, c, "GET", path, "", &page)
		for _, d := range page.Deliveries {
			got = append(got, d.Delivery)
		}
		if path = ""; page.Next != 0 {
			path = fmt.Sprintf("deliveries?limit=2&before=%d", page.Next)
		}
	}
	if !slices.Equal(got, []uint64{5, 4, 3, 2, 1}) {
		t.Errorf("listed %v", got)
	}
}

func TestEditAndSend(t *testing.T) {
	t.Parallel()
	url, notified := endpoint(t, http.StatusNoContent)
	c := simulator.Start(t, simulator.Config{Endpoints: []string{url}})
	job := c.FinishJob(0, 1)
	form := await(t, notified)
	var sent struct{ Deliveries []uint64 }
	control(t, c, "POST", "deliveries/1/send", `{"set":{"status":"nonsense"},"drop":["sitemap_id"],"double":["scrapingjob_id"],"copies":3}`, &sent)
	if !slices.Equal(sent.Deliveries, []uint64{2, 3, 4}) {
		t.Fatalf("sent are %v", sent.Deliveries)
	}
	want := fmt.Sprintf("scrapingjob_id=%d&scrapingjob_id=%d&status=nonsense&", job, job)
	for range 3 {
		if got := await(t, notified); !strings.HasPrefix(got, want) || strings.Contains(got, "sitemap_id") {
			t.Errorf("sent was %s of %s", got, form)
		}
	}
	// A resend of an edited one sends what it sent.
	eventually(t, func() bool {
		status, _ := control(t, c, "POST", "deliveries/4/resend", "", nil)
		return status == http.StatusOK
	})
	if got := await(t, notified); !strings.HasPrefix(got, want) {
		t.Errorf("sent again was %s", got)
	}
	var d seenDelivery
	control(t, c, "GET", "deliveries/5", "", &d)
	if d.Of != 4 || !strings.HasPrefix(d.Form, want) || d.Job != job {
		t.Errorf("it is %+v", d)
	}
	// Late is by the cloud's clock.
	control(t, c, "POST", "deliveries/1/send", `{"form":"a=1","delay":"1h"}`, &sent)
	path := fmt.Sprintf("deliveries/%d", sent.Deliveries[0])
	if control(t, c, "GET", path, "", &d); d.State != "waiting" || time.Until(*d.Due) < 50*time.Minute {
		t.Errorf("before its time it is %+v", d)
	}
	control(t, c, "POST", "clock", `{"advance":"1h"}`, nil)
	if got := await(t, notified); got != "a=1" {
		t.Errorf("sent late was %s", got)
	}
}

func TestEditErrorsNameTheField(t *testing.T) {
	t.Parallel()
	url, notified := endpoint(t, http.StatusNoContent)
	c := simulator.Start(t, simulator.Config{Endpoints: []string{url}})
	c.FinishJob(0, 1)
	await(t, notified)
	for _, tc := range []struct{ method, path, body, field string }{
		{"POST", "deliveries/1/send", `{"drop":["wombat"]}`, "drop"},
		{"POST", "deliveries/1/send", `{"double":["wombat"]}`, "double"},
		{"POST", "deliveries/1/send", `{"copies":0}`, "copies"},
		{"POST", "deliveries/1/send", `{"copies":101}`, "copies"},
		{"POST", "deliveries/1/send", `{"copies":"3"}`, "copies"},
		{"POST", "deliveries/1/send", `{"delay":"-1s"}`, "delay"},
		{"POST", "deliveries/1/send", `{"url":"localhost"}`, "url"},
		{"POST", "deliveries/1/send", fmt.Sprintf(`{"form":%q}`, strings.Repeat("a", 2<<20)), "form"},
		{"POST", "test-notification", `{"url":"localhost"}`, "url"},
		{"PUT", "endpoints", `{"endpoints":["localhost"]}`, "endpoints"},
		{"GET", "deliveries?before=x", "", "before"},
		{"GET", "deliveries?limit=0", "", "limit"},
		{"GET", "deliveries?color=red", "", "color"},
	} {
		status, text := control(t, c, tc.method, tc.path, tc.body, nil)
		var refused struct{ Error, Field string }
		if err := json.Unmarshal([]byte(text), &refused); err != nil || status != http.StatusBadRequest || refused.Field != tc.field || refused.Error == "" {
			t.Errorf("%s %.80s: %d %s", tc.path, tc.body, status, text)
		}
	}
	if len(notified) != 0 {
		t.Error("something was sent")
	}
}

// events reads a stream of events: their names, ids and data.
func events(t *testing.T, c *simulator.TestCloud, after string) <-chan [3]string {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, c.ControlURL()+"deliveries/events", nil)
	if err != nil {
		t.Fatal(err)
	}
	if after != "" {
		req.Header.Set("Last-Event-ID", after)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	if kind := resp.Header.Get("Content-Type"); kind != "text/event-stream" {
		t.Errorf("the stream is %s", kind)
	}
	got, done := make(chan [3]string, 100), make(chan struct{})
	t.Cleanup(func() { stop(); resp.Body.Close(); <-done })
	go func() {
		defer close(done)
		var e [3]string
		for lines := bufio.NewScanner(resp.Body); lines.Scan(); {
			name, value, _ := strings.Cut(lines.Text(), ": ")
			switch name {
			case "event":
				e[0] = value
			case "id":
				e[1] = value
			case "data":
				e[2] = value
			case "":
				got <- e
				e = [3]string{}
			}
		}
	}()
	return got
}

func TestEvents(t *testing.T) {
	t.Parallel()
	url, _ := endpoint(t, http.StatusNoContent)
	c := simulator.Start(t, simulator.Config{Endpoints: []string{url}})
	stream := events(t, c, "")
	begin := await(t, stream)
	job := c.FinishJob(0, 1)
	// acked awaits the event that tells of the acknowledgement.
	acked := func(stream <-chan [3]string) (id string) {
		for {
			e := await(t, stream)
			var data struct{ Deliveries []seenDelivery }
			if err := json.Unmarshal([]byte(e[2]), &data); err != nil || e[0] != "deliveries" {
				t.Fatalf("%v: %v", e, err)
			}
			if d := data.Deliveries[0]; d.Job == job && d.State == "acked" {
				return e[1]
			}
		}
	}
	last := acked(stream)
	resumed := events(t, c, begin[1])
	if e := await(t, resumed); e[0] != "begin" {
		t.Errorf("it begins with %v", e)
	}
	if acked(resumed) != last {
		t.Error("who comes back is told another last id")
	}
	control(t, c, "POST", "reset", "", nil)
	if e := await(t, resumed); e[0] != "list" {
		t.Errorf("a reset is told as %v", e)
	}
	for name, id := range map[string]string{"before the reset": last, "of another process": "abc-5"} {
		late := events(t, c, id)
		await(t, late)
		if e := await(t, late); e[0] != "list" {
			t.Errorf("with an id from %s it is told %v", name, e)
		}
	}
}
