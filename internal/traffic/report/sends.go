package report

// Sends are the first attempts of jobs, from which the rate follows: resends and
// second notifications come when they come.
type Sends struct {
	Count  int64   `json:"count"`
	FirstS float64 `json:"first_s"` // when the first one was sent, from the start
	LastS  float64 `json:"last_s"`
}

func (s *Sends) add(other Sends) {
	switch {
	case other.Count == 0:
		return
	case s.Count == 0:
		*s = other
		return
	}
	s.Count += other.Count
	s.FirstS, s.LastS = min(s.FirstS, other.FirstS), max(s.LastS, other.LastS)
}

// rate is in sends a second.
func (s *Sends) rate() float64 {
	if s.LastS <= s.FirstS {
		return 0
	}
	return float64(s.Count-1) / (s.LastS - s.FirstS)
}
