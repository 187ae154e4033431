package main

import (
	"fmt"
	"math"

	"github.com/scrapehook/scrapehook/bench/benchpage"
)

// goals are what scrapehook's sender is to reach, and what it did; of the
// figures that were measured. Beside a miss stands what the floor reached in the
// same rounds. parts may be nil.
func (r results) goals(parts *benchmarks) *benchpage.Table {
	t := &benchpage.Table{Head: []string{"goal", "wanted", "got", ""}}
	row := func(measured bool, text, wanted, got string, met bool) {
		if !measured {
			return
		}
		verdict := "met"
		if !met {
			verdict = "missed"
		}
		t.Row(text, wanted, got, verdict)
	}
	for _, peer := range []struct {
		name  string
		least float64
	}{{"wrk", 1}, {"bombardier", 1.2}, {"hey", 3.5}, {"vegeta, 64 workers", 4}, {"k6", 8}, {"fortio", 8}} {
		if len(r["closed"][peer.name]) == 0 {
			continue
		}
		got, floor := r.ratio("closed", peer.name, rateOf), r.ratioOf("closed", floorName, peer.name, rateOf)
		verdict := "met"
		if got.median < peer.least {
			verdict = "missed, the floor has " + times(floor.median)
		}
		t.Row("closed loop, requests/s of "+peer.name+"'s", fmt.Sprintf("≥ %.2g", peer.least), got.String(), verdict)
	}
	if len(r["closed"]) > 0 {
		cpu := r.ratio("closed", "wrk", cpuOf)
		row(len(r["closed"]["wrk"]) > 0, "closed loop, CPU a request of wrk's", "≤ 1.1", cpu.String(), cpu.median <= 1.1)
		peak := r.worst("closed", ours, peakOf, 0)
		row(true, "closed loop, peak memory, worst round", "< 64 MB", megabytes(peak), peak < 64e6)
	}
	if len(r["handler"]) > 0 {
		got := r.ofBest("handler")
		row(true, "net/http target, requests/s of the best peer's", "≥ 0.95", got.String(), got.median >= 0.95)
	}
	for _, open := range []struct{ name, rate string }{{"open-2k", "2,000/s"}, {"open-10k", "10,000/s"}, {"open-20k", "20,000/s"}} {
		if len(r[open.name]) == 0 {
			continue
		}
		held, late := r.median(open.name, ours, heldOf), r.median(open.name, ours, behindOf)
		missing := r.worst(open.name, ours, missingOf, 0)
		row(true, open.rate+", rate held", "99.9–100.1 %", percent(held, 2), math.Abs(held-1) <= 0.001)
		row(true, open.rate+", left out, worst round", "0", count(missing), missing == 0)
		row(true, open.rate+", p99 late, by its own plan", "≤ 10 ms", millis(late), late <= 10e6)
	}
	if len(r["frozen"]) > 0 {
		got := r.median("frozen", ours, ofTruth)
		row(true, "frozen target, p99 reported of the truth", "0.90–1.10", times(got), math.Abs(got-1) <= 0.1)
	}
	if len(r["silent"]) > 0 {
		each, overshoot := r.median("silent", ours, perRequestOf), r.median("silent", ours, overshootOf)
		row(true, "silent target, memory a request", "≤ 15 kB", kilobytes(each), each <= 15e3)
		row(true, "silent target, overshoot of 10 s, p99", "≤ 5 ms", millis(overshoot), overshoot <= 5e6)
	}
	if parts != nil {
		allocs := parts.median("AppendForm", "allocs/op")
		row(true, "encoding a notification, allocations", "0", count(allocs), allocs == 0)
		each := parts.median("Pending/heap", "B/entry")
		row(true, "ten million pending resends, memory each", "≤ 32 B", number("%.1f B", each), each <= 32)
	}
	return t
}
