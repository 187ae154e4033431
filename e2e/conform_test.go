package e2e_test

import (
	"encoding/json"
	"encoding/xml"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/scrapehook/scrapehook/scenarios"
	"github.com/scrapehook/scrapehook/scenarios/catalogue"
)

// report is what a program reads of --json.
type report struct {
	Verdict      string         `json:"verdict"`
	Profile      string         `json:"profile"`
	Endpoint     string         `json:"endpoint"`
	Seed         *uint64        `json:"seed"`
	DurationMS   int64          `json:"duration_ms"`
	Totals       map[string]int `json:"totals"`
	Requirements []struct {
		ID         string `json:"id"`
		Level      string `json:"level"`
		Verdict    string `json:"verdict"`
		Title      string `json:"title"`
		DurationMS *int64 `json:"duration_ms"`
		Findings   []struct{ Expected, Actual string }
		Evidence   []struct {
			AtMS float64 `json:"at_ms"`
			Kind string
			Text string
		}
		Output string `json:"receiver_output"`
	} `json:"requirements"`
}

func readReport(t *testing.T, from []byte) report {
	t.Helper()
	var r report
	if err := json.Unmarshal(from, &r); err != nil {
		t.Fatalf("the report is no JSON: %v: %.300s", err, from)
	}
	return r
}

func (r report) verdicts() map[string]string {
	verdicts := map[string]string{}
	for _, q := range r.Requirements {
		verdicts[q.ID] = q.Verdict
	}
	return verdicts
}

func TestConformBuiltIn(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	o := scrapehookIn(t, dir, nil, "conform", "--fast", "--json", "r.json", "--junit", "r.xml", "--html", "r.html", "--seed", "42")
	if o.code != 0 || !strings.Contains(o.stdout, "\nconformant") {
		t.Fatalf("exit %d\n%s%s", o.code, o.stdout, o.stderr)
	}
	if strings.ContainsRune(o.stdout+o.stderr, '\x1b') {
		t.Error("escape sequences without a terminal")
	}
	r := sameEverywhere(t, dir, o.stdout)
	if r.Verdict != "conformant" || r.Profile != "2020" || *r.Seed != 42 || len(r.Requirements) != len(catalogue.All()) {
		t.Errorf("report %+v", r)
	}
	for _, q := range r.Requirements {
		if q.Verdict != "pass" || len(q.Evidence) == 0 || q.DurationMS == nil {
			t.Errorf("%s: verdict %s, %d pieces of evidence", q.ID, q.Verdict, len(q.Evidence))
		}
		if q.ID == "DUR-01" {
			told := q.Output
			for _, e := range q.Evidence {
				told += e.Text + "\n"
			}
			for _, part := range []string{
				"the receiver is killed (SIGKILL)\n", "its process has ended: signal: killed\n", "the receiver is started\n", "it answers\n",
				"level=INFO", "GET /api/v1/scraping-job/",
			} {
				if !strings.Contains(told, part) {
					t.Errorf("%s: no %q in its evidence:\n%s", q.ID, part, told)
				}
			}
		}
	}
}

// TestConformReportsFailures judges a mutant and checks that all forms of the
// report say the same of it, with what was expected and what came.
func TestConformReportsFailures(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	o := scrapehookIn(t, dir, []string{"ROWS_FILE=" + filepath.Join(dir, "rows.jsonl")},
		"conform", "--fast", "--filter", "ACK-01,DATA-01,IDEM-01,IDEM-02,SEC-02", "--json", "r.json", "--junit", "r.xml", "--html", "r.html",
		"--run", serveBinary+" imports-again", "--probe", "file:rows.jsonl", "http://"+freeAddress(t)+"/hook")
	if o.code != 1 || !strings.Contains(o.stdout, "\nnot conformant  (") {
		t.Fatalf("exit %d\n%s%s", o.code, o.stdout, o.stderr)
	}
	r := sameEverywhere(t, dir, o.stdout)
	for _, q := range r.Requirements {
		if q.ID != "IDEM-01" {
			continue
		}
		if len(q.Findings) == 0 || q.Findings[0].Expected != "20 rows, each once" || !strings.Contains(q.Findings[0].Actual, "40 rows: imported 2 times") {
			t.Errorf("findings %+v", q.Findings)
		}
		if !strings.Contains(o.stdout, q.Findings[0].Actual) {
			t.Errorf("the terminal does not say %q:\n%s", q.Findings[0].Actual, o.stdout)
		}
	}
}

