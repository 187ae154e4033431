package plan

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"strconv"
	"strings"
	"time"
)

// maxTrace is how many arrivals a trace may have: they are held in memory, 8
// bytes each.
const maxTrace = 10_000_000

func traceArrivals(text, path string) (Arrivals, error) {
	if path == "" {
		return Arrivals{}, fmt.Errorf("arrivals %q: name a file, as in trace:arrivals.txt", text)
	}
	file, err := os.Open(path)
	if err != nil {
		return Arrivals{}, fmt.Errorf("arrivals: opening the trace: %w", err)
	}
	defer func() { _ = file.Close() }() // it is only read
	times, err := ReadTrace(file)
	if err != nil {
		return Arrivals{}, fmt.Errorf("arrivals: reading the trace %s: %w", path, err)
	}
	return Arrivals{
		Text: text,
		at:   func(n float64) float64 { return times[min(int(n), len(times)-1)] },
		most: int64(len(times)),
	}, nil
}

// ReadTrace reads when jobs ended: a line each, either the seconds since the
// start or a time such as 2026-01-02T15:04:05.678Z, of which the first one is
// the start. The times must not fall. Empty lines and those that begin with #
// are left out, and so is what follows a comma, as in a CSV file.
func ReadTrace(r io.Reader) (seconds []float64, err error) {
	var start time.Time
	lines := bufio.NewScanner(r)
	for line := 1; lines.Scan(); line++ {
		text, _, _ := strings.Cut(strings.TrimSpace(lines.Text()), ",")
		if text == "" || text[0] == '#' {
			continue
		}
		at, err := strconv.ParseFloat(text, 64)
		if err != nil {
			moment, err := time.Parse(time.RFC3339Nano, text)
			if err != nil {
				return nil, fmt.Errorf("line %d: %q is neither seconds nor a time", line, text)
			}
			if len(seconds) == 0 {
				start = moment
			} else if start.IsZero() {
				return nil, fmt.Errorf("line %d: %q is a time, and the lines before are seconds", line, text)
			}
			at = moment.Sub(start).Seconds()
		} else if !start.IsZero() {
			return nil, fmt.Errorf("line %d: %q are seconds, and the lines before are times", line, text)
		}
		switch {
		case math.IsNaN(at) || at < 0 || at > MaxSpan.Seconds():
			return nil, fmt.Errorf("line %d: %q is not between 0 and %v", line, text, MaxSpan)
		case len(seconds) > 0 && at < seconds[len(seconds)-1]:
			return nil, fmt.Errorf("line %d: %q is before the line above it", line, text)
		case len(seconds) == maxTrace:
			return nil, fmt.Errorf("line %d: there are more than %d arrivals", line, maxTrace)
		}
		seconds = append(seconds, at)
	}
	if err := lines.Err(); err != nil {
		return nil, err
	}
	if len(seconds) == 0 {
		return nil, errors.New("there is no arrival in it")
	}
	return seconds, nil
}
