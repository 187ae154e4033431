package scenarios

import (
	"slices"
	"testing"
)

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
			for _, s := range selected.Scenarios {
				got = append(got, s.ID)
			}
			if (err != nil) != (tc.want == nil) || !slices.Equal(got, tc.want) {
				t.Errorf("got %v, %v, want %v", got, err, tc.want)
			}
		})
	}
	if all, err := Select(catalogue, ""); err != nil || len(all.Scenarios) != len(catalogue) || all.Of != len(catalogue) {
		t.Errorf("the empty filter selects %d, %v", len(all.Scenarios), err)
	}
}
