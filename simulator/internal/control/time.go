package control

import (
	"net/http"
	"time"
)

// clockJSON is the simulated clock.
type clockJSON struct {
	Now    time.Time `json:"now"`
	Scale  float64   `json:"scale"`
	Paused bool      `json:"paused"`
}

func (s *server) clockNow() clockJSON {
	c := s.cfg.Clock.State()
	return clockJSON{c.Base, c.Scale, c.Paused}
}

func (s *server) clock(*http.Request) (any, error) { return s.clockNow(), nil }

// setClock does what it is given, in this order: pause or resume, scale,
// advance.
func (s *server) setClock(r *http.Request) (any, error) {
	var in struct {
		Paused  *bool    `json:"paused"`
		Scale   *float64 `json:"scale"`
		Advance span     `json:"advance"`
	}
	if err := read(r, &in); err != nil {
		return nil, err
	}
	if in.Paused != nil {
		if err := s.cfg.Clock.SetPaused(*in.Paused); err != nil {
			return nil, &callerError{err}
		}
	}
	if in.Scale != nil {
		if err := s.cfg.Clock.SetScale(*in.Scale); err != nil {
			return nil, &callerError{err}
		}
	}
	if in.Advance != 0 {
		if err := s.cfg.Clock.Advance(time.Duration(in.Advance)); err != nil {
			return nil, &callerError{err}
		}
	}
	return s.clockNow(), nil
}
