package scenarios

import (
	"slices"
	"sync"
	"time"
)

// owed is a job whose import was seen whole, and must still be so at the end of
// the run.
type owed struct {
	job   Job
	end   end
	first bool // of its scenario
}

// auditedOfEach bounds how many jobs of one scenario are audited: each of them
// costs the receiver a notification and its probes a reading.
const auditedOfEach = 4

// auditedRows bounds the rows of a job that is audited.
const auditedRows = 1000

// ledger remembers what a receiver has imported in the run. Its zero value is
// ready, and it is safe for concurrent use.
type ledger struct {
	mu   sync.Mutex
	jobs []owed
}

// enter remembers the jobs of a scenario that was passed: those that were
// acknowledged, have rows, and were seen whole by a probe. What is the matter
// with any other is another requirement's business.
func (l *ledger) enter(d *Driver) {
	l.mu.Lock()
	defer l.mu.Unlock()
	entered := 0
	for _, e := range slices.Backward(d.observation.Effects) {
		job := Job{ID: e.Job}
		rows := len(e.Want)
		if entered == auditedOfEach || rows == 0 || rows > auditedRows || len(e.Readings) == 0 || !e.Complete() || !d.Acknowledged(job) {
			continue
		}
		i := slices.IndexFunc(d.made, func(j Job) bool { return j.ID == e.Job })
		if i < 0 || slices.ContainsFunc(l.jobs, func(o owed) bool { return o.job.ID == e.Job }) {
			continue
		}
		l.jobs = append(l.jobs, owed{d.made[i], d.ends[e.Job], entered == 0})
		entered++
	}
}

func (l *ledger) all() []owed {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.jobs)
}

// ImportedJobs are jobs of the run whose import was seen whole: a few of each
// requirement that was met, one of each where imports take long, in an order that
// the run's seed decides. From now on they are the scenario's own.
func (d *Driver) ImportedJobs() []Job {
	all := d.harness.ledger.all()
	if d.harness.slow() {
		all = slices.DeleteFunc(all, func(o owed) bool { return !o.first })
	}
	d.harness.shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	jobs := make([]Job, len(all))
	for i, o := range all {
		o.job.Label = ""
		d.made, d.jobs = append(d.made, o.job), append(d.jobs, o.job.ID)
		d.ends[o.job.ID] = o.end
		jobs[i] = o.job
	}
	d.Note("%d jobs were seen imported as a whole", len(jobs))
	return jobs
}

func (h *harness) shuffle(n int, swap func(i, j int)) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.ids.Shuffle(n, swap)
}

// WatchedCalls records how many calls came when there should be none any more.
func (d *Driver) WatchedCalls(n int) { d.observation.LateCalls += n }

// AwaitCallsEnd waits, without a slot, until there has been no call about any of these jobs for
// the quiet time, or the run's patience is over.
func (d *Driver) AwaitCallsEnd(jobs ...Job) {
	d.leave()
	began := time.Now()
	latest := began.Add(d.harness.cfg.EffectTimeout * 2)
	for {
		now := time.Now()
		last := began
		for _, job := range jobs {
			last = later(last, d.harness.traffic.state(job.ID, now).quietSince)
		}
		end := last.Add(d.harness.quiet())
		if !end.After(now) || now.After(latest) {
			return
		}
		d.progress("calls about jobs that are imported already", end)
		d.check("waiting", sleep(d.ctx, min(end.Sub(now), 4*d.harness.timing.poll)))
	}
}
