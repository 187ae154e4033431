package fault_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/scrapehook/scrapehook/internal/fault"
)

func TestPlan(t *testing.T) {
	t.Parallel()
	const download, job = "GET scraping-job/{id}/json", "GET scraping-job/{id}"
	for _, tc := range []struct {
		name string
		rule string
		// Calls of job 1 and of job 2, each of them a download and then a look.
		want string
	}{
		{"every call", "server-error", "dl dl dl"},
		{"a route", "server-error,route=GET scraping-job/{id}/json", "d- d- d-"},
		{"a route of any method", "server-error,route=scraping-job/{id}", "-l -l -l"},
		{"another method", "server-error,route=DELETE scraping-job/{id}", "-- -- --"},
		{"a job", "server-error,job=2", "-- dl --"},
		{"the nth call", "server-error,nth=4", "-- -l --"},
		{"the nth of a route", "server-error,route=scraping-job/{id}/json,nth=2", "-- d- --"},
		{"a share of all", "server-error,share=1", "dl dl dl"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			rule, err := fault.ParseRule(tc.rule)
			if err != nil {
				t.Fatal(err)
			}
			plan := fault.NewPlan(1)
			if _, err := plan.Add(rule); err != nil {
				t.Fatal(err)
			}
			struck := func(route string, job int64, mark string) string {
				if plan.For(route, job).Kind == "" {
					return "-"
				}
				return mark
			}
			var got []string
			for _, id := range []int64{1, 2, 1} {
				got = append(got, struck(download, id, "d")+struck(job, id, "l"))
			}
			if text := strings.Join(got, " "); text != tc.want {
				t.Errorf("struck %s, want %s", text, tc.want)
			}
		})
	}
}

func TestPlanShare(t *testing.T) {
	t.Parallel()
	count := func(seed uint64) (pattern string) {
		plan := fault.NewPlan(seed)
		if _, err := plan.Add(fault.Rule{Share: 0.2, Fault: fault.Fault{Kind: fault.Reset}}); err != nil {
			t.Fatal(err)
		}
		for range 1000 {
			pattern += string("-x"[len(plan.For("GET account", 0).Kind)/5])
		}
		return pattern
	}
	first := count(1)
	if n := strings.Count(first, "x"); n < 150 || n > 250 {
		t.Errorf("%d of 1000 calls were struck, want about 200", n)
	}
	if first != count(1) || first == count(2) {
		t.Error("what is struck does not follow from the seed")
	}
}

func TestPlanOrder(t *testing.T) {
	t.Parallel()
	plan := fault.NewPlan(1)
	first, err := plan.Add(fault.Rule{Fault: fault.Fault{Kind: fault.Reset}})
	second, errSecond := plan.Add(fault.Rule{Fault: fault.Fault{Kind: fault.BadGateway}})
	if err = errors.Join(err, errSecond); err != nil {
		t.Fatal(err)
	}
	if got := plan.For("GET account", 0).Kind; got != fault.Reset {
		t.Errorf("struck by %s, want the first rule", got)
	}
	if !plan.Remove(first) || plan.Remove(first) || len(plan.Rules()) != 1 || plan.Rules()[0].ID != second {
		t.Errorf("the rules are %+v", plan.Rules())
	}
	if got := plan.For("GET account", 0).Kind; got != fault.BadGateway {
		t.Errorf("struck by %s", got)
	}
	plan.Clear()
	if got := plan.For("GET account", 0).Kind; got != "" {
		t.Errorf("struck by %s after all was cleared", got)
	}
}

func TestRulesAsText(t *testing.T) {
	t.Parallel()
	r, err := fault.ParseRule("stall,route=GET scraping-job/{id}/json,nth=2,share=0.5,job=7,delay=15s,after=1000,chunk=3,retry_after=1m")
	want := fault.Rule{
		Route: "GET scraping-job/{id}/json", JobID: 7, Nth: 2, Share: 0.5,
		Fault: fault.Fault{Kind: fault.Stall, Delay: 15 * time.Second, After: 1000, Chunk: 3, RetryAfter: time.Minute},
	}
	if err != nil || r != want {
		t.Errorf("got %+v, %v", r, err)
	}
	data, err := json.Marshal(r)
	var again fault.Rule
	if err = errors.Join(err, json.Unmarshal(data, &again)); err != nil || again != want {
		t.Errorf("by way of %s: %+v, %v", data, again, err)
	}
	for _, text := range []string{"", "earthquake", "stall,delay", "stall,delay=fast", "stall,color=red", "stall,nth=-1", "stall,share=2", "stall,nth=x"} {
		if _, err := fault.ParseRule(text); !errors.Is(err, fault.ErrRule) {
			t.Errorf("%q: %v", text, err)
		}
	}
}