// sameEverywhere checks that the JSON report, the JUnit report, the page and
// the table agree on every verdict, and that the first two are as their schemas
// say. It returns the first.
func sameEverywhere(t *testing.T, dir, table string) report {
	t.Helper()
	body, err := os.ReadFile(filepath.Join(dir, "r.json"))
	if err != nil {
		t.Fatal(err)
	}
	r := readReport(t, body)
	validReport(t, body)
	validJUnit(t, filepath.Join(dir, "r.xml"))
	page, err := os.ReadFile(filepath.Join(dir, "r.html"))
	if err != nil {
		t.Fatal(err)
	}
	if body, err = os.ReadFile(filepath.Join(dir, "r.xml")); err != nil {
		t.Fatal(err)
	}
	var junit struct {
		Tests    int `xml:"tests,attr"`
		Failures int `xml:"failures,attr"`
		Skipped  int `xml:"skipped,attr"`
		Suites   []struct {
			Cases []struct {
				Name       string `xml:"name,attr"`
				Properties []struct {
					Name  string `xml:"name,attr"`
					Value string `xml:"value,attr"`
				} `xml:"properties>property"`
			} `xml:"testcase"`
		} `xml:"testsuite"`
	}
	if err := xml.Unmarshal(body, &junit); err != nil {
		t.Fatalf("the JUnit report is no XML: %v", err)
	}
	inJUnit := map[string]string{}
	for _, suite := range junit.Suites {
		for _, c := range suite.Cases {
			id, _, _ := strings.Cut(c.Name, " ")
			for _, p := range c.Properties {
				if p.Name == "verdict" {
					inJUnit[id] = p.Value
				}
			}
		}
	}
	inTable := verdictsIn(table, `(?m)^([A-Z]+-\d\d) +(?:MUST|SHOULD) +(\w+)`)
	inPage := verdictsIn(string(page), `data-id="([A-Z]+-\d\d)" data-verdict="(\w+)"`)
	for id, verdict := range r.verdicts() {
		if inJUnit[id] != verdict || inTable[id] != verdict || inPage[id] != verdict {
			t.Errorf("%s: JSON says %q, JUnit %q, the table %q, the page %q", id, verdict, inJUnit[id], inTable[id], inPage[id])
		}
	}
	if len(inJUnit) != len(r.Requirements) || len(inPage) != len(r.Requirements) || len(inTable) != len(r.Requirements) || junit.Tests != len(r.Requirements) {
		t.Errorf("%d requirements in JSON, %d in JUnit (which counts %d), %d in the table, %d on the page",
			len(r.Requirements), len(inJUnit), junit.Tests, len(inTable), len(inPage))
	}
	if junit.Failures != r.Totals["fail"] || junit.Skipped != r.Totals["blocked"]+r.Totals["not_observable"]+r.Totals["warn"] {
		t.Errorf("JUnit counts %d failures and %d skipped, JSON %+v", junit.Failures, junit.Skipped, r.Totals)
	}
	return r
}

// verdictsIn are the verdicts by ID that a pattern finds in text.
func verdictsIn(text, pattern string) map[string]string {
	verdicts := map[string]string{}
	for _, m := range regexp.MustCompile(pattern).FindAllStringSubmatch(text, -1) {
		verdicts[m[1]] = strings.ToLower(m[2])
	}
	return verdicts
}

// TestConformOtherLanguages judges correct receivers that share nothing with
// us but the contract.
func TestConformOtherLanguages(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ tool, source string }{
		{"python3", "receivers/python/receiver.py"},
		{"node", "receivers/node/receiver.mjs"},
		{"php", "receivers/php/receiver.php"},
	} {
		t.Run(tc.tool, func(t *testing.T) {
			t.Parallel()
			needs(t, tc.tool)
			source, err := filepath.Abs(tc.source)
			if err != nil {
				t.Fatal(err)
			}
			dir := t.TempDir()
			o := scrapehookIn(t, dir, []string{"STATE_DIR=" + dir, "ROWS_FILE=" + filepath.Join(dir, "rows.jsonl")},
				"conform", "--fast", "--run", fmt.Sprintf("exec %s '%s'", tc.tool, source), "--probe", "file:rows.jsonl",
				"http://"+freeAddress(t)+"/webhook")
			if o.code != 0 {
				t.Errorf("exit %d\n%s%s", o.code, o.stdout, o.stderr)
			}
		})
	}
}

