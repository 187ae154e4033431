package plan_test

import (
	"maps"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/scrapehook/scrapehook/internal/traffic/plan"
	"github.com/scrapehook/scrapehook/internal/traffic/traffictest"
	"github.com/scrapehook/scrapehook/webhook"
)

func TestOneSeedMakesOnePlan(t *testing.T) {
	t.Parallel()
	for _, format := range plan.Formats {
		a, b := traffictest.Written(t, traffictest.Mixed(t, 2000, nil), format), traffictest.Written(t, traffictest.Mixed(t, 2000, nil), format)
		if a != b {
			t.Errorf("%s: two plans of one seed differ", format)
		}
		other := traffictest.Written(t, traffictest.Mixed(t, 2000, func(cfg *plan.Config) { cfg.Seed = 2 }), format)
		if a == other {
			t.Errorf("%s: another seed makes the same plan", format)
		}
	}
}

func TestShardsAreTheWholePlan(t *testing.T) {
	t.Parallel()
	whole := slices.Sorted(strings.Lines(traffictest.Written(t, traffictest.Mixed(t, 1001, nil), "jsonl")))
	var union []string
	for shard := 1; shard <= 3; shard++ {
		p := traffictest.Mixed(t, 1001, func(cfg *plan.Config) { cfg.Shard, cfg.Shards = shard, 3 })
		jobs := int64(0)
		for range p.Jobs() {
			jobs++
		}
		if want := plan.Share(p.Total(), shard, 3); jobs != want {
			t.Errorf("shard %d has %d jobs, Share says %d", shard, jobs, want)
		}
		union = slices.AppendSeq(union, strings.Lines(traffictest.Written(t, p, "jsonl")))
	}
	slices.Sort(union)
	if !slices.Equal(whole, union) {
		t.Error("the shards together are not the plan")
	}
}

func TestPlanHasWhatWasAskedFor(t *testing.T) {
	t.Parallel()
	const jobs = 10_000
	seen := map[string]int{} // specials, parts and statuses
	names := map[string]int{}
	ids := map[int64]bool{}
	for _, l := range traffictest.Lines(t, traffictest.Mixed(t, jobs, nil)) {
		n, err := webhook.ParseForm([]byte(l.Form))
		if (err != nil) != (l.Special == "malformed") {
			t.Errorf("%s: %q: %v", l.Special, l.Form, err)
		}
		seen[l.Part]++
		if l.Part == "first" {
			seen[l.Special]++
		}
		if l.Special == "malformed" {
			continue
		}
		seen[string(n.Status)]++
		names[n.SitemapName]++
		ids[n.JobID] = true
		if n.CustomID != "" && l.Part == "first" {
			seen["custom"]++
		}
		if l.Special == "continued" && n.Status != map[string]webhook.Status{"first": webhook.Failed, "continuation": webhook.Finished}[l.Part] {
			t.Errorf("the %s of a continued job is %s", l.Part, n.Status)
		}
	}
	want := map[string]int{"first": jobs, "copy": jobs * 3 / 10, "continuation": jobs / 10, "plain": jobs * 3 / 10, "custom": jobs * 9 / 20}
	for s := range strings.SplitSeq(plan.SpecialNames, ", ") {
		want[s] = jobs / 10
	}
	for what, want := range want {
		if got := seen[what]; got < want*9/10 || got > want*11/10 {
			t.Errorf("%s: %d, want about %d", what, got, want)
		}
	}
	if len(ids) != jobs-seen["malformed"] {
		t.Errorf("%d ids for %d jobs", len(ids), jobs-seen["malformed"])
	}
	if seen["shelved"] > 0 || seen["finished"] == 0 || seen["stopped"] == 0 {
		t.Errorf("seen %v", seen)
	}
	// Zipf: few sitemaps have most of the jobs.
	busiest := slices.Max(slices.Collect(maps.Values(names)))
	if busiest < jobs/10 || len(names) < 50 {
		t.Errorf("the busiest of %d sitemaps has %d of %d jobs", len(names), busiest, jobs)
	}
}

func TestSitemapNamesAreTheVendors(t *testing.T) {
	t.Parallel()
	allowed := regexp.MustCompile(`^[a-z][a-z0-9_$()+\-/]+$`)
	for _, name := range traffictest.Mixed(t, 1, nil).SitemapNames() {
		if !allowed.MatchString(name) {
			t.Errorf("the vendor's editor would refuse the name %q", name)
		}
	}
}

func TestCurlLinesSendTheForms(t *testing.T) {
	t.Parallel()
	for text := range strings.Lines(traffictest.Written(t, traffictest.Mixed(t, 30, nil), "curl")) {
		arguments := strings.TrimPrefix(text, "curl ")
		out, err := exec.CommandContext(t.Context(), "sh", "-c", "printf '%s\\n' "+arguments).Output()
		if err != nil {
			t.Fatal(err)
		}
		words := strings.Split(strings.TrimSuffix(string(out), "\n"), "\n")
		if len(words) != 8 || words[7] != "http://127.0.0.1/it's" || !strings.Contains(text, words[6]) {
			t.Errorf("a shell reads %q as %q", text, words)
		}
	}
}

func TestPlanIsRefused(t *testing.T) {
	t.Parallel()
	constant, err := plan.ParseArrivals("constant", 1, 0)
	if err != nil {
		t.Fatal(err)
	}
	for want, change := range map[string]func(*plan.Config){
		"neither a number of jobs": func(cfg *plan.Config) { cfg.Jobs = 0 },
		"-1 jobs":                  func(cfg *plan.Config) { cfg.Jobs = -1 },
		"-1 sitemaps":              func(cfg *plan.Config) { cfg.Sitemaps = -1 },
		"have 1 ids":               func(cfg *plan.Config) { cfg.SitemapIDs = []int64{1} },
		"no custom ids":            func(cfg *plan.Config) { cfg.CustomIDs = 1 },
		"a delay is negative":      func(cfg *plan.Config) { cfg.LateAfter = -time.Second },
		"no shard 4/3":             func(cfg *plan.Config) { cfg.Shard, cfg.Shards = 4, 3 },
		"no shard 0/3":             func(cfg *plan.Config) { cfg.Shard, cfg.Shards = 0, 3 },
		"a duration of":            func(cfg *plan.Config) { cfg.Span = 10000 * time.Hour },
	} {
		cfg := plan.Config{Profile: webhook.Profile2020(), Arrivals: constant, Jobs: 1}
		change(&cfg)
		if _, err := plan.New(cfg); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}

func TestMixAndOutcomesAreRefused(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"again", "again=2", "plain=1%", "never=1%", "late=101%", "late=60%,lost=60%", "late=1%,late=1%", "slow=NaN%"} {
		if mix, err := plan.ParseMix(text); err == nil {
			t.Errorf("%q is taken for %v", text, mix)
		}
	}
	for _, text := range []string{"", "finished", "started=1", "finished=-1", "finished=0", "finished=1,finished=1", "shelved=1"} {
		if outcomes, err := plan.ParseOutcomes(text, webhook.Profile2022()); err == nil {
			t.Errorf("%q is taken for %v", text, outcomes)
		}
	}
	mix, err := plan.ParseMix("again=2.5%,slow=1%")
	if err != nil || mix.String() != "again=2.5%,slow=1%" {
		t.Errorf("got %v, %v", mix, err)
	}
}
