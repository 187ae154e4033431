package scenarios

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/scrapehook/scrapehook/simulator/cloud"
	"github.com/scrapehook/scrapehook/simulator/delivery"
	"github.com/scrapehook/scrapehook/simulator/fault"
	"github.com/scrapehook/scrapehook/webhook"
)

// Stage is what one scenario acts on. It records everything that it does and
// sees. When the harness itself fails, or the run is interrupted, its methods
// end the scenario, as FailNow ends a test; so they are for the goroutine of
// Play alone.
type Stage struct {
	lab      *lab
	ctx      context.Context //nolint:containedctx // a stage lives as long as its scenario's Play
	floor    floor
	progress func(text string, until time.Time) // safe for concurrent use
	began    time.Time

	observation Observation
	jobs        []int64
	evidence    []Evidence
}

// Evidence is one thing that happened, for a person to read.
type Evidence struct {
	// At is the time since the scenario began.
	At time.Duration
	// Kind is request, api, probe, process or note.
	Kind string
	Text string
}

// Job is a scraping job of the simulated cloud.
type Job struct {
	ID          int64
	SitemapID   int64
	SitemapName string
}

// stageError carries what ended a scenario from below.
type stageError struct{ err error }

func (s *Stage) check(doing string, err error) {
	if err != nil {
		panic(stageError{fmt.Errorf("%s: %w", doing, err)})
	}
}

// Profile is the sender's rules in this run.
func (s *Stage) Profile() webhook.Profile { return s.lab.cfg.Profile }

// Pick is d, or fast when the run shortens its own pauses.
func (s *Stage) Pick(d, fast time.Duration) time.Duration {
	if s.Fast() {
		return fast
	}
	return d
}

// Fast reports whether the run shortens its own pauses.
func (s *Stage) Fast() bool { return s.lab.cfg.Fast }

// Endpoint is the URL that takes the notifications.
func (s *Stage) Endpoint() string { return s.lab.cfg.Endpoint }

// NewJob adds a job that has started, of a sitemap of its own.
func (s *Stage) NewJob() Job { return s.NewJobNamed("") }

// NewJobNamed is NewJob with the sitemap's name; empty is one of our making.
func (s *Stage) NewJobNamed(sitemapName string) Job {
	id := s.lab.newID()
	if sitemapName == "" {
		sitemapName = fmt.Sprintf("conform-%d", id)
	}
	sitemap, err := s.lab.cloud.AddSitemap(sitemapName, "")
	s.check("adding a sitemap", err)
	return s.addJob(id, sitemap)
}

// FinishedJobBeside is a new job of the same sitemap as another, which has
// finished with that many rows.
func (s *Stage) FinishedJobBeside(other Job, rows int) Job {
	sitemap, err := s.lab.cloud.Sitemap(other.SitemapID)
	s.check("finding a sitemap", err)
	job := s.addJob(s.lab.newID(), sitemap)
	s.End(job, webhook.Finished, rows)
	return job
}

func (s *Stage) addJob(id int64, sitemap cloud.Sitemap) Job {
	_, err := s.lab.cloud.AddJob(cloud.JobSpec{ID: id, SitemapID: sitemap.ID})
	s.check("adding a job", err)
	s.check("starting a job", s.lab.cloud.Start(id))
	s.jobs = append(s.jobs, id)
	return Job{ID: id, SitemapID: sitemap.ID, SitemapName: sitemap.Name}
}

// End ends a job with a status and that many rows in all. Nothing is sent.
func (s *Stage) End(job Job, status webhook.Status, rows int) {
	s.check("ending a job", s.lab.cloud.End(job.ID, status, rows))
	s.lab.traffic.changed(job.ID, time.Now())
	s.Note("job %d ends %s with %d rows", job.ID, status, rows)
}

// FinishedJob is a new job that has finished with that many rows.
func (s *Stage) FinishedJob(rows int) Job {
	job := s.NewJob()
	s.End(job, webhook.Finished, rows)
	return job
}