// TestConformOverTLS: what is started by --run is told whom to trust.
func TestConformOverTLS(t *testing.T) {
	t.Parallel()
	needs(t, "node")
	source, err := filepath.Abs("receivers/node/receiver.mjs")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	o := scrapehookIn(t, dir, []string{"STATE_DIR=" + dir, "ROWS_FILE=" + filepath.Join(dir, "rows.jsonl")},
		"conform", "--fast", "--api-tls", "--filter", "ACK-01,DATA-01", "--run", fmt.Sprintf("exec node '%s'", source),
		"--probe", "file:rows.jsonl", "http://"+freeAddress(t)+"/webhook")
	if o.code != 0 {
		t.Errorf("exit %d\n%s%s", o.code, o.stdout, o.stderr)
	}
}

// TestConformKnownFailures: known failures don't fail a run, passes on the list
// do, and so does a list that is wrong.
func TestConformKnownFailures(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	run := func(list string) outcome {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, "known"), []byte(list), 0o600); err != nil {
			t.Fatal(err)
		}
		return scrapehookIn(t, dir, []string{"ROWS_FILE=" + filepath.Join(dir, "rows.jsonl")},
			"conform", "--fast", "--filter", "ACK-01,DATA-01,IDEM-01", "--known-failing", "known",
			"--run", "exec "+serveBinary+" imports-again", "--probe", "file:rows.jsonl", "http://"+freeAddress(t)+"/")
	}
	if o := run("# ours\n\nIDEM-01 ticket 7\n"); o.code != 0 || !strings.Contains(o.stdout, "known: ticket 7") {
		t.Errorf("exit %d\n%s%s", o.code, o.stdout, o.stderr)
	}
	if o := run("IDEM-01 ticket 7\nACK-01 ticket 8\n"); o.code != 1 || !strings.Contains(o.stdout, "take it off the list") {
		t.Errorf("exit %d\n%s%s", o.code, o.stdout, o.stderr)
	}
	for _, list := range []string{"IDEM-99 gone\n", "IDEM-01\n"} {
		if o := run(list); o.code != 2 || !strings.Contains(o.stderr, "known:1") {
			t.Errorf("exit %d\n%s", o.code, o.stderr)
		}
	}
}

// TestConformWithoutProbe: what nobody sees is not a pass.
func TestConformWithoutProbe(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	run := func(more ...string) outcome {
		args := []string{
			"conform", "--fast", "--output", "json", "--filter", "ACK-01,DATA-01,DUR-01",
			"--run", serveBinary + " correct", "http://" + freeAddress(t) + "/",
		}
		return scrapehookIn(t, dir, []string{"ROWS_FILE=" + filepath.Join(dir, "rows.jsonl")}, append(args, more...)...)
	}
	o := run()
	r := readReport(t, []byte(o.stdout))
	if v := r.verdicts(); o.code != 4 || r.Verdict != "partial" || v["ACK-01"] != "pass" || v["DATA-01"] != "not_observable" || v["DUR-01"] != "not_observable" {
		t.Errorf("exit %d, %s: %v\n%s", o.code, r.Verdict, r.verdicts(), o.stderr)
	}
	if o := run("--allow-partial"); o.code != 0 {
		t.Errorf("exit %d with --allow-partial\n%s", o.code, o.stderr)
	}
}

