package main

import "time"

// The names of tools that figures refer to.
const (
	ours      = "scrapehook"
	oursFast  = "scrapehook --transport fast"
	oursSlow  = "scrapehook --transport nethttp"
	floorName = "the floor"
)

// lanes are the connections of every tool that is not said to have others.
const lanes = 64

// figures are all comparisons. lasts is how long each tool sends.
func figures(lasts time.Duration) []figure {
	auto, fast, slow := scrapehookTool(ours, "auto"), scrapehookTool(oursFast, "fast"), scrapehookTool(oursSlow, "nethttp")
	vegeta, bounded := vegetaTool("vegeta", true), vegetaTool("vegeta, 64 workers", false)
	closed := order{connections: lanes, lasts: lasts}
	all := []figure{
		{
			name: "closed", kind: cheapest, order: closed,
			tools: []tool{auto, fast, slow, wrkTool(), bombardierTool(), fortioTool(), heyTool(), bounded, k6Tool(), floorTool()},
		},
		{
			name: "handler", kind: bare, order: closed,
			tools: []tool{auto, fast, slow, wrkTool(), bombardierTool(), fortioTool(), heyTool(), floorTool()},
		},
	}
	for _, open := range []struct {
		name string
		rate float64
	}{{"open-2k", 2000}, {"open-10k", 10_000}, {"open-20k", 20_000}} {
		all = append(all, figure{
			name: open.name, kind: cheapest, order: order{connections: lanes, perSecond: open.rate, lasts: lasts},
			tools: []tool{auto, vegeta, bounded, k6Tool().named("k6, 256 VUs", 256), fortioTool(), bombardierTool()},
		})
	}
	return append(all,
		figure{
			// So that a tenth of the plan is due while the target is frozen.
			name: "frozen", kind: freezing, order: order{connections: lanes, perSecond: 5000, lasts: 2 * freezeEvery},
			tools: []tool{
				auto, vegeta, bounded, k6Tool().named("k6, 1200 VUs", 1200), k6Tool().named("k6, 64 VUs", lanes),
				fortioTool(), bombardierTool(),
			},
		},
		figure{
			// A few more than are looked at: tools leave some out.
			name: "silent", kind: silent, order: order{connections: underWay * 11 / 10, perSecond: underWay / 4, lasts: 4400 * time.Millisecond},
			tools: []tool{auto, vegeta},
		})
}
