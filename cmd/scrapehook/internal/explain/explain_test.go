package explain_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/scrapehook/scrapehook/cmd/scrapehook/internal/explain"
	"github.com/scrapehook/scrapehook/internal/delivery"
	"github.com/scrapehook/scrapehook/scenarios"
)

func TestEveryTopicIsFound(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, topic := range explain.All() {
		// partial is an exit code's meaning and a message: the ID is the message's.
		if seen[topic.ID] {
			t.Errorf("%s: two topics have this ID", topic.ID)
		}
		seen[topic.ID] = true
		found, near := explain.Find(strings.ToUpper(topic.ID))
		if len(found) != 1 || found[0].ID != topic.ID || near != "" {
			t.Errorf("%s: found %v, near %q", topic.ID, found, near)
		}
		if topic.Title == "" || topic.Means == "" && topic.Repair == "" && topic.Kind != "verdict" {
			t.Errorf("%s: it says nothing", topic.ID)
		}
	}
	for _, v := range scenarios.Verdicts() {
		if found, _ := explain.Find(string(v)); len(found) == 0 {
			t.Errorf("verdict %s: not explained", v)
		}
	}
	for _, r := range []delivery.Reason{delivery.Acked, delivery.Timeout, delivery.TLS, delivery.Lookup} {
		if !slices.Contains(explain.IDs(), string(r)) {
			t.Errorf("reason %s: not explained", r)
		}
	}
}

func TestFind(t *testing.T) {
	t.Parallel()
	for word, want := range map[string]string{
		"exit code 4": "4", "connection refused": "refused", "  Idem-01 ": "IDEM-01",
		"scrapehook: opening: 127.0.0.1:1 is in use": "port-in-use",
	} {
		if found, _ := explain.Find(word); len(found) == 0 || found[0].ID != want {
			t.Errorf("%q: %v, want %s", word, found, want)
		}
	}
	if found, near := explain.Find("timeot"); len(found) > 0 || near != "timeout" {
		t.Errorf("a mistyped word: %v, near %q", found, near)
	}
}

func TestWidth(t *testing.T) {
	t.Parallel()
	for _, width := range []int{40, 80, 100} {
		var b strings.Builder
		explain.Write(&b, explain.All(), width)
		explain.WriteList(&b, explain.All(), width)
		for line := range strings.Lines(b.String()) {
			if n := len([]rune(strings.TrimRight(line, "\n"))); n > width {
				t.Errorf("width %d: %s", width, line)
			}
		}
	}
}
