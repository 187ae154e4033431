package report

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/scrapehook/scrapehook/internal/draw"
	"github.com/scrapehook/scrapehook/internal/human"
	"github.com/scrapehook/scrapehook/internal/traffic/plan"
)

// SLO is what a report must show, such as p99<500ms or acked>=99.9%.
type SLO struct {
	// Text is how the user wrote it.
	Text  string
	above bool // the figure must be above the bound
	equal bool // the bound itself will do
	bound float64
	read  func(*Report) (figure float64, ok bool)
	show  func(float64) string
}

// Judged is an SLO with what the report shows of it.
type Judged struct {
	SLO string `json:"slo"`
	Met bool   `json:"met"`
	// Got is the figure, or "nothing was measured".
	Got string `json:"got"`
}

// SLOHelp says how SLOs are written.
const SLOHelp = "p50, p99, p99.9, max (from the planned moment; sent.p99 from the sent one), rate, " +
	"and acked, rejected, timeout, refused, late, dropped, delivered, given_up as shares (99.9%) or numbers;\nof a replay: changed"

// ParseSLOs reads SLOs with commas between them.
func ParseSLOs(text string) ([]SLO, error) {
	var all []SLO
	for part := range strings.SplitSeq(text, ",") {
		s, err := parseSLO(strings.TrimSpace(part))
		if err != nil {
			return nil, fmt.Errorf("%q is not an SLO: %w; write it like p99<500ms or acked>=99.9%%, of %s", part, err, SLOHelp)
		}
		all = append(all, s)
	}
	return all, nil
}

func parseSLO(text string) (SLO, error) {
	i := strings.IndexAny(text, "<>")
	if i < 0 {
		return SLO{}, errors.New("it has no < or >")
	}
	s := SLO{Text: text, above: text[i] == '>'}
	name, bound := strings.TrimSpace(text[:i]), text[i+1:]
	bound, s.equal = strings.CutPrefix(bound, "=")
	bound = strings.TrimSpace(bound)
	switch count, whole := shareOf(name); {
	case name == "rate":
		return s.rate(bound)
	case count != nil && strings.HasSuffix(bound, "%"):
		return s.share(bound, count, whole)
	case count != nil:
		return s.number(bound, count)
	}
	return s.latency(name, bound)
}

func (s SLO) rate(bound string) (SLO, error) {
	var err error
	s.bound, err = plan.ParseRate(bound)
	s.read = func(r *Report) (float64, bool) {
		_, ok := r.Sends.rate()
		return r.RatePerS, ok
	}
	s.show = func(v float64) string { return fmt.Sprintf("%.1f/s", v) }
	return s, err
}

func (s SLO) share(bound string, count, whole func(*Report) int64) (SLO, error) {
	share, err := draw.ParseShare(bound)
	s.bound = share * 100
	s.read = func(r *Report) (float64, bool) {
		return 100 * float64(count(r)) / float64(whole(r)), whole(r) > 0
	}
	s.show = func(v float64) string { return strconv.FormatFloat(v, 'f', 3, 64) + "%" }
	return s, err
}

func (s SLO) number(bound string, count func(*Report) int64) (SLO, error) {
	n, err := strconv.ParseUint(bound, 10, 53)
	if err != nil {
		return s, fmt.Errorf("%q is neither a share nor a number", bound)
	}
	s.bound = float64(n)
	s.read = func(r *Report) (float64, bool) { return float64(count(r)), true }
	s.show = func(v float64) string { return strconv.FormatFloat(v, 'f', 0, 64) }
	return s, nil
}

func (s SLO) latency(name, bound string) (SLO, error) {
	name, sent := strings.CutPrefix(name, "sent.")
	quantile, err := parseQuantile(name)
	if err != nil {
		return s, err
	}
	limit, err := time.ParseDuration(bound)
	if err != nil || limit < 0 {
		return s, fmt.Errorf("%q is not a duration", bound)
	}
	s.bound = float64(limit)
	s.read = func(r *Report) (float64, bool) {
		h := r.Latency.Planned
		if sent {
			h = r.Latency.Sent
		}
		if name == "max" {
			return float64(h.Max()), h.Count() > 0
		}
		return float64(h.Quantile(quantile)), h.Count() > 0
	}
	s.show = func(v float64) string { return human.Duration(time.Duration(v)) }
	return s, nil
}

// parseQuantile reads p99, p99.9 or, as it is spelled in JSON, p999.
func parseQuantile(name string) (float64, error) {
	if name == "max" {
		return 1, nil
	}
	digits, ok := strings.CutPrefix(name, "p")
	whole, rest, dotted := strings.Cut(digits, ".")
	if !dotted && len(whole) > 2 {
		whole, rest = whole[:2], whole[2:]
	}
	q, err := strconv.ParseFloat("0."+whole+rest, 64)
	if !ok || err != nil || len(whole) != 2 {
		return 0, fmt.Errorf("%q is not a figure", name)
	}
	return q, nil
}

// shareOf returns the count of that name, and what it is a share of: an
// acknowledgement of what could have been acknowledged.
func shareOf(name string) (count, whole func(*Report) int64) {
	sends := func(r *Report) int64 { return r.Sent - r.Malformed - r.Lost - r.Canceled }
	planned := func(r *Report) int64 { return r.Planned }
	notifications := func(r *Report) int64 { return r.Notifications - r.Answered }
	switch name {
	case "acked":
		return func(r *Report) int64 { return r.Acked }, sends
	case "rejected":
		return func(r *Report) int64 { return r.Rejected }, sends
	case "timeout":
		return func(r *Report) int64 { return r.Timeout }, sends
	case "refused":
		return func(r *Report) int64 { return r.Refused }, sends
	case "late":
		return func(r *Report) int64 { return r.Late }, planned
	case "dropped":
		return func(r *Report) int64 { return r.Dropped }, planned
	case "changed": // only a replay has some
		return func(r *Report) int64 {
			if r.Replay == nil {
				return 0
			}
			return r.Replay.Changed
		}, func(r *Report) int64 { return r.Sent }
	case "delivered":
		return func(r *Report) int64 { return r.Delivered }, notifications
	case "given_up":
		return func(r *Report) int64 { return r.GivenUp }, notifications
	}
	return nil, nil
}

// Judge says whether the report meets the SLO. Where nothing was measured, it
// is not met.
func (s SLO) Judge(r *Report) Judged {
	got, ok := s.read(r)
	if !ok {
		return Judged{SLO: s.Text, Got: "nothing was measured"}
	}
	met := got < s.bound
	if s.above {
		met = got > s.bound
	}
	return Judged{SLO: s.Text, Met: met || (s.equal && got == s.bound), Got: s.show(got)}
}