// Continue takes an ended job up again, as its user may.
func (s *Stage) Continue(job Job) {
	s.check("continuing a job", s.lab.cloud.Continue(job.ID))
	s.check("starting a job", s.lab.cloud.Start(job.ID))
	s.Note("job %d is continued", job.ID)
}

// BreakDownloads makes the next downloads of a job's data go wrong, one fault
// each. delay is what a right receiver is held up by them.
func (s *Stage) BreakDownloads(job Job, delay time.Duration, faults ...fault.Fault) {
	s.lab.traffic.breakDownloads(job.ID, delay, faults...)
	for _, f := range faults {
		s.Note("a download of job %d will meet: %v", job.ID, f)
	}
}

// Form is the notification of a job as it is now.
func (s *Stage) Form(job Job) []byte {
	now, err := s.lab.cloud.Job(job.ID)
	s.check("finding a job", err)
	return s.Profile().AppendForm(nil, webhook.Notification{
		JobID: job.ID, Status: now.Status, SitemapID: job.SitemapID, SitemapName: job.SitemapName, CustomID: now.CustomID,
	})
}

// Notify sends the notification of a job once, as the cloud would.
func (s *Stage) Notify(label string, job Job) Exchange {
	return s.Send(label, job, delivery.Request{Body: s.Form(job)})
}

// Send sends any request about a job to the endpoint, which is the default
// URL.
func (s *Stage) Send(label string, job Job, r delivery.Request) Exchange {
	return s.SendTogether(job, []string{label}, []delivery.Request{r})[0]
}

// SendTogether sends requests about a job at the same moment and returns when
// all have their outcome.
func (s *Stage) SendTogether(job Job, labels []string, requests []delivery.Request) []Exchange {
	jobs := make([]Job, len(requests))
	for i := range jobs {
		jobs[i] = job
	}
	return s.sendEach(s.ctx, jobs, labels, requests)
}

// NotifyTogether sends the notifications of several jobs at the same moment.
func (s *Stage) NotifyTogether(labels []string, jobs []Job) []Exchange {
	requests := make([]delivery.Request, len(jobs))
	for i, job := range jobs {
		requests[i].Body = s.Form(job)
	}
	return s.sendEach(s.ctx, jobs, labels, requests)
}

func (s *Stage) sendEach(ctx context.Context, jobs []Job, labels []string, requests []delivery.Request) []Exchange {
	s.progress(fmt.Sprintf("the answer to %s", strings.Join(labels[:min(len(labels), 3)], ", ")), time.Now().Add(s.Profile().Timeout))
	out := make([]Exchange, len(requests))
	var wg sync.WaitGroup
	for i, r := range requests {
		if r.URL == "" {
			r.URL = s.lab.cfg.Endpoint
		}
		wg.Go(func() {
			out[i] = Exchange{Label: labels[i], Job: jobs[i].ID, Attempt: s.lab.send(ctx, jobs[i].ID, r)}
			out[i].Request = r
		})
	}
	wg.Wait()
	s.check("sending", s.ctx.Err())
	s.observation.Exchanges = append(s.observation.Exchanges, out...)
	for _, x := range out {
		s.add(x.Planned, "request", "%s", x.describe())
	}
	return out
}

// Pause waits. Meanwhile the scenario needs nothing of the receiver, so others
// that want it to themselves may have it.
func (s *Stage) Pause(d time.Duration, why string) {
	s.progress(why, time.Now().Add(d))
	s.floor.leave()
	err := sleep(s.ctx, d)
	s.progress("its turn", time.Time{})
	// Also after an interruption: who began on the floor ends on it.
	s.check("waiting for the floor", s.floor.enter(context.WithoutCancel(s.ctx)))
	s.check(why, err)
	s.Note("after %v: %s", d, why)
}

