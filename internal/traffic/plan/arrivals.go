package plan

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// Arrivals say when the jobs of a plan end, and so are notified. A shape is
// known by the inverse of its cumulative rate: the time by which n jobs have
// come. One function then serves every shape, and a Poisson process is the
// same with random steps of n.
type Arrivals struct {
	// Text is how the user wrote it.
	Text string
	// at returns the seconds by which n jobs have come; it never falls.
	at func(n float64) float64
	// random makes the steps between the jobs exponential instead of 1.
	random bool
	// most is the number of arrivals there are; 0 is no limit.
	most int64
}

// ArrivalNames are the shapes as [ParseArrivals] takes them.
const ArrivalNames = "constant, poisson, burst[:JOBS], ramp[:FROM], sine[:PERIOD], steps[:COUNT], trace:FILE"

// ParseArrivals reads a shape:
//
//   - constant: evenly spaced.
//   - poisson: independent of each other.
//   - burst:N: N at the same moment (100), the rate on average.
//   - ramp:FROM: from a rate of FROM jobs a second (0) evenly up to the rate.
//   - sine:PERIOD: the rate on average, between none and its double, a wave
//     taking PERIOD (1m).
//   - steps:N: N equal steps (5) up to the rate.
//   - trace:FILE: at the times that a file lists, see [ReadTrace]; rate and
//     span do not matter.
//
// rate is in jobs a second; span is how long a ramp or steps take, after which
// the rate stays.
func ParseArrivals(text string, rate float64, span time.Duration) (Arrivals, error) {
	name, parameter, given := strings.Cut(text, ":")
	if name == "trace" {
		return traceArrivals(text, parameter)
	}
	if !(rate > 0) || math.IsInf(rate, 0) {
		return Arrivals{}, fmt.Errorf("arrivals %q: the rate is %v, and must be above 0", text, rate)
	}
	a := Arrivals{Text: text}
	var err error
	switch name {
	case "constant", "poisson":
		if given {
			return a, fmt.Errorf("arrivals %q: %s takes no parameter", text, name)
		}
		a.random = name == "poisson"
		a.at = func(n float64) float64 { return n / rate }
	case "burst":
		a.at, err = burst(parameter, given, rate)
	case "ramp":
		a.at, err = ramp(parameter, given, rate, span.Seconds())
	case "sine":
		a.at, err = sine(parameter, given, rate)
	case "steps":
		a.at, err = steps(parameter, given, rate, span.Seconds())
	default:
		err = fmt.Errorf("there is no such shape: use one of %s", ArrivalNames)
	}
	if err != nil {
		return Arrivals{}, fmt.Errorf("arrivals %q: %w", text, err)
	}
	return a, nil
}

func burst(parameter string, given bool, rate float64) (func(float64) float64, error) {
	size, err := count(parameter, given, 100)
	if err != nil {
		return nil, err
	}
	return func(n float64) float64 { return math.Floor(n/size) * size / rate }, nil
}

// ramp: the rate is from+(rate-from)·t/span, so n = from·t + (rate-from)·t²/2span.
func ramp(parameter string, given bool, rate, span float64) (func(float64) float64, error) {
	from := 0.0
	if given {
		var err error
		if from, err = ParseRate(parameter); err != nil {
			return nil, err
		}
	}
	if span <= 0 {
		return nil, errSpan
	}
	growth := (rate - from) / span
	total := (from + rate) / 2 * span
	return func(n float64) float64 {
		switch {
		case n == 0:
			return 0
		case n > total:
			return span + (n-total)/rate
		}
		// This form of the quadratic's root has no cancellation near 0.
		return 2 * n / (from + math.Sqrt(max(0, from*from+2*growth*n)))
	}, nil
}

// sine: the rate is rate·(1-cos(2πt/period)), so n = rate·(t - period/2π·sin(2πt/period)).
func sine(parameter string, given bool, rate float64) (func(float64) float64, error) {
	period := time.Minute
	if given {
		var err error
		if period, err = time.ParseDuration(parameter); err != nil || period <= 0 {
			return nil, fmt.Errorf("%q is not a period above 0, such as 1m", parameter)
		}
	}
	p := period.Seconds()
	come := func(t float64) float64 { return rate * (t - p/(2*math.Pi)*math.Sin(2*math.Pi*t/p)) }
	return func(n float64) float64 {
		// A whole wave is as long as at the average rate; within it, bisect.
		low := math.Floor(n/(rate*p)) * p
		high := low + p
		for range 60 {
			if mid := (low + high) / 2; come(mid) < n {
				low = mid
			} else {
				high = mid
			}
		}
		return high
	}, nil
}

func steps(parameter string, given bool, rate, span float64) (func(float64) float64, error) {
	of, err := count(parameter, given, 5)
	if err != nil {
		return nil, err
	}
	if span <= 0 {
		return nil, errSpan
	}
	each := span / of
	return func(n float64) float64 {
		// After k steps, rate/of·each·(1+…+k) jobs have come.
		unit := rate / of * each
		k := min(math.Floor((math.Sqrt(1+8*n/unit)-1)/2), of-1)
		return k*each + (n-unit*k*(k+1)/2)/(rate/of*(k+1))
	}, nil
}

var errSpan = errors.New("it needs to know how long the run is")

func count(parameter string, given bool, otherwise float64) (float64, error) {
	if !given {
		return otherwise, nil
	}
	n, err := strconv.ParseUint(parameter, 10, 31)
	if err != nil || n == 0 {
		return 0, fmt.Errorf("%q is not a number above 0", parameter)
	}
	return float64(n), nil
}

// ParseRate reads a rate such as 500/s, 30/m, 1000/h or 2.5 (a second) and
// returns jobs a second.
func ParseRate(text string) (float64, error) {
	number, unit, _ := strings.Cut(text, "/")
	per := map[string]float64{"": 1, "s": 1, "m": 60, "h": 3600}[unit]
	rate, err := strconv.ParseFloat(number, 64)
	if err != nil || per == 0 || rate < 0 || rate > 1e9 || math.IsNaN(rate) {
		return 0, fmt.Errorf("%q is not a rate: write it like 500/s, 30/m or 2.5", text)
	}
	return rate / per, nil
}

// MeanRate is the average rate of a shape over its span, in jobs a second, by
// which a number of jobs and a duration follow from each other.
func MeanRate(text string, rate float64) float64 {
	name, parameter, given := strings.Cut(text, ":")
	switch name {
	case "ramp":
		from := 0.0
		if given {
			from, _ = ParseRate(parameter) // ParseArrivals tells
		}
		return (from + rate) / 2
	case "steps":
		of, err := count(parameter, given, 5)
		if err != nil {
			return rate
		}
		return rate * (of + 1) / (2 * of)
	}
	return rate
}