func TestConformFindsMisuse(t *testing.T) {
	t.Parallel()
	nobody := "http://" + freeAddress(t) + "/webhook"
	dir := t.TempDir()
	taken := listener(t)
	for _, tc := range []struct {
		name string
		args []string
		code int
		says string // the one line on stderr
	}{
		{"unknown flag", []string{"--fats"}, 2, "conform has no flag --fats"},
		{"bad duration", []string{"--effect-timeout", "soon"}, 2, "effect-timeout"},
		{"negative duration", []string{"--effect-timeout", "-1s"}, 2, "--effect-timeout must be more than 0"},
		{"unknown profile", []string{"--profile", "2021"}, 2, `"2021" is not a profile`},
		{"filter that matches nothing", []string{"--filter", "ACK-99"}, 2, `"ACK-99" matches no requirement`},
		{"filter that leaves nothing", []string{"--filter", "ACK,!ACK"}, 2, "selects nothing"},
		{"no URL", []string{"not a url"}, 2, "has no scheme"},
		{"two URLs", []string{nobody, nobody}, 2, "one argument too many"},
		{"unknown probe", []string{"--probe", "ftp:x", nobody}, 2, `no kind "ftp"`},
		{"probe without place", []string{"--probe", "http://127.0.0.1/rows", nobody}, 2, "{job}"},
		{"run without URL", []string{"--run", "true"}, 2, "--run needs the URL"},
		{"unknown output", []string{"--output", "xml"}, 2, `--output "xml"`},
		{"two reports on stdout", []string{"--json", "-", "--junit", "-", nobody}, 2, "stdout"},
		{"report that can't be written", []string{"--json", filepath.Join(dir, "none", "r.json"), nobody}, 2, "--json: the report can't be written: " + dir},
		{"report that is a folder", []string{"--html", dir, nobody}, 2, "--html: the report can't be written"},
		{"two reports in a file", []string{"--html", "r", "--badge", "./r", nobody}, 2, "--html and --badge name the same file, ./r"},
		{"nobody there", []string{nobody, "--api-listen", "127.0.0.1:0"}, 3, "cannot be reached"},
		{"API port in use", []string{nobody, "--api-listen", taken}, 3, "is in use"},
		{"receiver that ends", []string{"--run", "echo no config; exit 9", nobody}, 3, "exit status 9"},
		{"receiver's port in use", []string{"--run", "true", "http://" + taken + "/"}, 3, "already"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			o := scrapehook(t, append([]string{"conform", "--fast"}, tc.args...)...)
			if o.code != tc.code || !strings.Contains(o.stderr, tc.says) {
				t.Errorf("exit %d, want %d with %q on stderr:\n%s", o.code, tc.code, tc.says, o.stderr)
			}
			if o.stdout != "" {
				t.Errorf("stdout is for the report: %s", o.stdout)
			}
		})
	}
}

// TestConformLeavesAnEarlierReport: a run that judges nothing neither empties
// the reports of an earlier one, nor leaves some that are empty.
func TestConformLeavesAnEarlierReport(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	earlier := filepath.Join(dir, "r.json")
	if err := os.WriteFile(earlier, []byte("earlier"), 0o600); err != nil {
		t.Fatal(err)
	}
	o := scrapehookIn(t, dir, nil, "conform", "--json", "r.json", "--html", "r.html", "--api-listen", "127.0.0.1:0", "http://"+freeAddress(t)+"/")
	left, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || o.code != 3 || !slices.Equal(left, []string{earlier}) {
		t.Errorf("%v: exit %d, left are %v", err, o.code, left)
	}
	if body, err := os.ReadFile(earlier); err != nil || string(body) != "earlier" {
		t.Errorf("%v: the earlier report is now %q", err, body)
	}
}

func TestConformList(t *testing.T) {
	t.Parallel()
	o := scrapehook(t, "conform", "--list", "--output", "json", "--filter", "!SHOULD")
	var list []struct{ ID, Level, Title, Source string }
	if err := json.Unmarshal([]byte(o.stdout), &list); err != nil || o.code != 0 {
		t.Fatalf("exit %d, %v: %s", o.code, err, o.stdout)
	}
	var want []string
	for _, s := range catalogue.All() {
		if s.Level == scenarios.Must {
			want = append(want, s.ID)
		}
	}
	var got []string
	for _, entry := range list {
		got = append(got, entry.ID)
	}
	if !slices.Equal(got, want) {
		t.Errorf("listed %v, want %v", got, want)
	}
	if o := scrapehook(t, "conform", "--list"); o.code != 0 || strings.Count(o.stdout, "\n") != len(catalogue.All())+1 {
		t.Errorf("exit %d\n%s", o.code, o.stdout)
	}
}
