package scenarios

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptrace"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/scrapehook/scrapehook/internal/delivery"
	"github.com/scrapehook/scrapehook/webhook"
)

// Form is the notification of a job as it ended last.
func (d *Driver) Form(job Job) []byte {
	return d.Profile().AppendForm(nil, webhook.Notification{
		JobID: job.ID, Status: d.ends[job.ID].status, SitemapID: job.SitemapID, SitemapName: job.SitemapName,
	})
}

// Endpoint is the URL that takes the notifications, with the token that
// belongs into it.
func (d *Driver) Endpoint() string {
	return d.harness.token.apply(d.harness.cfg.Endpoint, http.Header{})
}

// Notify sends the notification of a job once, as the cloud would.
func (d *Driver) Notify(label string, job Job) Exchange {
	return d.Send(label, job, Request{Body: d.Form(job)})
}

// Send sends any request about a job, by default to the endpoint.
func (d *Driver) Send(label string, job Job, r Request) Exchange {
	return d.SendTogether(job, []string{label}, []Request{r})[0]
}

// SendAs sends the notification of a job as somebody who has another token, or
// none.
func (d *Driver) SendAs(token Token, label string, job Job) Exchange {
	return d.SendAsEach([]Token{token}, []string{label}, []Job{job})[0]
}

// as is the notification of a job with a token.
func (d *Driver) as(token Token, job Job) Request {
	endpoint := d.harness.token.without(d.harness.cfg.Endpoint)
	if token.Kind == "path" {
		endpoint = d.harness.token.replaced(d.harness.cfg.Endpoint, token.Value)
	}
	header := http.Header{}
	return Request{URL: token.apply(endpoint, header), Header: header, Body: d.Form(job)}
}

// WrongToken is the receiver's secret with another value of the same length.
func (d *Driver) WrongToken() Token { return d.harness.token.wrong() }

// NearTokens are tokens that are nearly the receiver's secret.
func (d *Driver) NearTokens() []NearToken { return d.harness.token.near() }

// SendAsEach is SendAs for several tokens at the same moment, each with a job of
// its own.
func (d *Driver) SendAsEach(tokens []Token, labels []string, jobs []Job) []Exchange {
	requests := make([]Request, len(tokens))
	for i, token := range tokens {
		requests[i] = d.as(token, jobs[i])
	}
	return d.sendEach(d.ctx, jobs, labels, requests)
}

// SendTogether sends requests about a job at the same moment and returns when
// all have their outcome.
func (d *Driver) SendTogether(job Job, labels []string, requests []Request) []Exchange {
	for i := range requests {
		requests[i] = d.authorized(requests[i])
	}
	return d.sendEach(d.ctx, slices.Repeat([]Job{job}, len(requests)), labels, requests)
}

// NotifyTogether sends the notifications of several jobs at the same moment.
func (d *Driver) NotifyTogether(labels []string, jobs []Job) []Exchange {
	return d.sendEach(d.ctx, jobs, labels, d.notifications(jobs))
}

func (d *Driver) notifications(jobs []Job) []Request {
	requests := make([]Request, len(jobs))
	for i, job := range jobs {
		requests[i] = d.authorized(Request{Body: d.Form(job)})
	}
	return requests
}

// authorized fills in where a request goes, and the token that it needs there.
func (d *Driver) authorized(r Request) Request {
	if r.Header = r.Header.Clone(); r.Header == nil {
		r.Header = http.Header{}
	}
	url := d.harness.token.apply(d.harness.cfg.Endpoint, r.Header)
	if r.URL == "" {
		r.URL = url
	}
	return r
}

// NotifyTimely sends n notifications of new jobs at the same moment. When not
// all are answered within the time that is allowed, the same is tried once
// more, with other jobs, and only that counts: a machine that is busy with
// something else is not the receiver's fault.
func (d *Driver) NotifyTimely(label string, n int, newJob func() Job) {
	for try := range 2 {
		jobs, labels := make([]Job, n), make([]string, n)
		for i := range n {
			jobs[i], labels[i] = newJob(), label
			if n > 1 {
				labels[i] = fmt.Sprintf("%s, %d of %d", label, i+1, n)
			}
		}
		began := len(d.observation.Exchanges)
		answers := d.NotifyTogether(labels, jobs)
		late := slices.ContainsFunc(answers, func(x Exchange) bool { return x.Status == 0 && x.Reason == delivery.Timeout })
		if !late || try > 0 {
			return
		}
		d.Note("%s: not answered in time, so it is measured again", label)
		d.supersede(began)
	}
}

// Supersede makes all that was sent so far not count, because it is measured
// again.
func (d *Driver) Supersede() { d.supersede(0) }

func (d *Driver) supersede(from int) {
	for i := range d.observation.Exchanges[from:] {
		d.observation.Exchanges[from+i].Superseded = true
	}
}

// NotifyAndHangUp sends the notification of a job, and hangs up when the request is
// written, as a sender whose patience has ended does.
func (d *Driver) NotifyAndHangUp(label string, job Job) Exchange {
	ctx, cancel := context.WithCancel(d.ctx)
	defer cancel()
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{WroteRequest: func(httptrace.WroteRequestInfo) { cancel() }})
	jobs := []Job{job}
	return d.sendEach(ctx, jobs, []string{label}, d.notifications(jobs))[0]
}

