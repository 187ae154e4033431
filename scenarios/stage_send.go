package scenarios

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptrace"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/scrapehook/scrapehook/simulator/delivery"
	"github.com/scrapehook/scrapehook/webhook"
)

// Form is the notification of a job as it ended last.
func (s *Stage) Form(job Job) []byte {
	return s.Profile().AppendForm(nil, webhook.Notification{
		JobID: job.ID, Status: s.ends[job.ID].status, SitemapID: job.SitemapID, SitemapName: job.SitemapName,
	})
}

// Endpoint is the URL that takes the notifications, with the token that
// belongs into it.
func (s *Stage) Endpoint() string { return s.lab.token.apply(s.lab.cfg.Endpoint, http.Header{}) }

// Notify sends the notification of a job once, as the cloud would.
func (s *Stage) Notify(label string, job Job) Exchange {
	return s.Send(label, job, delivery.Request{Body: s.Form(job)})
}

// Send sends any request about a job, by default to the endpoint.
func (s *Stage) Send(label string, job Job, r delivery.Request) Exchange {
	return s.SendTogether(job, []string{label}, []delivery.Request{r})[0]
}

// SendAs sends the notification of a job as somebody who has another token, or
// none.
func (s *Stage) SendAs(token Token, label string, job Job) Exchange {
	endpoint := s.lab.token.without(s.lab.cfg.Endpoint)
	if token.Kind == "path" {
		endpoint = s.lab.token.replaced(s.lab.cfg.Endpoint, token.Value)
	}
	header := http.Header{}
	r := delivery.Request{URL: token.apply(endpoint, header), Header: header, Body: s.Form(job)}
	return s.sendEach(s.ctx, []Job{job}, []string{label}, []delivery.Request{r})[0]
}

// SendTogether sends requests about a job at the same moment and returns when
// all have their outcome.
func (s *Stage) SendTogether(job Job, labels []string, requests []delivery.Request) []Exchange {
	for i := range requests {
		requests[i] = s.authorized(requests[i])
	}
	return s.sendEach(s.ctx, slices.Repeat([]Job{job}, len(requests)), labels, requests)
}

// NotifyTogether sends the notifications of several jobs at the same moment.
func (s *Stage) NotifyTogether(labels []string, jobs []Job) []Exchange {
	return s.sendEach(s.ctx, jobs, labels, s.notifications(jobs))
}

func (s *Stage) notifications(jobs []Job) []delivery.Request {
	requests := make([]delivery.Request, len(jobs))
	for i, job := range jobs {
		requests[i] = s.authorized(delivery.Request{Body: s.Form(job)})
	}
	return requests
}

// authorized fills in where a request goes, and the token that it needs there.
func (s *Stage) authorized(r delivery.Request) delivery.Request {
	if r.Header = r.Header.Clone(); r.Header == nil {
		r.Header = http.Header{}
	}
	url := s.lab.token.apply(s.lab.cfg.Endpoint, r.Header)
	if r.URL == "" {
		r.URL = url
	}
	return r
}

// NotifyTimely sends n notifications of new jobs at the same moment. When not
// all are answered within the time that is allowed, the same is tried once
// more, with other jobs, and only that counts: a machine that is busy with
// something else is not the receiver's fault.
func (s *Stage) NotifyTimely(label string, n int, newJob func() Job) {
	for try := range 2 {
		jobs, labels := make([]Job, n), make([]string, n)
		for i := range n {
			jobs[i], labels[i] = newJob(), label
			if n > 1 {
				labels[i] = fmt.Sprintf("%s, %d of %d", label, i+1, n)
			}
		}
		began := len(s.observation.Exchanges)
		answers := s.NotifyTogether(labels, jobs)
		late := slices.ContainsFunc(answers, func(x Exchange) bool { return x.Status == 0 && x.Reason == delivery.Timeout })
		if !late || try > 0 {
			return
		}
		s.Note("%s: not answered in time, so it is measured again", label)
		s.supersede(began)
	}
}

// Supersede makes all that was sent so far not count, because it is measured
// again.
func (s *Stage) Supersede() { s.supersede(0) }

func (s *Stage) supersede(from int) {
	for i := range s.observation.Exchanges[from:] {
		s.observation.Exchanges[from+i].Superseded = true
	}
}

// notifyAndKill kills the receiver that long after the first byte of its
// answer; at the earliest, before the answer is read.
func (s *Stage) notifyAndKill(label string, job Job, after time.Duration) Exchange {
	ctx := s.ctx
	if after == 0 {
		ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotFirstResponseByte: s.lab.receiver.Kill})
	}
	jobs := []Job{job}
	x := s.sendEach(ctx, jobs, []string{label}, s.notifications(jobs))[0]
	s.check("waiting for the moment to kill", sleep(s.ctx, time.Until(x.FirstByte.Add(after))))
	s.lab.receiver.Kill()
	return x
}

// notifyWhileStopping sends the notifications of jobs at the same moment, and
// stops the receiver politely at the first answer.
func (s *Stage) notifyWhileStopping(labels []string, jobs []Job) []Exchange {
	var once sync.Once
	stopped := make(chan error, 1)
	stop := func() { once.Do(func() { go func() { stopped <- s.lab.receiver.Stop(s.ctx) }() }) }
	ctx := httptrace.WithClientTrace(s.ctx, &httptrace.ClientTrace{GotFirstResponseByte: stop})
	answers := s.sendEach(ctx, jobs, labels, s.notifications(jobs))
	stop() // also when there was no answer at all
	s.check("stopping the receiver", <-stopped)
	return answers
}

// restart makes sure that all of the receiver is gone, and starts it again.
func (s *Stage) restart() {
	s.check("killing the receiver", s.lab.receiver.Crash(s.ctx))
	s.check("starting the receiver again", s.lab.receiver.Start(s.ctx))
}

func (s *Stage) sendEach(ctx context.Context, jobs []Job, labels []string, requests []delivery.Request) []Exchange {
	s.progress("the answer to "+strings.Join(labels[:min(len(labels), 3)], ", "), time.Now().Add(s.Profile().Timeout))
	out, tapes := make([]Exchange, len(requests)), make([]*tape, len(requests))
	var wg sync.WaitGroup
	for i, r := range requests {
		wg.Go(func() {
			out[i] = Exchange{Label: labels[i], Job: jobs[i].ID, Request: r}
			out[i].Attempt, tapes[i] = s.lab.send(ctx, jobs[i].ID, r)
		})
	}
	wg.Wait()
	s.check("sending", s.ctx.Err())
	s.observation.Exchanges = append(s.observation.Exchanges, out...)
	for i, x := range out {
		s.exchanged(x, tapes[i], false)
	}
	return out
}

// exchanged adds an exchange to the evidence; paced says that its request was
// about the pauses in it.
func (s *Stage) exchanged(x Exchange, t *tape, paced bool) {
	wire, uncurled := t.wire(x.Attempt, s.Profile().Timeout, paced, s.lab.redactor)
	text := x.describe()
	if uncurled != "" {
		text += " (no curl line: " + uncurled + ")"
	}
	s.record(x.Planned, Evidence{Took: x.Ended.Sub(x.Planned), Kind: OfRequest, Text: text, Wire: wire})
}

func (s *Stage) acknowledged(job Job) bool {
	return slices.ContainsFunc(s.observation.Exchanges, func(x Exchange) bool {
		return x.Job == job.ID && x.acknowledges()
	})
}
