package plan

import (
	"sort"
	"strconv"

	"github.com/scrapehook/scrapehook/internal/draw"
	"github.com/scrapehook/scrapehook/webhook"
)

// SpecialOf returns the special of a job, without making the rest of it.
func SpecialOf(seed uint64, mix Mix, index int64) Special {
	d := draw.Of(seed, forContent, index)
	return mix.pick(d.Float64())
}

// Job returns the job of an index. It is a pure function of the plan's seed and
// the index.
func (p *Plan) Job(index int64) Job {
	d := draw.Of(p.cfg.Seed, forContent, index)
	special := p.cfg.Mix.pick(d.Float64()) // SpecialOf draws it first, too
	status := p.cfg.Outcomes.Pick(d.Float64())
	if special == Continued {
		status = webhook.Failed
	}
	place := d.Float64()
	k := sort.Search(len(p.sitemaps)-1, func(i int) bool { return p.sitemaps[i].below > place })
	j := Job{Index: index, Special: special, sitemap: k, Notification: webhook.Notification{
		JobID: p.firstID + index, Status: status,
		SitemapID: p.sitemaps[k].id, SitemapName: p.sitemaps[k].name,
	}}
	switch special {
	case Late:
		j.Wait = p.cfg.LateAfter
	case Continued:
		j.Wait = p.cfg.Continuance
	case Plain, Again, Concurrent, Lost, Malformed, Slow: // they don't wait
	}
	if d.Float64() < p.cfg.CustomIDs {
		j.Notification.CustomID = "order-" + strconv.FormatUint(d.Uint64()>>32, 36)
	}
	return j
}
