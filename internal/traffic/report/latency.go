package report

import (
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// Histogram holds latencies from 1 µs to an hour, three digits exact. Values
// beyond are counted as the nearest bound. It is not safe for concurrent use.
type Histogram struct{ hdr *hdrhistogram.Histogram }

const longestLatency = time.Hour

// NewHistogram returns an empty one.
func NewHistogram() *Histogram { return newHistogram(3) }

func newHistogram(digits int) *Histogram {
	return &Histogram{hdrhistogram.New(1, longestLatency.Microseconds(), digits)}
}

// Record counts one latency.
func (h *Histogram) Record(d time.Duration) {
	_ = h.hdr.RecordValue(min(max(d, time.Microsecond), longestLatency).Microseconds()) // in range
}

// Merge adds another's values, exactly: both have the same buckets.
func (h *Histogram) Merge(other *Histogram) { h.hdr.Merge(other.hdr) }

// Count is how many values there are.
func (h *Histogram) Count() int64 { return h.hdr.TotalCount() }

// Quantile is the value that a share q of all, from 0 to 1, is not above.
func (h *Histogram) Quantile(q float64) time.Duration {
	return time.Duration(h.hdr.ValueAtQuantile(q*100)) * time.Microsecond
}

// Bucket has the values between two bounds.
type Bucket struct{ Lowest, Highest time.Duration }

// Buckets yields the buckets that are not empty, with how many values each has,
// the lowest one first.
func (h *Histogram) Buckets() iter.Seq2[Bucket, uint64] {
	return func(yield func(Bucket, uint64) bool) {
		for _, bar := range h.hdr.Distribution() {
			b := Bucket{time.Duration(bar.From) * time.Microsecond, time.Duration(bar.To) * time.Microsecond}
			if bar.Count > 0 && !yield(b, uint64(bar.Count)) {
				return
			}
		}
	}
}

// Max is the largest value.
func (h *Histogram) Max() time.Duration { return time.Duration(h.hdr.Max()) * time.Microsecond }

// Equal reports whether both hold the same values.
func (h *Histogram) Equal(other *Histogram) bool { return h.hdr.Equals(other.hdr) }

// histogramJSON has the figures for readers and, for merging, the whole in
// HdrHistogram's V2 compressed encoding, which other tools read, too.
type histogramJSON struct {
	Count int64  `json:"count"`
	P50   int64  `json:"p50"`
	P90   int64  `json:"p90"`
	P99   int64  `json:"p99"`
	P999  int64  `json:"p999"`
	Max   int64  `json:"max"`
	HDR   string `json:"hdr"`
}

// MarshalJSON writes the quantiles in µs and the encoded histogram.
func (h *Histogram) MarshalJSON() ([]byte, error) {
	encoded, err := h.hdr.Encode(hdrhistogram.V2CompressedEncodingCookieBase)
	if err != nil {
		return nil, fmt.Errorf("encoding a histogram: %w", err)
	}
	at := func(q float64) int64 { return h.Quantile(q).Microseconds() }
	return json.Marshal(histogramJSON{
		Count: h.Count(), P50: at(0.5), P90: at(0.9), P99: at(0.99), P999: at(0.999),
		Max: h.Max().Microseconds(), HDR: string(encoded),
	})
}

// UnmarshalJSON reads what MarshalJSON writes; the figures follow from the
// encoded histogram.
func (h *Histogram) UnmarshalJSON(data []byte) error {
	var doc histogramJSON
	if err := json.Unmarshal(data, &doc); err != nil {
		return err
	}
	decoded, err := hdrhistogram.Decode([]byte(doc.HDR))
	if err != nil {
		return fmt.Errorf("decoding a histogram: %w", err)
	}
	if decoded.HighestTrackableValue() != longestLatency.Microseconds() || decoded.LowestTrackableValue() != 1 {
		return errors.New("decoding a histogram: it has another range than ours")
	}
	h.hdr = decoded
	return nil
}

// Latency is measured from two moments. From the planned one, since that is
// what a sender that does not wait for its endpoint sees; from the sent one for
// comparison: where they differ, sends had to wait for others.
type Latency struct {
	Planned *Histogram `json:"planned"`
	Sent    *Histogram `json:"sent"`
}

func (l Latency) incomplete() bool { return l.Planned == nil || l.Sent == nil }

func newLatency() Latency { return Latency{NewHistogram(), NewHistogram()} }

func (l Latency) record(planned, sent time.Duration) {
	l.Planned.Record(planned)
	l.Sent.Record(sent)
}

func (l Latency) merge(other Latency) {
	l.Planned.Merge(other.Planned)
	l.Sent.Merge(other.Sent)
}
