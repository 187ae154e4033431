// Package plan decides which notifications a load sends, and when. A [Plan] is a
// pure function of its seed: which job ends when, with which status, under which
// name, and what is unusual about its notification. Nothing of it is stored. It
// does not send anything.
package plan

import (
	"errors"
	"fmt"
	"iter"
	"math"
	"sort"
	"strings"
	"time"

	"github.com/brianvoe/gofakeit/v6"

	"github.com/scrapehook/scrapehook/internal/draw"
	"github.com/scrapehook/scrapehook/webhook"
)

// The bounds of a plan, and the defaults of its [Config].
const (
	// MaxJobs keeps an index within the bits that a pending send has for it.
	MaxJobs            = 1 << 36
	MaxSitemaps        = 100_000
	DefaultSitemaps    = 100
	DefaultLateAfter   = 30 * time.Second
	DefaultContinuance = 10 * time.Second
	// MaxSpan bounds how long a plan may be.
	MaxSpan = 30 * 24 * time.Hour
	// maxCounted is how many jobs a plan may have that is bounded by time alone:
	// they must be counted to be known.
	maxCounted = 1e9
)

// Config says what to plan. Equal values make equal plans, byte for byte.
type Config struct {
	Seed uint64
	// Profile decides what is sent for a job; required.
	Profile webhook.Profile
	// Arrivals say when the jobs end; required, except for a plan that is sent
	// as fast as it can be, in which nothing is due.
	Arrivals Arrivals
	// Jobs and Span bound the plan: it ends with whichever comes first. One of
	// them, or a trace, is required.
	Jobs int64
	Span time.Duration
	// Outcomes of the jobs; none is [DefaultOutcomes].
	Outcomes draw.Weights[webhook.Status]
	// Mix of what is unusual; the zero value is nothing.
	Mix Mix
	// CustomIDs is the share of jobs that bear one, from 0 to 1.
	CustomIDs float64
	// Sitemaps is how many there are; 0 is [DefaultSitemaps]. The jobs are
	// distributed over them by Zipf's law: few sitemaps have most of the jobs.
	Sitemaps int
	// SitemapIDs replace the generated ones, in the order of Sitemaps.
	SitemapIDs []int64
	// LateAfter is how long after the planned moment a late copy is due, and
	// Continuance how long after a failed job's delivery its second
	// notification is; 0 is the default.
	LateAfter, Continuance time.Duration
	// Shard of Shards is the part of the plan to send: the jobs whose index is
	// Shard-1 modulo Shards. 0 of 0 is all of it.
	Shard, Shards int
}

func (cfg Config) check() error {
	switch {
	case cfg.Jobs < 0 || cfg.Jobs > MaxJobs:
		return fmt.Errorf("%d jobs, and they must be 0 to %d", cfg.Jobs, int64(MaxJobs))
	case cfg.Span < 0 || cfg.Span > MaxSpan:
		return fmt.Errorf("a duration of %v, and it must be up to %v", cfg.Span, MaxSpan)
	case cfg.Jobs == 0 && cfg.Span == 0 && cfg.Arrivals.most == 0:
		return errors.New("neither a number of jobs nor a duration ends it")
	case cfg.CustomIDs > 0 && !cfg.Profile.CustomID:
		return fmt.Errorf("profile %s sends no custom ids (profile 2022 does)", cfg.Profile.Name)
	case min(cfg.LateAfter, cfg.Continuance) < 0:
		return errors.New("a delay is negative")
	case cfg.Shards < 0 || cfg.Shard < min(1, cfg.Shards) || cfg.Shard > cfg.Shards:
		return fmt.Errorf("there is no shard %d/%d", cfg.Shard, cfg.Shards)
	case cfg.Mix[Continued] > 0 && !cfg.Profile.Notifies(webhook.Failed):
		return fmt.Errorf("profile %s does not notify failed jobs, so none is continued", cfg.Profile.Name)
	}
	if at := cfg.Arrivals.at; at != nil && cfg.Jobs == 0 && cfg.Arrivals.most == 0 && at(maxCounted) < cfg.Span.Seconds() {
		return fmt.Errorf("more than %d jobs: bound it by a number of jobs", int64(maxCounted))
	}
	return cfg.checkSitemaps()
}

func (cfg Config) checkSitemaps() error {
	switch {
	case cfg.Sitemaps < 0 || cfg.Sitemaps > MaxSitemaps:
		return fmt.Errorf("%d sitemaps, and they must be 1 to %d", cfg.Sitemaps, MaxSitemaps)
	case cfg.SitemapIDs != nil && len(cfg.SitemapIDs) != cfg.Sitemaps:
		return fmt.Errorf("%d sitemaps have %d ids", cfg.Sitemaps, len(cfg.SitemapIDs))
	}
	return nil
}

// The plan draws independently for different ends.
const (
	forGaps = iota + 1
	forContent
	forIDs
)

// Plan is what to send and when. It is never changed and so is safe for
// concurrent use.
type Plan struct {
	cfg      Config
	firstID  int64
	sitemaps []sitemap
}

