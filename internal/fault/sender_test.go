package fault_test

import (
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/scrapehook/scrapehook/internal/delivery"
	"github.com/scrapehook/scrapehook/internal/fault"
	"github.com/scrapehook/scrapehook/webhook"
)

func notification(delivered uint64, job int64) delivery.Pending {
	return delivery.Pending{
		Delivery: delivered, URL: "http://a.example", Attempt: 1,
		Notification: webhook.Notification{JobID: job, Status: webhook.Finished, SitemapID: 2, SitemapName: "shop"},
	}
}

func TestWhichAttemptsAreStruck(t *testing.T) {
	t.Parallel()
	resend, byHand, postponed, elsewhere := notification(1, 7), notification(1, 7), notification(1, 7), notification(1, 7)
	resend.Attempt, byHand.Of, postponed.Postponed, elsewhere.URL = 2, 5, true, "http://b.example"
	for _, tc := range []struct {
		name, rule string
		of         delivery.Pending
		struck     bool
	}{
		{"every one", "drop-answer", notification(1, 7), true},
		{"a resend", "drop-answer", resend, true},
		{"one by hand", "drop-answer", byHand, true},
		{"a resend is not copied", "duplicate", resend, false},
		{"a copy is not copied", "duplicate", byHand, false},
		{"one is not postponed twice", "late", postponed, false},
		{"nor is a resend", "out-of-order", resend, false},
		{"of a job", "cut,job=7", notification(1, 7), true},
		{"of another job", "cut,job=8", notification(1, 7), false},
		{"of a status", "cut,status=finished", notification(1, 7), true},
		{"of another status", "cut,status=failed", notification(1, 7), false},
		{"to an endpoint", "cut,url=http://a.example", notification(1, 7), true},
		{"to another endpoint", "cut,url=http://a.example", elsewhere, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			rule, err := fault.ParseSenderRule(tc.rule)
			if err != nil {
				t.Fatal(err)
			}
			p := fault.NewSenderPlan(1)
			if _, err := p.Add(rule); err != nil {
				t.Fatal(err)
			}
			if m := p.For(tc.of); (m.Name == string(rule.Kind)) != tc.struck {
				t.Errorf("it is struck by %q", m.Name)
			}
			if r := p.Rules()[0]; (r.Struck == 1) != tc.struck || r.Struck > r.Seen {
				t.Errorf("counted %d of %d", r.Struck, r.Seen)
			}
		})
	}
}

func TestSenderPlanCounts(t *testing.T) {
	t.Parallel()
	p := fault.NewSenderPlan(1)
	for _, text := range []string{"drop-answer,next=3", "slow-body,share=0.5", "cut"} {
		rule, err := fault.ParseSenderRule(text)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := p.Add(rule); err != nil {
			t.Fatal(err)
		}
	}
	names := map[string]int{}
	for n := range uint64(1003) {
		names[p.For(notification(n+1, 1)).Name]++
	}
	if names["drop-answer"] != 3 || names["slow-body"] < 450 || names["slow-body"] > 550 || names["slow-body"]+names["cut"] != 1000 {
		t.Errorf("struck are %v", names)
	}
	for i, r := range p.Rules() {
		if r.Seen != 1003 || r.Struck != names[string(r.Kind)] || r.ID != i+1 {
			t.Errorf("it counts %+v", r)
		}
	}
	if !p.Remove(3) || p.Remove(3) || len(p.Rules()) != 2 {
		t.Errorf("left are %+v", p.Rules())
	}
	if p.Clear(); p.For(notification(1, 1)).Name != "" {
		t.Error("it strikes after all was cleared")
	}
}

// TestSwappedPairs: with a rule for all, every second one overtakes the one
// before it.
func TestSwappedPairs(t *testing.T) {
	t.Parallel()
	p := fault.NewSenderPlan(1)
	if _, err := p.Add(fault.SenderRule{Kind: fault.OutOfOrder}); err != nil {
		t.Fatal(err)
	}
	for n := range uint64(6) {
		m := p.For(notification(n+1, 1))
		if held := m.Postpone > 0 && m.Behind; held != (n%2 == 0) {
			t.Errorf("delivery %d: held back %v", n+1, held)
		}
	}
}

func TestChangedForms(t *testing.T) {
	t.Parallel()
	const form = "scrapingjob_id=7&status=finished&sitemap_id=2&sitemap_name=shop"
	for rule, want := range map[string]string{
		"missing-field":                    "status=finished&sitemap_id=2&sitemap_name=shop",
		"missing-field,field=status":       "scrapingjob_id=7&sitemap_id=2&sitemap_name=shop",
		"missing-field,field=wombat":       form,
		"wrong-field":                      "scrapingjob_id=-1&status=finished&sitemap_id=2&sitemap_name=shop",
		"wrong-field,field=color,value=05": form + "&color=05",
		"double-field,field=status":        "scrapingjob_id=7&status=finished&status=finished&sitemap_id=2&sitemap_name=shop",
		"unknown-status":                   "scrapingjob_id=7&status=paused&sitemap_id=2&sitemap_name=shop",
		"unknown-status,value=archived":    "scrapingjob_id=7&status=archived&sitemap_id=2&sitemap_name=shop",
		"malformed":                        "scrapingjob_id=7&status=&sitemap_id=2&sitemap_name=malformed",
	} {
		r, err := fault.ParseSenderRule(rule)
		if err != nil {
			t.Fatal(err)
		}
		p := fault.NewSenderPlan(1)
		if _, err := p.Add(r); err != nil {
			t.Fatal(err)
		}
		got := p.For(notification(1, 7)).Change(delivery.Request{Body: []byte(form)})
		if string(got.Body) != want {
			t.Errorf("%s: %s, want %s", rule, got.Body, want)
		}
	}
}

func TestSenderRulesAsText(t *testing.T) {
	t.Parallel()
	r, err := fault.ParseSenderRule("duplicate,job=7,status=failed,url=http://a.example/?token=x,share=0.5,next=9,copies=2,delay=1m")
	want := fault.SenderRule{
		Kind: fault.Duplicate, JobID: 7, Status: webhook.Failed, URL: "http://a.example/?token=x", Share: 0.5, Next: 9, Copies: 2, Delay: time.Minute,
	}
	if err != nil || r != want {
		t.Errorf("got %+v, %v", r, err)
	}
	data, err := json.Marshal(r)
	var again fault.SenderRule
	if err = errors.Join(err, json.Unmarshal(data, &again)); err != nil || again != want {
		t.Errorf("by way of %s: %+v, %v", data, again, err)
	}
	for text, field := range map[string]string{
		"": "kind", "earthquake": "kind", "late,delay=soon": "delay", "late,delay=-1s": "delay", "late,copies=2": "copies",
		"cut,share=2": "share", "cut,next=-1": "next", "cut,next=x": "next", "duplicate,copies=101": "copies", "drop-answer,field=x": "field",
		"slow-body,chunk=-1": "chunk", "cut,after=-1": "after", "cut,job=-1": "job", "late,color=red": "", "late,delay": "",
	} {
		_, err := fault.ParseSenderRule(text)
		if member, _ := errors.AsType[*fault.RuleError](err); !errors.Is(err, fault.ErrRule) || (member != nil) != (field != "") || field != "" && member.Field != field {
			t.Errorf("%q: %v", text, err)
		}
	}
}
