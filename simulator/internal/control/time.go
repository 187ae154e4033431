package control

import (
	"net/http"
	"time"

	"github.com/scrapehook/scrapehook/internal/cloud"
	"github.com/scrapehook/scrapehook/internal/fault"
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

func (s *server) faults(*http.Request) (any, error) {
	return map[string]any{"faults": s.cfg.Faults.Rules()}, nil
}

func (s *server) addFault(r *http.Request) (any, error) {
	var rule fault.Rule
	if err := read(r, &rule); err != nil {
		return nil, err
	}
	id, err := s.cfg.Faults.Add(rule)
	if err != nil {
		return nil, err
	}
	return map[string]int{"id": id}, nil
}

func (s *server) clearFaults(*http.Request) (any, error) {
	s.cfg.Faults.Clear()
	return ok, nil
}

func (s *server) removeFault(r *http.Request) (any, error) {
	if !s.cfg.Faults.Remove(int(pathID(r))) {
		return nil, cloud.ErrNotFound
	}
	return ok, nil
}
