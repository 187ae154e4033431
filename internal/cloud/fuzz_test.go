package cloud_test

import (
	"testing"

	"github.com/scrapehook/scrapehook/internal/cloud"
	"github.com/scrapehook/scrapehook/webhook"
)

// FuzzRestore: what a state file has of an object is taken or refused, and what is
// taken can be shown, run on and deleted.
func FuzzRestore(f *testing.F) {
	var kept []cloud.Change
	c, err := cloud.New(cloud.Config{Seed: 1, Keep: func(tx cloud.Transaction) error {
		kept = append(kept, tx.Changes...)
		return nil
	}})
	if err != nil {
		f.Fatal(err)
	}
	rows := 5
	j, err := c.AddJob(cloud.JobSpec{Rows: &rows})
	if err == nil {
		err = c.End(j.ID, webhook.Failed, 3)
	}
	if err == nil {
		_, err = c.Continue(j.ID)
	}
	if err != nil {
		f.Fatal(err)
	}
	for _, change := range kept {
		f.Add(change.Kind == cloud.KindJob, change.ID, change.State)
	}
	f.Add(true, int64(-1), []byte(`{"Job":{"Rows":-5,"StoredRecordCount":9},"Planned":-1,"StartURLs":["https://a.example/"],"Runs":[{"Rows":-7,"Visited":99}]}`))
	f.Add(true, int64(1), []byte(`{"Ending":{"Rows":-9},"StartURLs":[]}`))
	f.Add(false, int64(1), []byte(`{"Body":"{}"}`))
	f.Fuzz(func(t *testing.T, job bool, id int64, state []byte) {
		c, err := cloud.New(cloud.Config{Seed: 1})
		if err != nil {
			t.Fatal(err)
		}
		kind := cloud.KindSitemap
		if job {
			kind = cloud.KindJob
		}
		if err := c.Restore(cloud.Transaction{Changes: []cloud.Change{{Kind: kind, ID: id, State: state}}}); err != nil {
			return
		}
		for _, m := range first(c.Sitemaps("", 0, 10)) {
			_ = c.DeleteSitemap(m.ID)
		}
		for _, j := range first(c.Jobs(cloud.JobFilter{}, 0, 10)) {
			for i := range c.Records(j.ID) {
				if i > 1000 {
					break
				}
			}
			_, _, _ = c.Problems(j.ID, 0, 10)
			_ = c.Start(j.ID)
			_ = c.End(j.ID, webhook.Finished, 1000)
			_ = c.DeleteJob(j.ID)
		}
	})
}

func first[T, U any](one T, _ U) T { return one }
