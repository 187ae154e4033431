package cloud_test

import (
	"slices"
	"testing"
	"time"

	"github.com/scrapehook/scrapehook/internal/cloud"
	"github.com/scrapehook/scrapehook/webhook"
)

// TestUpcomingIsInItsOrder: what is listed first is what happens first, and what
// was planned otherwise since is not listed.
func TestUpcomingIsInItsOrder(t *testing.T) {
	t.Parallel()
	c, err := cloud.New(cloud.Config{Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	begin := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	var all []cloud.Upcoming
	for i := range 100 {
		j, err := c.AddJob(cloud.JobSpec{Created: begin.Add(time.Duration(i*37%100) * time.Hour), RunTime: 10 * time.Hour})
		if err != nil {
			t.Fatal(err)
		}
		u := cloud.Upcoming{At: j.Queued.Add(time.Hour), Job: j.ID, SitemapID: j.SitemapID, SitemapName: j.SitemapName, To: webhook.Scheduled}
		switch i % 10 {
		case 0:
			if err := c.End(j.ID, webhook.Finished, 1); err != nil {
				t.Fatal(err)
			}
			continue
		case 1:
			if err := c.Start(j.ID); err != nil {
				t.Fatal(err)
			}
			u.At, u.To = j.Queued.Add(10*time.Hour), webhook.Finished
		}
		all = append(all, u)
	}
	slices.SortFunc(all, func(a, b cloud.Upcoming) int {
		if c := a.At.Compare(b.At); c != 0 {
			return c
		}
		return int(a.Job - b.Job)
	})
	for _, limit := range []int{0, 1, 10, 1000} {
		if got, want := c.Upcoming(limit), all[:min(limit, len(all))]; !slices.Equal(got, want) {
			t.Errorf("of %d: %v, want %v", limit, got, want)
		}
	}
}
