package scenarios

import (
	"context"
	"time"
)

// probeError is a probe's own failure.
type probeError struct {
	name string
	err  error
}

func (e *probeError) Error() string { return "probe " + e.name + ": " + e.err.Error() }
func (e *probeError) Unwrap() error { return e.err }

// readsAtOnce bounds how many jobs are read at the same time: a probe may be a
// program that takes a second.
const readsAtOnce = 4

// read asks every probe about a job, and says how long that took.
func (h *harness) read(ctx context.Context, job int64) (readings []ProbeReading, took time.Duration, err error) {
	if err := h.reading.Acquire(ctx, 1); err != nil {
		return nil, 0, context.Cause(ctx)
	}
	defer h.reading.Release(1)
	began := time.Now()
	for _, p := range h.cfg.Probes {
		reading, err := p.Read(ctx, job)
		if err != nil {
			return nil, time.Since(began), &probeError{p.Name(), err}
		}
		readings = append(readings, ProbeReading{Probe: p.Name(), Reading: reading})
	}
	return readings, time.Since(began), nil
}