type sitemap struct {
	id   int64
	name string
	// below is the share of the jobs that this sitemap and those before have.
	below float64
}

// New plans. An error is a setting that makes no sense.
func New(cfg Config) (*Plan, error) {
	if cfg.Sitemaps == 0 {
		cfg.Sitemaps = DefaultSitemaps
	}
	if err := cfg.check(); err != nil {
		return nil, fmt.Errorf("planning the traffic: %w", err)
	}
	if cfg.Outcomes == nil {
		cfg.Outcomes = DefaultOutcomes(cfg.Profile)
	}
	if cfg.LateAfter == 0 {
		cfg.LateAfter = DefaultLateAfter
	}
	if cfg.Continuance == 0 {
		cfg.Continuance = DefaultContinuance
	}
	if cfg.Shards == 0 {
		cfg.Shard, cfg.Shards = 1, 1
	}
	if most := cfg.Arrivals.most; most > 0 && (cfg.Jobs == 0 || cfg.Jobs > most) {
		cfg.Jobs = most
	}
	ids := draw.Of(cfg.Seed, forIDs, 0)
	p := &Plan{cfg: cfg}
	// New in every run with another seed, since a receiver remembers what it has
	// seen; below 2^31 for two hundred million jobs at least.
	p.firstID = 1_000_000 + int64(ids.Uint64()%1_900_000_000)
	p.sitemaps = makeSitemaps(cfg, 1_000_000+int64(ids.Uint64()%1_900_000_000))
	return p, nil
}

func makeSitemaps(cfg Config, firstID int64) []sitemap {
	const skew = 1.1
	faker := gofakeit.New(int64(cfg.Seed)) //nolint:gosec // any number is a seed
	all := make([]sitemap, cfg.Sitemaps)
	sum := 0.0
	for i := range all {
		sum += math.Pow(float64(i+1), -skew)
		all[i] = sitemap{id: firstID + int64(i), name: sitemapName(faker), below: sum}
		if cfg.SitemapIDs != nil {
			all[i].id = cfg.SitemapIDs[i]
		}
	}
	for i := range all {
		all[i].below /= sum
	}
	return all
}

// sitemapName is a name that the vendor's editor takes (contract, section 1).
func sitemapName(faker *gofakeit.Faker) string {
	words := strings.FieldsFunc(strings.ToLower(faker.Company()+" "+faker.ProductName()), func(c rune) bool {
		return (c < 'a' || c > 'z') && (c < '0' || c > '9')
	})
	return "shop/" + strings.Join(words, "-")
}

// Config returns what the plan is made from, the defaults filled in.
func (p *Plan) Config() Config { return p.cfg }

// SitemapNames returns the names of the sitemaps, the busiest one first.
func (p *Plan) SitemapNames() []string {
	names := make([]string, len(p.sitemaps))
	for i, s := range p.sitemaps {
		names[i] = s.name
	}
	return names
}

// Jobs yields the jobs of the shard by their index in the whole plan, each with
// the time at which it is due, from the start; they are in the order of time.
// Every shard goes through the whole plan's times and so needs no word from the
// others.
func (p *Plan) Jobs() iter.Seq2[int64, time.Duration] {
	return func(yield func(int64, time.Duration) bool) {
		for i, at := range p.times() {
			if int(i%int64(p.cfg.Shards)) == p.cfg.Shard-1 && !yield(i, at) {
				return
			}
		}
	}
}

func (p *Plan) times() iter.Seq2[int64, time.Duration] {
	return func(yield func(int64, time.Duration) bool) {
		n := 0.0
		for i := range p.limit() {
			var at time.Duration
			if p.cfg.Arrivals.at != nil {
				if p.cfg.Arrivals.random {
					d := draw.Of(p.cfg.Seed, forGaps, i)
					n += d.ExpFloat64()
				} else {
					n = float64(i)
				}
				at = time.Duration(p.cfg.Arrivals.at(n) * float64(time.Second))
				if at >= p.span() {
					return
				}
			}
			if !yield(i, at) {
				return
			}
		}
	}
}

func (p *Plan) limit() int64 {
	if p.cfg.Jobs == 0 {
		return MaxJobs
	}
	return p.cfg.Jobs
}

func (p *Plan) span() time.Duration {
	if p.cfg.Span == 0 {
		return MaxSpan
	}
	return p.cfg.Span
}

// Total returns how many jobs the whole plan has, all shards together. It is 0
// for a plan in which nothing is due and that only a duration ends.
func (p *Plan) Total() int64 {
	a := p.cfg.Arrivals
	switch {
	case a.at == nil:
		return p.cfg.Jobs
	case a.random:
		total := int64(0)
		for i := range p.times() {
			total = i + 1
		}
		return total
	}
	late := func(i int) bool { return a.at(float64(i))*float64(time.Second) >= float64(p.span()) }
	return int64(sort.Search(int(p.limit()), late))
}

// Share returns how many of total jobs are in a shard.
func Share(total int64, shard, shards int) int64 {
	return (total + int64(shards-shard)) / int64(shards)
}
