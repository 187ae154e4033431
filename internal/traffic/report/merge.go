package report

import (
	"errors"
	"fmt"
	"slices"

	"github.com/scrapehook/scrapehook/internal/traffic/plan"
	"github.com/scrapehook/scrapehook/webhook"
)

// Merge makes one report of those of a plan's shards, exactly: counts are added
// and histograms merged. A shard whose report is not there has missed its plan,
// so its jobs, their copies and continuations are counted as dropped. Reports
// that are not of one plan, or twice of one shard, are an error.
func Merge(reports []Report) (Report, error) {
	if len(reports) == 0 {
		return Report{}, errors.New("there is no report to merge")
	}
	reports = slices.Clone(reports)
	slices.SortFunc(reports, func(a, b Report) int { return a.Plan.Shard - b.Plan.Shard })
	whole := Report{
		Schema: Schema, URL: reports[0].URL, Profile: reports[0].Profile, Transport: reports[0].Transport,
		Plan: reports[0].Plan, Started: reports[0].Started, Latency: newLatency(),
		ByStatus: map[webhook.Status]Latency{}, ByAttempt: map[string]Latency{},
	}
	whole.Plan.Shard, whole.Plan.Shards = 1, 1
	seen := map[int]bool{}
	for i := range reports {
		r := &reports[i]
		if err := r.belongs(reports[0]); err != nil {
			return Report{}, err
		}
		if seen[r.Plan.Shard] {
			return Report{}, fmt.Errorf("there are two reports of shard %d/%d", r.Plan.Shard, r.Plan.Shards)
		}
		seen[r.Plan.Shard] = true
		whole.add(r)
	}
	for shard := 1; shard <= reports[0].Plan.Shards; shard++ {
		if !seen[shard] {
			lost, err := missed(reports[0].Plan, shard)
			if err != nil {
				return Report{}, err
			}
			whole.MissingShards = append(whole.MissingShards, shard)
			whole.Add(lost)
		}
	}
	whole.RatePerS, _ = whole.Sends.rate()
	return whole, whole.Check()
}

// belongs says why r can't be merged with first.
func (r *Report) belongs(first Report) error {
	a, b := r.Plan, first.Plan
	a.Shard, b.Shard = 0, 0
	switch {
	case r.Schema != Schema:
		return fmt.Errorf("a report has schema %d, and it must be %d", r.Schema, Schema)
	case r.Plan.Shards < 1 || r.Plan.Shard < 1 || r.Plan.Shard > r.Plan.Shards:
		return fmt.Errorf("a report is of shard %d/%d, which does not exist", r.Plan.Shard, r.Plan.Shards)
	case len(r.MissingShards) > 0:
		return errors.New("a report is merged itself, and shards are missing in it: merge those of the shards")
	case a != b || r.Profile != first.Profile:
		return fmt.Errorf("the reports of shards %d and %d are of different plans", first.Plan.Shard, r.Plan.Shard)
	case r.Latency.incomplete():
		return fmt.Errorf("the report of shard %d has no histograms", r.Plan.Shard)
	}
	for _, l := range r.ByStatus {
		if l.incomplete() {
			return fmt.Errorf("the report of shard %d lacks a histogram of a status", r.Plan.Shard)
		}
	}
	for _, l := range r.ByAttempt {
		if l.incomplete() {
			return fmt.Errorf("the report of shard %d lacks a histogram of an attempt", r.Plan.Shard)
		}
	}
	if err := r.Timeline.check(); err != nil {
		return fmt.Errorf("the report of shard %d: %w", r.Plan.Shard, err)
	}
	return nil
}

// add adds a shard's report.
func (r *Report) add(shard *Report) {
	if shard.Started.Before(r.Started) {
		r.Started = shard.Started
	}
	r.DurationS = max(r.DurationS, shard.DurationS)
	if r.Transport != shard.Transport {
		r.Transport = mixedTransports
	}
	r.Interrupted = r.Interrupted || shard.Interrupted
	r.NotDue += shard.NotDue
	r.Connections.add(shard.Connections)
	r.Add(shard.Counts)
	r.Warmup.Add(shard.Warmup)
	r.addCodes(shard.Codes)
	r.Sends.add(shard.Sends)
	r.Latency.merge(shard.Latency)
	mergeGroups(r.ByStatus, shard.ByStatus)
	mergeGroups(r.ByAttempt, shard.ByAttempt)
	timeline := shard.Timeline.clone()
	r.Timeline.merge(&timeline)
}

func mergeGroups[K comparable](into, from map[K]Latency) {
	for key, latency := range from {
		group(into, key).merge(latency)
	}
}

// missed returns the counts of a shard whose report is missing.
func missed(s plan.Scheme, shard int) (Counts, error) {
	if s.Jobs == 0 {
		return Counts{}, fmt.Errorf("shard %d/%d is missing, and how many jobs it had is not known: only time ended the plan", shard, s.Shards)
	}
	mix, err := plan.ParseMix(s.Mix)
	if err != nil {
		return Counts{}, fmt.Errorf("reading the plan's mix: %w", err)
	}
	var c Counts
	for index := int64(shard) - 1; index < s.Jobs; index += int64(s.Shards) {
		c.plan(plan.Job{Special: plan.SpecialOf(s.Seed, mix, index)})
	}
	c.Dropped, c.Abandoned = c.Planned, c.Notifications
	return c, nil
}
