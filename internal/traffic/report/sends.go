package report

// Sends are the first attempts of jobs, from which the rate follows: resends and
// second notifications come when they come.
type Sends struct {
	Count  int64   `json:"count"`
	FirstS float64 `json:"first_s"` // when the first one was sent, from the start
	LastS  float64 `json:"last_s"`
	EndedS float64 `json:"ended_s"` // when the last exchange ended
	// Closed: a send waits for the end of another one, so the rate is of what has
	// ended.
	Closed bool `json:"closed"`
}

func (s *Sends) add(other Sends) {
	switch {
	case other.Count == 0:
		return
	case s.Count == 0:
		other.Closed = other.Closed || s.Closed
		*s = other
		return
	}
	s.Count += other.Count
	s.FirstS, s.LastS = min(s.FirstS, other.FirstS), max(s.LastS, other.LastS)
	s.EndedS = max(s.EndedS, other.EndedS)
}

// rate is in sends a second, and whether there is one: sends of an open loop that
// all came at one moment have none.
func (s *Sends) rate() (perSecond float64, ok bool) {
	switch {
	case s.Closed && s.EndedS > s.FirstS:
		return float64(s.Count) / (s.EndedS - s.FirstS), true
	case !s.Closed && s.LastS > s.FirstS:
		return float64(s.Count-1) / (s.LastS - s.FirstS), true
	}
	return 0, false
}