// AwaitResend waits as long as the sender does after the failed attempt.
func (s *Stage) AwaitResend(failed Exchange, number int) {
	due := failed.Ended.Add(s.lab.cfg.resendDelay(number))
	s.Pause(max(0, time.Until(due)), "the resend")
}

// AwaitCallEnd waits until the receiver has called the API about the job and
// no call is open, or until limit has passed.
func (s *Stage) AwaitCallEnd(job Job, limit time.Duration) {
	until := time.Now().Add(limit)
	s.progress(fmt.Sprintf("the download of job %d to end", job.ID), until)
	for now := time.Now(); now.Before(until); now = time.Now() {
		st := s.lab.traffic.state(job.ID, now)
		if st.downloads > 0 && st.quietSince.Before(now) {
			return
		}
		s.check("waiting", sleep(s.ctx, s.lab.timing.poll))
	}
}

// AwaitEffects waits for the imports of jobs, as they are now, all at the same
// time. Jobs whose notification was never acknowledged are passed over: there
// is no import that a receiver would owe.
func (s *Stage) AwaitEffects(jobs ...Job) { s.awaitEffects(s.lab.cfg.EffectTimeout, jobs) }

// AwaitRetriedEffects is AwaitEffects for imports that need the receiver to
// try again by itself.
func (s *Stage) AwaitRetriedEffects(jobs ...Job) { s.awaitEffects(s.lab.cfg.RetryTimeout, jobs) }

// AwaitQuiet reads what there is of jobs after a quiet time, without waiting
// for anything to appear.
func (s *Stage) AwaitQuiet(jobs ...Job) { s.awaitEffects(0, jobs) }

func (s *Stage) awaitEffects(limit time.Duration, jobs []Job) {
	effects := make([]Effect, len(jobs))
	errs := make([]error, len(jobs))
	var wg sync.WaitGroup
	for i, job := range jobs {
		if limit > 0 && !s.acknowledged(job) {
			s.Note("job %d was never acknowledged: no import is awaited", job.ID)
			continue
		}
		x := expectation{job: job, want: s.rows(job), limit: limit}
		wg.Go(func() { effects[i], errs[i] = s.lab.awaitEffect(s.ctx, x, s.progress) })
	}
	wg.Wait()
	for i, e := range effects {
		s.check("looking for an effect", errs[i])
		if e.Job != 0 {
			s.observation.Effects = append(s.observation.Effects, e)
			s.Note("%s", e.describe())
		}
	}
}

func (s *Stage) acknowledged(job Job) bool {
	return slices.ContainsFunc(s.observation.Exchanges, func(x Exchange) bool {
		return x.Job == job.ID && s.Profile().Success(x.Status)
	})
}

// rows are the job's rows as the cloud has them now.
func (s *Stage) rows(job Job) [][]byte {
	rows := [][]byte{}
	for _, row := range s.lab.cloud.Records(job.ID) {
		rows = append(rows, slices.Clone(row))
	}
	return rows
}

// Note adds a sentence to the evidence.
func (s *Stage) Note(format string, args ...any) { s.add(time.Now(), "note", format, args...) }

// evidenceKept bounds the evidence of one scenario.
const evidenceKept = 500

func (s *Stage) add(at time.Time, kind, format string, args ...any) {
	if len(s.evidence) < evidenceKept {
		s.evidence = append(s.evidence, Evidence{at.Sub(s.began), kind, fmt.Sprintf(format, args...)})
	}
}

// closing returns the evidence with the API calls that the receiver made, in
// the order of time.
func (s *Stage) closing() []Evidence {
	for _, job := range s.jobs {
		for _, c := range s.lab.traffic.calls(job) {
			s.add(c.Began, "api", "%s", describeCall(c))
		}
	}
	slices.SortStableFunc(s.evidence, func(a, b Evidence) int { return int(a.At - b.At) })
	return s.evidence
}
