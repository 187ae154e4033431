package cloud

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/scrapehook/scrapehook/webhook"
)

// TestOrdered holds random additions and removals against a plain slice.
func TestOrdered(t *testing.T) {
	t.Parallel()
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	dice := rand.New(rand.NewPCG(seed, 0))
	lists := []*ordered[int]{{}, {}}
	var all, model []made[int]
	for number := range uint64(20_000) {
		m := made[int]{number + 1, new(int)}
		switch {
		case dice.IntN(3) > 0 || len(all) == 0:
			all = append(all, m)
			model = append(model, m)
			lists[number%2].add(m)
		default: // one is taken out, and perhaps put back into its place
			i := dice.IntN(len(model))
			gone := model[i]
			list := lists[(gone.number-1)%2]
			list.remove(gone.number)
			list.remove(gone.number) // which is not there any more
			if dice.IntN(2) == 0 {
				list.add(gone)
			} else {
				model = slices.Delete(model, i, i+1)
			}
		}
	}
	if got := lists[0].len() + lists[1].len(); got != len(model) {
		t.Fatalf("they hold %d, want %d", got, len(model))
	}
	for range 200 {
		offset, limit := dice.IntN(len(model)+10), dice.IntN(300)
		want := model[min(offset, len(model)):min(offset+limit, len(model))]
		if got := mergedPage(lists, offset, limit, 20_000); !slices.Equal(got, want) {
			t.Fatalf("%d after %d of both: %d objects, want %d", limit, offset, len(got), len(want))
		}
		odd := slices.DeleteFunc(slices.Clone(model), func(m made[int]) bool { return m.number%2 == 0 })
		want = odd[min(offset, len(odd)):min(offset+limit, len(odd))]
		if got := lists[0].page(offset, limit); !slices.Equal(got, want) {
			t.Fatalf("%d after %d of one: %d objects, want %d", limit, offset, len(got), len(want))
		}
	}
}

// BenchmarkMillionJobs is what a verb costs among as many jobs as a cloud holds.
func BenchmarkMillionJobs(b *testing.B) {
	c, err := New(Config{JobTime: time.Hour})
	if err != nil {
		b.Fatal(err)
	}
	m, err := c.AddSitemap("", "", "x")
	if err != nil {
		b.Fatal(err)
	}
	few, err := c.AddSitemap("few", "", "x")
	if err != nil {
		b.Fatal(err)
	}
	ids := make([]int64, 0, DefaultMax-1)
	for i := range cap(ids) {
		sitemap := m.ID
		if i%1000 == 0 {
			sitemap = few.ID
		}
		j, err := c.AddJob(JobSpec{SitemapID: sitemap})
		if err != nil {
			b.Fatal(err)
		}
		ids = append(ids, j.ID)
	}
	const middle = DefaultMax / 2
	for name, f := range map[string]JobFilter{"all": {}, "sitemap": {SitemapID: m.ID}, "tag": {Tag: "x"}} {
		b.Run("page/"+name, func(b *testing.B) {
			for b.Loop() {
				if page, total := c.Jobs(f, middle, 100); len(page) != 100 || total < middle {
					b.Fatal(len(page), total)
				}
			}
		})
	}
	b.Run("count", func(b *testing.B) {
		for b.Loop() {
			c.Count()
		}
	})
	b.Run("delete and add", func(b *testing.B) {
		for i := 0; b.Loop(); i++ {
			at := (i * 7919) % len(ids)
			if err := c.DeleteJob(ids[at]); err != nil {
				b.Fatal(err)
			}
			j, err := c.AddJob(JobSpec{SitemapID: m.ID})
			if err != nil {
				b.Fatal(err)
			}
			ids[at] = j.ID
		}
	})
	b.Run("end", func(b *testing.B) {
		for i := 0; b.Loop(); i++ {
			id := ids[(i*7919)%len(ids)]
			if err := c.End(id, webhook.Failed, -1); err != nil {
				b.Fatal(err)
			}
			if _, err := c.Continue(id); err != nil {
				b.Fatal(err)
			}
		}
	})
}
