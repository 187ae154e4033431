package simulator

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/scrapehook/scrapehook/internal/cloud"
	"github.com/scrapehook/scrapehook/internal/delivery"
	"github.com/scrapehook/scrapehook/webhook"
)

// player plays the verbs to a simulator and to the model.
type player struct {
	t         *testing.T
	dice      *rand.Rand
	cfg       Config
	endpoints []*modelEndpoint
	model     model
	sim       *Simulator
	stop      func() error
	sitemap   int64
	crashIn   atomic.Int64 // writes; below 0: it has crashed; far: it is not to
	kills     int
	mu        sync.Mutex
	// deliveries are the numbers of those attempted, by endpoint, job and status.
	deliveries map[string]map[uint64]bool
	faults     bool // endpoints may fail, and the simulator may be stopped
}

var errCrashed = errors.New("the process was killed")

const never = 1 << 60

func newPlayer(t *testing.T, seed uint64, faults bool) *player {
	t.Helper()
	p := &player{
		t: t, dice: rand.New(rand.NewPCG(seed, 0)), faults: faults, deliveries: map[string]map[uint64]bool{},
		model: model{jobs: map[int64]*modelJob{}, ends: map[string]map[string]int{}, ever: map[string]map[string]int{}},
	}
	profile := webhook.Profile2020()
	profile.Timeout, profile.ResendDelays, profile.MaxAttempts = 30*time.Second, []time.Duration{time.Second}, 0
	if faults {
		profile.Timeout = 50 * time.Millisecond
	}
	p.cfg = Config{
		Token: "t", Seed: seed, OnAttempt: p.attempted, Profile: profile, State: filepath.Join(t.TempDir(), "cloud.db"),
		beforeWrite: func() error {
			if p.crashIn.Add(-1) < 0 {
				return errCrashed
			}
			return nil
		},
	}
	for range 3 {
		e := newModelEndpoint(t)
		p.endpoints = append(p.endpoints, e)
		p.model.endpoints = append(p.model.endpoints, e.URL)
	}
	p.start()
	t.Cleanup(func() { _ = p.stop() }) // of a test that has failed before
	return p
}

func (p *player) attempted(a delivery.Attempt) {
	p.mu.Lock()
	defer p.mu.Unlock()
	key := fmt.Sprint(a.URL, " ", a.Notification.JobID, " ", a.Notification.Status)
	if p.deliveries[key] == nil {
		p.deliveries[key] = map[uint64]bool{}
	}
	p.deliveries[key][a.Delivery] = true
}

func (p *player) must(err error) {
	p.t.Helper()
	if err != nil {
		p.t.Fatal(err)
	}
}

// start starts a simulator on the state file, with little room in its sender.
func (p *player) start() {
	p.t.Helper()
	p.crashIn.Store(never)
	p.cfg.Endpoints = p.model.endpoints
	p.cfg.MaxPending, p.cfg.Concurrency = 1+p.dice.IntN(3), 1+p.dice.IntN(3)
	var err error
	p.sim, err = New(p.t.Context(), p.cfg)
	p.must(err)
	ctx, cancel := context.WithCancel(context.WithoutCancel(p.t.Context()))
	done := make(chan error, 1)
	sim := p.sim
	go func() { done <- sim.Run(ctx) }()
	p.stop = sync.OnceValue(func() error {
		cancel()
		return <-done
	})
	if _, err := p.sim.cloud.Sitemap(p.sitemap); err != nil {
		m, err := p.sim.cloud.AddSitemap("", "")
		p.must(err)
		p.sitemap = m.ID
	}
}

// restart starts it again after it was stopped, or was killed.
func (p *player) restart() {
	p.t.Helper()
	if err := p.stop(); err != nil && !errors.Is(err, errCrashed) {
		p.t.Fatal(err)
	}
	p.start()
}

// done reports whether a verb was carried out, as the model says that it may be.
// One that the kill has struck was not.
func (p *player) done(doing string, may bool, err error) bool {
	p.t.Helper()
	switch {
	case err != nil && p.crashIn.Load() < 0: // perhaps by the state file, which a killed simulator has closed
		return false
	case (err == nil) != may:
		p.t.Fatalf("%s: %v, and the model has it allowed: %v", doing, err, may)
	}
	return err == nil
}

// step plays one verb.
func (p *player) step() {
	p.t.Helper()
	if p.crashIn.Load() < 0 {
		p.kills++
		p.restart()
		p.follow()
	}
	ids := slices.Sorted(func(yield func(int64) bool) {
		for id := range p.model.jobs {
			if !yield(id) {
				return
			}
		}
	})
	verb := p.dice.IntN(20)
	if len(ids) == 0 || verb < 5 {
		p.add(verb%2 == 0)
		return
	}
	id := ids[p.dice.IntN(len(ids))]
	switch {
	case verb < 14:
		p.life(id, verb)
	case verb < 17:
		p.world(verb)
	case p.faults:
		p.fault(verb)
	}
}

func (p *player) add(takes bool) {
	p.t.Helper()
	spec := cloud.JobSpec{SitemapID: p.sitemap}
	if takes {
		spec.RunTime, spec.Ending = time.Hour, &cloud.Ending{Status: webhook.Failed, FailedPages: 5}
	}
	j, err := p.sim.cloud.AddJob(spec)
	if p.done("adding a job", true, err) {
		p.model.jobs[j.ID] = &modelJob{status: waiting, takes: takes}
	}
}

