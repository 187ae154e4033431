package control

import (
	"net/http"

	"github.com/scrapehook/scrapehook/internal/cloud"
	"github.com/scrapehook/scrapehook/internal/fault"
)

// Faults of the API, and those of the sender.

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

func (s *server) senderFaults(*http.Request) (any, error) {
	return map[string]any{"faults": s.cfg.SenderFaults.Rules()}, nil
}

func (s *server) addSenderFault(r *http.Request) (any, error) {
	var rule fault.SenderRule
	if err := read(r, &rule); err != nil {
		return nil, err
	}
	id, err := s.cfg.SenderFaults.Add(rule)
	return map[string]int{"id": id}, err
}

func (s *server) clearSenderFaults(*http.Request) (any, error) {
	s.cfg.SenderFaults.Clear()
	return ok, nil
}

func (s *server) removeSenderFault(r *http.Request) (any, error) {
	if !s.cfg.SenderFaults.Remove(int(pathID(r))) {
		return nil, cloud.ErrNotFound
	}
	return ok, nil
}
