package plan

// Scheme is as much of a plan as a report needs to be understood and merged.
type Scheme struct {
	Seed     uint64 `json:"seed"`
	Arrivals string `json:"arrivals"`
	Mix      string `json:"mix"`
	Outcomes string `json:"outcomes"`
	// Jobs is how many the whole plan has, 0 when only time ends it.
	Jobs   int64 `json:"jobs"`
	Shard  int   `json:"shard"`
	Shards int   `json:"shards"`
}

// Scheme describes the plan.
func (p *Plan) Scheme() Scheme {
	return Scheme{
		Seed: p.cfg.Seed, Arrivals: p.cfg.Arrivals.Text, Mix: p.cfg.Mix.String(), Outcomes: p.cfg.Outcomes.String(),
		Jobs: p.Total(), Shard: p.cfg.Shard, Shards: p.cfg.Shards,
	}
}