// life plays a verb of a job's life.
func (p *player) life(id int64, verb int) {
	p.t.Helper()
	j := p.model.jobs[id]
	running := j.status == waiting
	switch verb {
	case 5, 6, 7, 8:
		statuses := []webhook.Status{webhook.Finished, webhook.Failed, webhook.Shelved, webhook.Stopped}
		status := statuses[p.dice.IntN(len(statuses))]
		if p.done("ending a job", running, p.sim.cloud.End(id, status, -1)) {
			p.model.end(id, status)
		}
	case 9:
		_, err := p.sim.cloud.Stop(id)
		if p.done("stopping a job", running, err) {
			p.model.end(id, webhook.Stopped)
		}
	case 10, 11:
		_, err := p.sim.cloud.Continue(id)
		if p.done("continuing a job", j.status == webhook.Failed || j.status == webhook.Shelved, err) {
			*j = modelJob{status: waiting}
		}
	case 12:
		_, err := p.sim.cloud.Conclude(id, cloud.Ending{Status: webhook.Finished, FailedPages: 1})
		p.done("finishing a job with failed pages", false, err)
	case 13:
		if p.done("deleting a job", true, p.sim.cloud.DeleteJob(id)) {
			delete(p.model.jobs, id)
		}
	}
}

// world plays a verb of what jobs live in.
func (p *player) world(verb int) {
	p.t.Helper()
	switch {
	case verb == 14:
		p.advance()
	case verb == 15 && p.dice.IntN(4) == 0:
		p.done("pausing or going on", true, p.sim.clock.SetPaused(p.dice.IntN(2) == 0))
	case verb == 15:
		p.dice.Shuffle(len(p.endpoints), func(i, j int) { p.endpoints[i], p.endpoints[j] = p.endpoints[j], p.endpoints[i] })
		urls := []string{}
		for _, e := range p.endpoints[:1+p.dice.IntN(len(p.endpoints))] {
			urls = append(urls, e.URL)
		}
		p.must(p.sim.cloud.SetEndpoints(urls))
		p.model.endpoints = urls
	case p.dice.IntN(20) == 0:
		if p.done("resetting", true, p.sim.reset()) {
			clear(p.model.jobs)
			clear(p.model.ends)
			m, err := p.sim.cloud.AddSitemap("", "")
			if p.done("adding a sitemap", true, err) {
				p.sitemap = m.ID
			}
		}
	}
}

// fault has something go wrong.
func (p *player) fault(verb int) {
	p.t.Helper()
	switch {
	case verb == 17:
		p.endpoints[p.dice.IntN(len(p.endpoints))].mode.Store(p.dice.Int32N(3))
	case verb == 18 && p.crashIn.Load() > 1000:
		p.crashIn.Store(p.dice.Int64N(20))
	case verb == 19 && p.dice.IntN(5) == 0:
		p.restart()
	}
}

// advance advances the clock, and waits until what is due has happened.
func (p *player) advance() {
	p.t.Helper()
	if p.done("advancing the clock", true, p.sim.clock.Advance(2*time.Hour)) {
		p.model.advance()
		p.follow()
	}
}

// follow waits until each job is as in the model, unless the process is killed.
func (p *player) follow() {
	p.t.Helper()
	p.eventually("the jobs are as in the model", func() (string, bool) {
		for id, want := range p.model.jobs {
			j, err := p.sim.cloud.Job(id)
			p.must(err)
			if j.Status != want.status && (want.status != waiting || j.Status.Ended()) {
				return fmt.Sprintf("job %d is %s, want %s", id, j.Status, want.status), false
			}
		}
		return "", true
	})
}

// eventually waits for what must come about unless the process is killed.
func (p *player) eventually(what string, done func() (left string, ok bool)) {
	p.t.Helper()
	var left string
	for until := time.Now().Add(time.Minute); time.Now().Before(until); time.Sleep(time.Millisecond) {
		var ok bool
		if left, ok = done(); ok || p.crashIn.Load() < 0 {
			return
		}
	}
	p.t.Fatalf("in vain: %s: %s", what, left)
}

// settle has everything go well, and compares what the endpoints have
// acknowledged with the model.
func (p *player) settle() {
	p.t.Helper()
	for _, e := range p.endpoints {
		e.mode.Store(acknowledges)
	}
	if p.faults { // a stop may cut off an answer, which is then asked for again
		p.restart()
	}
	p.follow()
	p.must(p.sim.clock.SetPaused(false))
	p.eventually("every end is notified", func() (string, bool) {
		p.advance() // resends become due
		_, pending := p.sim.Pending()
		return p.missing(), pending == 0 && p.missing() == ""
	})
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, e := range p.endpoints {
		e.mu.Lock()
		for key, got := range e.acked {
			if want := p.model.ever[e.URL][key]; want == 0 || (!p.faults && got > want) {
				p.t.Errorf("endpoint %s was notified of job %s %d times, and it ended so %d times", e.URL, key, got, want)
			}
		}
		e.mu.Unlock()
		// A resend keeps its delivery, also over a kill.
		for key, want := range p.model.ever[e.URL] {
			if got := len(p.deliveries[e.URL+" "+key]); got > want {
				p.t.Errorf("of job %s, which ended so %d times, %d deliveries were made to %s", key, want, got, e.URL)
			}
		}
	}
}

// missing names an end that an endpoint was not notified of.
func (p *player) missing() string {
	for _, e := range p.endpoints {
		for key, want := range p.model.ends[e.URL] {
			if got := e.count(key); got < want {
				return fmt.Sprintf("endpoint %s has %d of %d notifications of job %s", e.URL, got, want, key)
			}
		}
	}
	return ""
}
