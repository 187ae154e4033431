package scenarios

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/scrapehook/scrapehook/internal/cloud"
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
func (d *Driver) NewJob() Job { return d.NewJobNamed("") }

// NewJobNamed is NewJob with the sitemap's name; empty is one of our making.
func (d *Driver) NewJobNamed(sitemapName string) Job {
	return d.newJob(cloud.JobSpec{ID: d.harness.newID()}, sitemapName)
}

// NewID is an id below 2^31 that no job of this run has.
func (d *Driver) NewID() int64 { return d.harness.newID() }

// NewJobWithID is NewJob with an id, which must be above all that are drawn.
func (d *Driver) NewJobWithID(id int64) Job { return d.newJob(cloud.JobSpec{ID: id}, "") }

// newJob adds a job that has started, of a sitemap of its own.
func (d *Driver) newJob(spec cloud.JobSpec, sitemapName string) Job {
	if sitemapName = cmp.Or(sitemapName, d.harness.cfg.SitemapName); sitemapName == "" {
		sitemapName = fmt.Sprintf("conform-%d", spec.ID)
	}
	sitemap, err := d.harness.cloud.AddSitemap(sitemapName, "")
	d.check("adding a sitemap", err)
	return d.addJob(spec, sitemap)
}

func (d *Driver) addJob(spec cloud.JobSpec, sitemap cloud.Sitemap) Job {
	spec.SitemapID = sitemap.ID
	_, err := d.harness.cloud.AddJob(spec)
	d.check("adding a job", err)
	d.check("starting a job", d.harness.cloud.Start(spec.ID))
	d.jobs = append(d.jobs, spec.ID)
	job := Job{ID: spec.ID, SitemapID: sitemap.ID, SitemapName: sitemap.Name}
	d.made = append(d.made, job)
	return job
}

// FinishedJob is a new job that has finished with that many rows.
func (d *Driver) FinishedJob(rows int) Job {
	job := d.NewJob()
	d.End(job, webhook.Finished, rows)
	return job
}

// FinishedJobs are n jobs that have finished with that many rows each, and
// labels that tell them apart.
func (d *Driver) FinishedJobs(n, rows int, what string) (jobs []Job, labels []string) {
	for i := range n {
		jobs = append(jobs, d.FinishedJob(rows))
		labels = append(labels, fmt.Sprintf("%s %d of %d", what, i+1, n))
	}
	return jobs, labels
}

// FinishedJobBeside is a new job of the same sitemap as another, which has
// finished with that many rows.
func (d *Driver) FinishedJobBeside(other Job, rows int) Job {
	sitemap, err := d.harness.cloud.Sitemap(other.SitemapID)
	d.check("finding a sitemap", err)
	job := d.addJob(cloud.JobSpec{ID: d.harness.newID()}, sitemap)
	d.End(job, webhook.Finished, rows)
	return job
}

// FinishedJobWith is a new job that has finished with a row for each of these
// texts, which JSON has with their characters unescaped; nil is a missing value. The rows are as the sitemap's are in all else, so
// that a receiver with columns and keys of its own finds what it needs.
func (d *Driver) FinishedJobWith(texts []*string) Job {
	job := d.newJob(cloud.JobSpec{ID: d.harness.newID(), Text: func(i int) (string, bool) {
		if texts[i] == nil {
			return "", false
		}
		return *texts[i], true
	}}, "")
	if d.harness.cloud.TextColumn(job.ID) == "" {
		panic(scenarioVerdict{found(NotObservable, job.subject(), "a column for free text", "the sitemap has none")})
	}
	d.End(job, webhook.Finished, len(texts))
	return job
}

// End ends a job with a status and that many rows in all, or as many as the user's
// own rows are. Nothing is sent.
func (d *Driver) End(job Job, status webhook.Status, rows int) {
	rows = d.harness.atMost(rows)
	d.ended(job, status, rows, d.harness.cloud.End(job.ID, status, rows))
}

// EndWithEmptyPages is End for a job that may be continued, because some pages
// gave no record.
func (d *Driver) EndWithEmptyPages(job Job, status webhook.Status, rows int) {
	rows = d.harness.atMost(rows)
	_, err := d.harness.cloud.Conclude(job.ID, cloud.Ending{Status: status, Rows: rows, EmptyPages: 1})
	d.ended(job, status, rows, err)
}

func (d *Driver) ended(job Job, status webhook.Status, rows int, err error) {
	d.check("ending a job", err)
	d.harness.traffic.changed(job.ID, time.Now())
	e := end{status: status, rows: [][]byte{}}
	for _, row := range d.harness.cloud.Records(job.ID) {
		e.rows = append(e.rows, slices.Clone(row))
	}
	d.ends[job.ID] = e
	d.Note("job %d ends %s with %s", job.ID, status, rowsOf(rows))
}

