package cloud_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/scrapehook/scrapehook/internal/clock"
	"github.com/scrapehook/scrapehook/internal/cloud"
	"github.com/scrapehook/scrapehook/webhook"
)

// lives runs a cloud inside a bubble until the test's end.
func lives(t *testing.T, cfg cloud.Config) *world {
	t.Helper()
	c, err := cloud.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		c.Run(ctx)
	}()
	t.Cleanup(func() { stop(); <-done })
	w := &world{Cloud: c, t: t}
	w.sitemap, err = c.AddSitemap("", "")
	w.must(err)
	return w
}

func TestJobsLiveByThemselves(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := lives(t, cloud.Config{JobTime: time.Hour, Rows: 5, Endpoints: []string{endpoint}})
		given, err := w.AddJob(cloud.JobSpec{SitemapID: w.sitemap.ID, RunTime: 10 * time.Second, Ending: &cloud.Ending{Status: webhook.Failed, Rows: 2, FailedPages: 3}})
		w.must(err)
		slow, err := w.AddJob(cloud.JobSpec{})
		w.must(err)
		var seen []webhook.Status
		for range 11 {
			if status := w.job(given.ID).Status; !slices.Contains(seen, status) {
				seen = append(seen, status)
			}
			time.Sleep(time.Second)
			synctest.Wait()
		}
		if want := []webhook.Status{webhook.WaitingToBeScheduled, webhook.Scheduled, webhook.Started, webhook.Failed}; !slices.Equal(seen, want) {
			t.Errorf("it was %v, want %v", seen, want)
		}
		if j := w.job(given.ID); j.StoredRecordCount != 2 || j.Ended.Sub(j.Created) != 10*time.Second {
			t.Errorf("it has ended as %+v", j)
		}
		time.Sleep(2 * time.Hour)
		synctest.Wait()
		if j := w.job(slow.ID); j.Status != webhook.Finished || j.StoredRecordCount != 5 || len(w.notified()) != 2 {
			t.Errorf("the other one is %+v, and %d notifications wait", j, len(w.notified()))
		}
	})
}

// TestFullOutbox: ends wait for room, by themselves or refused.
func TestFullOutbox(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var told atomic.Int32
		w := lives(t, cloud.Config{
			Endpoints: []string{endpoint, "http://second.example/"}, MaxWaiting: 1,
			OnError: func(err error) {
				if told.Add(1); !errors.Is(err, cloud.ErrFull) {
					t.Errorf("told of %v", err)
				}
			},
		})
		ids := make([]int64, 0, 3)
		for range 3 {
			j, err := w.AddJob(cloud.JobSpec{SitemapID: w.sitemap.ID, RunTime: time.Second})
			w.must(err)
			ids = append(ids, j.ID)
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		if a, b := w.job(ids[0]).Status, w.job(ids[1]).Status; a != webhook.Finished || b != webhook.Started {
			t.Errorf("the jobs are %s and %s", a, b)
		}
		if err := w.End(ids[1], webhook.Failed, 1); !errors.Is(err, cloud.ErrFull) || w.job(ids[1]).Status != webhook.Started {
			t.Errorf("%v, and it is %s", err, w.job(ids[1]).Status)
		}
		if told.Load() != 2 {
			t.Errorf("told %d times, want once for each of two jobs", told.Load())
		}
		var taken []webhook.Notification
		for range 3 {
			for _, url := range w.Endpoints() {
				w.must(w.Take(url, 10, func(waiting []cloud.Waiting) error {
					taken = append(taken, waiting[0].Notification)
					return nil
				}))
			}
			time.Sleep(2 * time.Second)
			synctest.Wait()
		}
		if len(taken) != 6 || w.job(ids[2]).Status != webhook.Finished {
			t.Errorf("taken are %v", taken)
		}
	})
}

// TestRetriesAreInRealTime: a step that fails is tried every second, at any time
// scale and while the clock is paused.
func TestRetriesAreInRealTime(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*clock.Clock) error{
		"a fast clock":   func(c *clock.Clock) error { return c.SetScale(clock.MaxScale) },
		"a paused clock": func(c *clock.Clock) error { return errors.Join(c.Advance(time.Hour), c.SetPaused(true)) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				c, err := clock.New(clock.Start(1), nil)
				if err != nil {
					t.Fatal(err)
				}
				var mu sync.Mutex
				tried, broken := 0, false
				w := lives(t, cloud.Config{Clock: c, JobTime: time.Minute, Keep: func(cloud.Transaction) error {
					mu.Lock()
					defer mu.Unlock()
					if !broken {
						return nil
					}
					tried++
					return errors.New("disk full")
				}})
				j, err := w.AddJob(cloud.JobSpec{SitemapID: w.sitemap.ID})
				w.must(err)
				set := func(b bool) {
					mu.Lock()
					defer mu.Unlock()
					broken = b
				}
				set(true)
				w.must(change(c))
				time.Sleep(10*time.Second + time.Millisecond)
				synctest.Wait()
				set(false)
				if tried < 10 || tried > 11 {
					t.Errorf("tried %d times in ten seconds", tried)
				}
				time.Sleep(10 * time.Second)
				synctest.Wait()
				if got := w.job(j.ID).Status; got != webhook.Finished {
					t.Errorf("when it works again, the job is %s", got)
				}
			})
		})
	}
}

func TestSchedulerLives(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := lives(t, cloud.Config{JobTime: time.Minute})
		s := cloud.DefaultScheduler()
		s.Hour = "*"
		w.must(w.EnableScheduler(w.sitemap.ID, s))
		time.Sleep(24*time.Hour + time.Minute)
		synctest.Wait()
		if _, total := w.Jobs(cloud.JobFilter{}, 0, 1); total != 24 {
			t.Errorf("it has made %d jobs in a day", total)
		}
	})
}
