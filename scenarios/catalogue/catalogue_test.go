package catalogue

import (
	"regexp"
	"testing"

	"github.com/scrapehook/scrapehook/scenarios"
)

func TestCatalogueIsComplete(t *testing.T) {
	t.Parallel()
	id := regexp.MustCompile(`^[A-Z]+-\d\d$`)
	phases := map[string]scenarios.Phase{}
	for _, s := range All() {
		if _, twice := phases[s.ID]; twice || !id.MatchString(s.ID) {
			t.Errorf("ID %q is malformed or there twice", s.ID)
		}
		phases[s.ID] = s.Phase
		for what, text := range map[string]string{
			"title": s.Title, "quote": s.Source.Quote, "document": s.Source.Document,
			"sent": s.Sent, "observed": s.Observed, "broken": s.Broken, "repair": s.Repair,
		} {
			if text == "" {
				t.Errorf("%s has no %s", s.ID, what)
			}
		}
		if s.Level != scenarios.Must && s.Level != scenarios.Should {
			t.Errorf("%s has level %q", s.ID, s.Level)
		}
		if s.Play == nil || s.Judge == nil {
			t.Errorf("%s can't be played and judged", s.ID)
		}
	}
	for _, s := range All() {
		for _, need := range s.Needs {
			if phase, ok := phases[need]; !ok || phase > s.Phase {
				t.Errorf("%s needs %s, which is unknown or played in a later phase", s.ID, need)
			}
		}
	}
}