// NotifyAndKill kills the receiver that long after the first byte of its
// answer; at the earliest, before the answer is read.
func (d *Driver) NotifyAndKill(label string, job Job, after time.Duration) Exchange {
	ctx := d.ctx
	if after == 0 {
		ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotFirstResponseByte: d.harness.receiver.Kill})
	}
	jobs := []Job{job}
	x := d.sendEach(ctx, jobs, []string{label}, d.notifications(jobs))[0]
	d.check("waiting for the moment to kill", sleep(d.ctx, time.Until(x.FirstByte.Add(after))))
	d.harness.receiver.Kill()
	return x
}

// NotifyWhileStopping sends the notifications of jobs at the same moment, and
// stops the receiver politely at the first answer.
func (d *Driver) NotifyWhileStopping(labels []string, jobs []Job) []Exchange {
	var once sync.Once
	stopped := make(chan error, 1)
	stop := func() { once.Do(func() { go func() { stopped <- d.harness.receiver.Stop(d.ctx) }() }) }
	ctx := httptrace.WithClientTrace(d.ctx, &httptrace.ClientTrace{GotFirstResponseByte: stop})
	answers := d.sendEach(ctx, jobs, labels, d.notifications(jobs))
	stop() // also when there was no answer at all
	d.check("stopping the receiver", <-stopped)
	return answers
}

// NotifyWhileStarting kills the receiver and starts it again, and meanwhile sends
// the notifications of jobs one after the other, from the first moment at which
// anything answers: each until it is acknowledged, or was answered otherwise by a
// receiver that has started.
func (d *Driver) NotifyWhileStarting(labels []string, jobs []Job) {
	const pause = 10 * time.Millisecond
	d.enter()
	d.harness.mortality.control.Lock()
	defer d.harness.mortality.control.Unlock()
	d.check("killing the receiver", d.harness.receiver.Crash(d.ctx))
	started := make(chan error, 1)
	go func() { started <- d.harness.receiver.Start(d.ctx) }()
	var err error
	up := false
	for i, r := range d.notifications(jobs) {
		for done := false; !done; {
			final := up // it is up, so this answer counts whatever it is
			x := Exchange{Label: labels[i], Job: jobs[i].ID, Request: r}
			var t *transcript
			x.Attempt, t = d.exchange(d.ctx, labels[i], jobs[i].ID, r)
			if done = x.Acknowledged() || final; done {
				d.observation.Exchanges = append(d.observation.Exchanges, x)
				d.exchanged(x, t, false)
				break
			}
			select {
			case err = <-started:
				up = true
			case <-time.After(pause):
			}
			if err != nil || d.ctx.Err() != nil {
				d.check("starting the receiver again", errors.Join(err, d.ctx.Err()))
			}
		}
	}
	if !up {
		d.check("starting the receiver again", <-started)
	}
	d.harness.rhythm.Started(time.Now())
}

// RestartReceiver makes sure that all of the receiver is gone, and starts it
// again.
func (d *Driver) RestartReceiver() {
	d.enter()
	d.harness.mortality.control.Lock()
	defer d.harness.mortality.control.Unlock()
	d.check("killing the receiver", d.harness.receiver.Crash(d.ctx))
	d.start()
}

// StartReceiver starts the receiver, which has stopped, and returns when it
// answers.
func (d *Driver) StartReceiver() {
	d.enter()
	d.harness.mortality.control.Lock()
	defer d.harness.mortality.control.Unlock()
	d.start()
}

func (d *Driver) start() {
	d.check("starting the receiver again", d.harness.receiver.Start(d.ctx))
	d.harness.rhythm.Started(time.Now())
}

func (d *Driver) sendEach(ctx context.Context, jobs []Job, labels []string, requests []Request) []Exchange {
	d.enter()
	d.progress("the answer to "+strings.Join(labels[:min(len(labels), 3)], ", "), time.Now().Add(d.Profile().Timeout))
	out, transcripts := make([]Exchange, len(requests)), make([]*transcript, len(requests))
	var wg sync.WaitGroup
	for i, r := range requests {
		wg.Go(func() {
			out[i] = Exchange{Label: labels[i], Job: jobs[i].ID, Request: r}
			out[i].Attempt, transcripts[i] = d.exchange(ctx, labels[i], jobs[i].ID, r)
		})
	}
	wg.Wait()
	d.check("sending", d.ctx.Err())
	d.observation.Exchanges = append(d.observation.Exchanges, out...)
	for i, x := range out {
		d.exchanged(x, transcripts[i], false)
	}
	return out
}

// exchanged adds an exchange to the evidence; paced says that its request was
// about the pauses in it.
func (d *Driver) exchanged(x Exchange, t *transcript, paced bool) {
	wire, uncurled := t.wire(x.Attempt, d.Profile().Timeout, paced, d.harness.redactor)
	text := x.describe()
	if uncurled != "" {
		text += " (no curl line: " + uncurled + ")"
	}
	d.record(x.Planned, Evidence{Took: x.Ended.Sub(x.Planned), Kind: OfRequest, Text: text, Wire: wire})
}

// Acknowledged reports whether a notification of the job was answered 2xx.
func (d *Driver) Acknowledged(job Job) bool {
	return slices.ContainsFunc(d.observation.Exchanges, func(x Exchange) bool {
		return x.Job == job.ID && x.Acknowledged()
	})
}
