package e2e_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/scrapehook/scrapehook/e2e/mutants"
	"github.com/scrapehook/scrapehook/scenarios/catalogue"
)

var update = flag.Bool("update", false, "write the golden table of mutants and requirements anew")

// Verdicts as the table writes them. A passed requirement is a dot.
var marks = map[string]string{"pass": ".", "fail": "F", "warn": "W", "blocked": "b", "not_observable": "n", "error": "E"}

// undecided are the cells whose verdict, of blocked or passed, is a matter of
// who comes first, and why. The table has an asterisk for them.
var undecided = map[[2]string]string{
	{"job-once", "IDEM-07"}: "it may ask for the failed job before or after its user continues that",
}

// sometimes are requirements among a mutant's Also that it does not break in every
// run, and why.
var sometimes = map[[2]string]string{
	{"tidies-up", "DUR-02"}:          "its job may be imported before DUR-03 stops the receiver",
	{"believes-the-form", "IDEM-10"}: "the right one may be the last",
	{"decodes-pieces", "DATA-04"}:    "a piece may end between two characters",
}

// TestMatrix checks the checker. Every mutant is a process of its own, judged
// by the whole suite: it must fail the requirement that it breaks and,
// prerequisites aside, no other. The table of all verdicts is golden.
func TestMatrix(t *testing.T) {
	t.Parallel()
	var (
		mu    sync.Mutex
		lines = map[string]string{}
		names = []string{"correct"}
	)
	// The short form plays those whose verdict does not hang on times; "make
	// matrix" plays all, and holds them against the golden table.
	whole := *update || os.Getenv("MATRIX") == "all"
	short := []string{
		"never-acknowledges", "redirects", "answers-with-a-page", "drops-bursts", "imports-again", "checks-then-acts", "remembers-the-last",
	}
	breaks, also := map[string]string{}, map[string]map[string]string{}
	for _, m := range mutants.All() {
		if !whole && !slices.Contains(short, m.Name) {
			continue
		}
		names = append(names, m.Name)
		breaks[m.Name], also[m.Name] = m.Requirement, m.Also
	}
	// More of them at once would only wait for the processors.
	places := make(chan struct{}, 6)
	t.Run("mutants", func(t *testing.T) {
		for _, name := range names {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				places <- struct{}{}
				defer func() { <-places }()
				verdicts := judgeMutant(t, name)
				for id := range also[name] {
					if verdicts[id] == "pass" && sometimes[[2]string{name, id}] == "" {
						t.Errorf("%s: passes, though the mutant's Also has it", id)
					}
				}
				for id, verdict := range verdicts {
					bad := verdict == "fail" || verdict == "warn"
					if also[name][id] == "" && bad != (id == breaks[name]) && verdict != "blocked" {
						t.Errorf("%s: %s", id, verdict)
					}
				}
				mu.Lock()
				defer mu.Unlock()
				lines[name] = matrixLine(name, verdicts, also[name])
			})
		}
	})
	table := matrixHead()
	for _, name := range names {
		table += lines[name]
	}
	t.Logf("F fails, W warns, b is blocked by a prerequisite, * is or passes, + may be broken too\n%s", table)
	if !whole {
		return
	}
	const golden = "testdata/matrix.golden"
	if *update {
		if err := os.WriteFile(golden, []byte(table), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if table != string(want) {
		t.Errorf("the table is another than %s (-update writes it anew):\n%s", golden, want)
	}
}

// TestEveryRequirementHasAMutant: a scenario that catches nothing proves
// nothing.
func TestEveryRequirementHasAMutant(t *testing.T) {
	t.Parallel()
	caught := map[string]bool{}
	for _, m := range mutants.All() {
		caught[m.Requirement] = true
	}
	for _, s := range catalogue.All() {
		if !caught[s.ID] {
			t.Errorf("no mutant breaks %s", s.ID)
		}
		delete(caught, s.ID)
	}
	for id := range caught {
		t.Errorf("a mutant breaks %s, which is no requirement", id)
	}
}

func judgeMutant(t *testing.T, name string) map[string]string {
	t.Helper()
	dir := t.TempDir()
	o := scrapehookIn(t, dir, []string{"ROWS_FILE=" + filepath.Join(dir, "rows.jsonl"), "WEBHOOK_TOKEN=s3cret"},
		"conform", "--fast", "--effect-timeout", "15s", "--retry-timeout", "15s", "--output", "json", "--token", "query:token=s3cret",
		"--run", fmt.Sprintf("exec %s %s", serveBinary, name), "--probe", "file:rows.jsonl",
		"http://"+freeAddress(t)+"/webhook")
	// 4: a MUST could not be judged, because of a SHOULD that it needs.
	if o.code != 0 && o.code != 1 && o.code != 4 {
		t.Fatalf("exit %d\n%s", o.code, o.stderr)
	}
	r := readReport(t, []byte(o.stdout))
	for _, q := range r.Requirements {
		if q.Verdict != "pass" && q.Verdict != "blocked" {
			t.Logf("%s %s: %+v", q.ID, q.Verdict, q.Findings)
		}
	}
	return r.verdicts()
}

func matrixHead() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%-28s", "")
	for _, s := range catalogue.All() {
		fmt.Fprintf(&b, " %-7s", s.ID)
	}
	return strings.TrimRight(b.String(), " ") + "\n"
}

func matrixLine(name string, verdicts, also map[string]string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%-28s", name)
	for _, s := range catalogue.All() {
		mark := marks[verdicts[s.ID]]
		if undecided[[2]string{name, s.ID}] != "" && (mark == "." || mark == "b") {
			mark = "*"
		}
		if also[s.ID] != "" {
			mark = "+"
		}
		fmt.Fprintf(&b, " %-7s", mark)
	}
	return strings.TrimRight(b.String(), " ") + "\n"
}
