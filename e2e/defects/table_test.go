package defects

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"testing"
)

// TestTable: the table has what the receiver has, and nothing twice.
func TestTable(t *testing.T) {
	t.Parallel()
	var defects, variants []string
	call := regexp.MustCompile(`\.(is|as)\(([^()]*)\)`)
	name := regexp.MustCompile(`"([^"]+)"`)
	files, err := filepath.Glob("receiver/*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range call.FindAllSubmatch(source, -1) {
			for _, n := range name.FindAllSubmatch(c[2], -1) {
				if string(c[1]) == "is" {
					defects = append(defects, string(n[1]))
				} else {
					variants = append(variants, string(n[1]))
				}
			}
		}
	}
	compare(t, "defects", defects, names(All()))
	compare(t, "variants", variants, names(Variants()[1:]))
	by := regexp.MustCompile(`^([A-Z]+-([0-9]{2}|\*)|crash|setup|\*)$`)
	for _, d := range All() {
		if len(d.By) == 0 || slices.ContainsFunc(d.By, func(id string) bool { return !by.MatchString(id) }) {
			t.Errorf("%s: who may catch it: %q", d.Name, d.By)
		}
	}
}

func names(all []Defect) (names []string) {
	for _, d := range all {
		names = append(names, d.Name)
	}
	return names
}

func compare(t *testing.T, what string, source, table []string) {
	t.Helper()
	slices.Sort(source)
	source = slices.Compact(source)
	slices.Sort(table)
	if !slices.Equal(source, table) {
		t.Errorf("%s: the receiver has\n%q, the table\n%q", what, source, table)
	}
}

// TestCaught: a finding beside the point is as wrong as none.
func TestCaught(t *testing.T) {
	t.Parallel()
	d := Defect{Name: "x", Fails: true, By: []string{"IDEM-*", "AUD-01"}}
	for name, test := range map[string]struct {
		result Result
		right  bool
	}{
		"by one of these":      {Result{Exit: 1, Failed: []string{"IDEM-05"}, Warned: []string{"AUD-01"}}, true},
		"by nothing":           {Result{}, false},
		"beside the point":     {Result{Exit: 1, Failed: []string{"ACK-01"}}, false},
		"and beside the point": {Result{Exit: 1, Failed: []string{"IDEM-05", "ACK-01"}}, false},
		"with a harness error": {Result{Exit: 1, Failed: []string{"IDEM-05"}, Other: []string{"ACK-03"}}, false},
		"by a warning only":    {Result{Warned: []string{"IDEM-06"}}, false},
		"as a setup's mistake": {Result{Exit: 3}, false},
	} {
		if right, why := d.Caught(test.result); right != test.right {
			t.Errorf("%s: %t, %s", name, right, why)
		}
	}
	if right, why := (Defect{Name: "x", By: []string{"setup"}}).Caught(Result{Exit: 3}); !right {
		t.Error(why)
	}
}