// DataSize is the number of bytes of an ended job's rows, as JSON lines.
func (d *Driver) DataSize(job Job) int { return size(d.ends[job.ID].rows) }

// LastRowAt is how many bytes of an ended job's JSON lines come before the last.
func (d *Driver) LastRowAt(job Job) int {
	rows := d.ends[job.ID].rows
	return size(rows[:max(0, len(rows)-1)])
}

func size(rows [][]byte) (bytes int) {
	for _, row := range rows {
		bytes += len(row) + len("\n")
	}
	return bytes
}

// Continue takes an ended job up again, as its user may.
func (d *Driver) Continue(job Job) {
	_, err := d.harness.cloud.Continue(job.ID)
	if errors.Is(err, cloud.ErrNotFound) {
		panic(scenarioVerdict{found(
			NotSupported, job.subject(), "continued by its user", "the receiver deletes a job at the cloud when it has imported it, so nobody can continue it",
		)})
	}
	d.check("continuing a job", err)
	d.check("starting a job", d.harness.cloud.Start(job.ID))
	d.Note("job %d is continued", job.ID)
}

// BreakDownloads makes the next downloads of a job's data go wrong, one fault
// each. delay is what a right receiver is held up by them.
func (d *Driver) BreakDownloads(job Job, delay time.Duration, faults ...Fault) {
	d.harness.traffic.breakDownloads(job.ID, faults...)
	d.Delay(delay)
	for _, f := range faults {
		d.Note("a download of job %d will meet %v", job.ID, f)
	}
}

// BreakCalls makes the next calls about a job itself go wrong, one fault each;
// those for its data do not count.
func (d *Driver) BreakCalls(job Job, faults ...Fault) {
	d.harness.traffic.breakCalls(job.ID, faults...)
	for _, f := range faults {
		d.Note("a call about job %d will meet %v", job.ID, f)
	}
}

// BreakDeletes makes the next DELETEs of a job go wrong, one fault each.
func (d *Driver) BreakDeletes(job Job, faults ...Fault) {
	d.harness.traffic.breakDeletes(job.ID, faults...)
	for _, f := range faults {
		d.Note("a DELETE of job %d will meet %v", job.ID, f)
	}
}

// FailDownloads makes each download of a job's data go wrong until the function
// that it returns is called.
func (d *Driver) FailDownloads(job Job, f Fault) (mend func()) {
	d.harness.traffic.failDownloads(job.ID, &f)
	d.Note("every download of job %d meets %v", job.ID, f)
	return func() { d.harness.traffic.failDownloads(job.ID, nil) }
}

// Delete deletes a job at the cloud, as its user may.
func (d *Driver) Delete(job Job) {
	d.check("deleting a job", d.harness.cloud.DeleteJob(job.ID))
	d.Note("job %d is deleted at the cloud", job.ID)
}

// CallsAbout is how many API calls the receiver has made about a job so far.
func (d *Driver) CallsAbout(job Job) int { return d.harness.traffic.state(job.ID, time.Now()).count }

// Delay grants every import that is awaited so much more time, because we hold
// the receiver up.
func (d *Driver) Delay(more time.Duration) {
	d.own += more
	d.harness.rhythm.Delay(more)
}

// WatchDelete makes a DELETE of the job wait until the probes have been read, so
// that it shows what the receiver had stored when it asked for the deletion.
// The returned function ends the watch.
func (d *Driver) WatchDelete(job Job) (end func()) {
	const patience = 20 * time.Second
	arrived, release := d.harness.traffic.holdDelete(job.ID, patience)
	quit, done := make(chan struct{}), make(chan struct{})
	var seen Effect
	var err error
	want := d.ends[job.ID].rows
	d.background.Go(func() {
		defer close(done)
		defer close(release)
		select {
		case <-arrived:
			seen = Effect{Label: "when the DELETE came", Job: job.ID, Want: want, Columns: d.harness.columns}
			err = d.harness.lookPatiently(d.ctx, &seen)
		case <-quit:
		case <-d.ctx.Done(): // an interruption, or the scenario has ended before the watch
		}
	})
	return func() {
		close(quit)
		<-done
		d.check("looking for an effect", err)
		if seen.Job != 0 {
			d.observation.Effects = append(d.observation.Effects, seen)
			d.add(time.Now(), OfProbe, "a DELETE came: %s", seen.describe())
		}
	}
}
