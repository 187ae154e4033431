package report

import (
	"fmt"
	"maps"
	"slices"
	"strconv"

	"github.com/scrapehook/scrapehook/internal/human"
)

// verdict is what a run means, for the top of its page.
type verdict struct{ Face, Headline, Meaning string }

// faces are the colours of verdicts.
var faces = map[string]string{"good": "#1a6e33", "fair": "#855300", "bad": "#b3141f"}

// verdict decides what the run means: an endpoint that is not there comes before
// SLOs, and these before what became of the notifications.
func (r *Report) verdict() verdict {
	missed := 0
	for _, s := range r.SLO {
		if !s.Met {
			missed++
		}
	}
	undelivered := r.GivenUp + r.Abandoned
	switch {
	case r.Unreached():
		why := slices.MaxFunc(r.Outcomes(), func(a, b Figure) int { return int(a.Value - b.Value) })
		return verdict{"bad", "The endpoint is dead", fmt.Sprintf("None of %s reached it: %s. Start it, or look at the address; nothing else here says anything of it.", human.Count(r.Sent, "send"), unreachedBy[why.Name])}
	case r.Sent == 0:
		return verdict{"bad", "Nothing was sent", "No send began before the run ended."}
	case missed > 0:
		return verdict{"bad", fmt.Sprintf("%d of %s missed", missed, human.Count(len(r.SLO), "SLO")), delivered(r)}
	case r.Acked == 0 && r.Malformed < r.Sent:
		return verdict{"bad", "Nothing was acknowledged", fmt.Sprintf("The endpoint was reached %s, and answered none with 2xx in time.", human.Count(r.Sent, "time"))}
	case undelivered > 0:
		return verdict{"fair", human.Count(undelivered, "notification") + " not delivered", delivered(r)}
	case r.Interrupted:
		return verdict{"fair", "Interrupted", "The run was stopped before its end. " + delivered(r)}
	case len(r.SLO) > 0:
		return verdict{"good", "Every SLO is met", delivered(r)}
	}
	return verdict{"good", "Everything was delivered", delivered(r)}
}

// unreachedBy says in words what kept sends from an endpoint.
var unreachedBy = map[string]string{
	"refused":  "nothing listens there",
	"lookup":   "its name has no address, or there is no route to it",
	"tls":      "no TLS connection came about",
	"local":    "this machine allowed no more connections",
	"canceled": "the run was stopped",
}

func delivered(r *Report) string {
	return fmt.Sprintf("%d of %s delivered in the end, with %s.",
		r.Delivered, human.Count(r.Notifications, "notification"), human.Count(r.Resends, "resend"))
}

// tile is a figure of the page's top.
type tile struct{ Name, Value string }

func (r *Report) tiles() []tile {
	tiles := []tile{{"sent", strconv.FormatInt(r.Sent, 10)}}
	if r.Sent > 0 {
		tiles = append(tiles, tile{"acknowledged", fmt.Sprintf("%.2f %%", 100*float64(r.Acked)/float64(r.Sent))})
	}
	if rate, ok := r.Sends.rate(); ok {
		tiles = append(tiles, tile{"jobs a second", fmt.Sprintf("%.1f", rate)})
	}
	if h := r.Latency.Planned; h.Count() > 0 { // never latencies of nothing
		tiles = append(tiles, tile{"p50", human.Duration(h.Quantile(0.5))}, tile{"p99", human.Duration(h.Quantile(0.99))}, tile{"slowest", human.Duration(h.Max())})
	}
	return append(tiles, tile{"resends", strconv.FormatInt(r.Resends, 10)}, tile{"sent late", strconv.FormatInt(r.Late, 10)})
}

// outcomeBar is a count with its share; Class decides its colour.
type outcomeBar struct{ Name, Class, Wide, Text string }

func barOf(name, class string, n, whole int64) outcomeBar {
	share := 100 * float64(n) / float64(max(whole, 1))
	return outcomeBar{name, class, fmt.Sprintf("%.2f", share), fmt.Sprintf("%d (%.2f %%)", n, share)}
}

func (r *Report) outcomeBars() []outcomeBar {
	var bars []outcomeBar
	for _, o := range append(r.Outcomes(), Figure{"late", r.Late}) {
		if o.Value > 0 {
			bars = append(bars, barOf(o.Name, o.Name, o.Value, r.Planned))
		}
	}
	return bars
}

func (r *Report) codeBars() []outcomeBar {
	var bars []outcomeBar
	all := int64(0)
	for _, n := range r.Codes {
		all += n
	}
	for _, code := range slices.Sorted(maps.Keys(r.Codes)) {
		bars = append(bars, barOf(strconv.Itoa(code), strconv.Itoa(code/100), r.Codes[code], all))
	}
	return bars
}
