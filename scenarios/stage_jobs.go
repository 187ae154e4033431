package scenarios

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/scrapehook/scrapehook/simulator/cloud"
	"github.com/scrapehook/scrapehook/simulator/fault"
	"github.com/scrapehook/scrapehook/webhook"
)

// Job is a scraping job of the simulated cloud.
type Job struct {
	ID          int64
	SitemapID   int64
	SitemapName string
	// Label tells the jobs of a scenario apart in findings; it may be empty.
	Label string
}

func (j Job) subject() string {
	if j.Label == "" {
		return fmt.Sprintf("job %d", j.ID)
	}
	return fmt.Sprintf("job %d, %s", j.ID, j.Label)
}

// NewJob adds a job that has started, of a sitemap of its own.
func (s *Stage) NewJob() Job { return s.NewJobNamed("") }

// NewJobNamed is NewJob with the sitemap's name; empty is one of our making.
func (s *Stage) NewJobNamed(sitemapName string) Job {
	return s.newJob(cloud.JobSpec{ID: s.lab.newID()}, sitemapName)
}

// NewJobWithID is NewJob with an id, which must be above all that are drawn.
func (s *Stage) NewJobWithID(id int64) Job { return s.newJob(cloud.JobSpec{ID: id}, "") }

// newJob adds a job that has started, of a sitemap of its own.
func (s *Stage) newJob(spec cloud.JobSpec, sitemapName string) Job {
	if sitemapName == "" {
		sitemapName = fmt.Sprintf("conform-%d", spec.ID)
	}
	sitemap, err := s.lab.cloud.AddSitemap(sitemapName, "")
	s.check("adding a sitemap", err)
	return s.addJob(spec, sitemap)
}

func (s *Stage) addJob(spec cloud.JobSpec, sitemap cloud.Sitemap) Job {
	spec.SitemapID = sitemap.ID
	_, err := s.lab.cloud.AddJob(spec)
	s.check("adding a job", err)
	s.check("starting a job", s.lab.cloud.Start(spec.ID))
	s.jobs = append(s.jobs, spec.ID)
	return Job{ID: spec.ID, SitemapID: sitemap.ID, SitemapName: sitemap.Name}
}

// FinishedJob is a new job that has finished with that many rows.
func (s *Stage) FinishedJob(rows int) Job {
	job := s.NewJob()
	s.End(job, webhook.Finished, rows)
	return job
}

// FinishedJobs are n jobs that have finished with that many rows each, and
// labels that tell them apart.
func (s *Stage) FinishedJobs(n, rows int, what string) (jobs []Job, labels []string) {
	for i := range n {
		jobs = append(jobs, s.FinishedJob(rows))
		labels = append(labels, fmt.Sprintf("%s %d of %d", what, i+1, n))
	}
	return jobs, labels
}

// FinishedJobBeside is a new job of the same sitemap as another, which has
// finished with that many rows.
func (s *Stage) FinishedJobBeside(other Job, rows int) Job {
	sitemap, err := s.lab.cloud.Sitemap(other.SitemapID)
	s.check("finding a sitemap", err)
	job := s.addJob(cloud.JobSpec{ID: s.lab.newID()}, sitemap)
	s.End(job, webhook.Finished, rows)
	return job
}

// FinishedJobOf is a new job that has finished with rows of our own making,
// each a JSON object.
func (s *Stage) FinishedJobOf(rows int, row func(i int) []byte) Job {
	job := s.newJob(cloud.JobSpec{ID: s.lab.newID(), Records: row}, "")
	s.End(job, webhook.Finished, rows)
	return job
}

// End ends a job with a status and that many rows in all. Nothing is sent.
func (s *Stage) End(job Job, status webhook.Status, rows int) {
	s.ended(job, status, rows, s.lab.cloud.End(job.ID, status, rows))
}

// EndWithEmptyPages is End for a job that may be continued, because some pages
// gave no record.
func (s *Stage) EndWithEmptyPages(job Job, status webhook.Status, rows int) {
	_, err := s.lab.cloud.Conclude(job.ID, cloud.Ending{Status: status, Rows: rows, EmptyPages: 1})
	s.ended(job, status, rows, err)
}

func (s *Stage) ended(job Job, status webhook.Status, rows int, err error) {
	s.check("ending a job", err)
	s.lab.traffic.changed(job.ID, time.Now())
	e := end{status: status, rows: [][]byte{}}
	for _, row := range s.lab.cloud.Records(job.ID) {
		e.rows = append(e.rows, slices.Clone(row))
	}
	s.ends[job.ID] = e
	s.Note("job %d ends %s with %s", job.ID, status, rowsOf(rows))
}

// Continue takes an ended job up again, as its user may.
func (s *Stage) Continue(job Job) {
	_, err := s.lab.cloud.Continue(job.ID)
	if errors.Is(err, cloud.ErrNotFound) {
		panic(stageVerdict{Finding{
			NotObservable, job.subject(), "continued by its user", "the receiver has deleted it at the cloud",
		}})
	}
	s.check("continuing a job", err)
	s.check("starting a job", s.lab.cloud.Start(job.ID))
	s.Note("job %d is continued", job.ID)
}

// BreakDownloads makes the next downloads of a job's data go wrong, one fault
// each. delay is what a right receiver is held up by them.
func (s *Stage) BreakDownloads(job Job, delay time.Duration, faults ...fault.Fault) {
	s.lab.traffic.breakDownloads(job.ID, faults...)
	s.Delay(delay)
	for _, f := range faults {
		s.Note("a download of job %d will meet %v", job.ID, f)
	}
}

// Delay grants every import that is awaited so much more time, because we hold
// the receiver up.
func (s *Stage) Delay(d time.Duration) { s.lab.traffic.inject(d) }

// HoldDelete makes a DELETE of the job wait until the probes have been read, so
// that it shows what the receiver had stored when it asked for the deletion.
// The returned function ends the watch.
func (s *Stage) HoldDelete(job Job) (end func()) {
	const patience = 20 * time.Second
	arrived, release := s.lab.traffic.holdDelete(job.ID, patience)
	quit, done := make(chan struct{}), make(chan struct{})
	var seen Effect
	var err error
	want := s.ends[job.ID].rows
	go func() {
		defer close(done)
		defer close(release)
		select {
		case <-arrived:
			seen = Effect{Label: "when the DELETE came", Job: job.ID, Want: want}
			err = s.lab.look(s.ctx, &seen)
		case <-quit:
		}
	}()
	return func() {
		close(quit)
		<-done
		s.check("looking for an effect", err)
		if seen.Job != 0 {
			s.observation.Effects = append(s.observation.Effects, seen)
			s.add(time.Now(), OfProbe, "a DELETE came: %s", seen.describe())
		}
	}
}
