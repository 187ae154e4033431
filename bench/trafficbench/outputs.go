package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

func readScrapehook(_ order, stdout []byte) (reported, error) {
	var doc struct {
		Started time.Time `json:"started"`
		Latency struct {
			Planned, Sent *struct {
				P99 int64 `json:"p99"`
			}
		} `json:"latency_us"`
	}
	if err := json.Unmarshal(stdout, &doc); err != nil {
		return reported{}, fmt.Errorf("reading scrapehook's report: %w", err)
	}
	if doc.Latency.Planned == nil || doc.Latency.Sent == nil {
		return reported{}, errors.New("reading scrapehook's report: it has no latencies")
	}
	return reported{
		p99:      time.Duration(doc.Latency.Planned.P99) * time.Microsecond,
		fromSent: time.Duration(doc.Latency.Sent.P99) * time.Microsecond,
		began:    doc.Started,
	}, nil
}

func readVegeta(_ order, stdout []byte) (reported, error) {
	var doc struct {
		Latencies struct {
			P99 *time.Duration `json:"99th"`
		} `json:"latencies"`
	}
	if err := json.Unmarshal(stdout, &doc); err != nil {
		return reported{}, fmt.Errorf("reading vegeta's report: %w", err)
	}
	if doc.Latencies.P99 == nil {
		return reported{}, errors.New("reading vegeta's report: it has no 99th percentile")
	}
	return reported{p99: *doc.Latencies.P99}, nil
}

func readK6(_ order, stdout []byte) (reported, error) {
	var doc struct {
		Duration struct {
			Values map[string]float64 `json:"values"` // in ms
		} `json:"http_req_duration"`
	}
	if err := json.Unmarshal(stdout, &doc); err != nil {
		return reported{}, fmt.Errorf("reading k6's summary: %w", err)
	}
	p99, ok := doc.Duration.Values["p(99)"]
	if !ok {
		return reported{}, errors.New("reading k6's summary: it has no 99th percentile")
	}
	return reported{p99: time.Duration(p99 * float64(time.Millisecond))}, nil
}

func readFortio(data []byte) (reported, error) {
	var doc struct {
		DurationHistogram struct {
			Percentiles []struct{ Percentile, Value float64 } // in seconds
		}
	}
	if err := json.Unmarshal(data, &doc); err != nil {
		return reported{}, fmt.Errorf("reading fortio's report: %w", err)
	}
	for _, p := range doc.DurationHistogram.Percentiles {
		if p.Percentile == 99 {
			return reported{p99: time.Duration(p.Value * float64(time.Second))}, nil
		}
	}
	return reported{}, errors.New("reading fortio's report: it has no 99th percentile")
}

func readBombardier(_ order, stdout []byte) (reported, error) {
	var doc struct {
		Result struct {
			Latency struct {
				Percentiles map[string]float64 `json:"percentiles"` // in µs
			} `json:"latency"`
		} `json:"result"`
	}
	if err := json.Unmarshal(stdout, &doc); err != nil {
		return reported{}, fmt.Errorf("reading bombardier's report: %w", err)
	}
	p99, ok := doc.Result.Latency.Percentiles["99"]
	if !ok {
		return reported{}, errors.New("reading bombardier's report: it has no 99th percentile")
	}
	return reported{p99: time.Duration(p99 * float64(time.Microsecond))}, nil
}
