package scenarios

import (
	"regexp"
	"slices"
	"testing"
)

func TestCatalogueIsComplete(t *testing.T) {
	t.Parallel()
	id := regexp.MustCompile(`^[A-Z]+-\d\d$`)
	lanes := map[string]Lane{}
	for _, s := range Catalogue() {
		if _, twice := lanes[s.ID]; twice || !id.MatchString(s.ID) {
			t.Errorf("ID %q is malformed or there twice", s.ID)
		}
		lanes[s.ID] = s.Lane
		for what, text := range map[string]string{
			"title": s.Title, "quote": s.Source.Quote, "document": s.Source.Document,
			"sent": s.Sent, "observed": s.Observed, "broken": s.Broken, "repair": s.Repair,
		} {
			if text == "" {
				t.Errorf("%s has no %s", s.ID, what)
			}
		}
		if s.Level != Must && s.Level != Should {
			t.Errorf("%s has level %q", s.ID, s.Level)
		}
		if s.Play == nil || s.Judge == nil {
			t.Errorf("%s can't be played and judged", s.ID)
		}
	}
	for _, s := range Catalogue() {
		for _, need := range s.Needs {
			if lane, ok := lanes[need]; !ok || lane > s.Lane {
				t.Errorf("%s needs %s, which is unknown or played in a later lane", s.ID, need)
			}
		}
	}
}

func TestSelect(t *testing.T) {
	t.Parallel()
	catalogue := []Scenario{
		{Requirement: Requirement{ID: "ACK-01", Level: Must}},
		{Requirement: Requirement{ID: "ACK-02", Level: Must}},
		{Requirement: Requirement{ID: "IDEM-01", Level: Must}},
		{Requirement: Requirement{ID: "DATA-01", Level: Must}},
		{Requirement: Requirement{ID: "SEC-02", Level: Should}},
	}
	for _, tc := range []struct {
		filter string
		want   []string // nil: an error
	}{
		{"IDEM-01", []string{"IDEM-01"}},
		{"idem-01, data", []string{"IDEM-01", "DATA-01"}},
		{"SHOULD", []string{"SEC-02"}},
		{"ACK,!ACK-02", []string{"ACK-01"}},
		{"!MUST", []string{"SEC-02"}},
		{"ACK-99", nil},
		{"ACK,!ACK", nil},
		{"!", nil},
	} {
		t.Run(tc.filter, func(t *testing.T) {
			t.Parallel()
			selected, err := Select(catalogue, tc.filter)
			var got []string
			for _, s := range selected {
				got = append(got, s.ID)
			}
			if (err != nil) != (tc.want == nil) || !slices.Equal(got, tc.want) {
				t.Errorf("got %v, %v, want %v", got, err, tc.want)
			}
		})
	}
	if all, err := Select(catalogue, ""); err != nil || len(all) != len(catalogue) {
		t.Errorf("the empty filter selects %d, %v", len(all), err)
	}
}
