package report

import "github.com/scrapehook/scrapehook/scenarios"

// learned is what the run found out beside the verdicts on requirements.
type learned struct {
	// Checked: only the setup was looked at.
	Checked bool `json:"checked"`
	// Setup is why nothing was judged; missing: the setup was in order.
	Setup  *setup  `json:"setup,omitempty"`
	Looks  []look  `json:"looks"`
	Causes []cause `json:"causes"`
	Deaths []death `json:"deaths"`
	// Forms say how the probes show columns in other forms than the API.
	Forms           []string `json:"forms"`
	SlowestImportMS int64    `json:"slowest_import_ms"`
	SlowestRetryMS  int64    `json:"slowest_retry_ms"`
}

type setup struct {
	Problem string `json:"problem"`
	Next    string `json:"next"`
}

// look is one thing that was seen of the setup.
type look struct {
	Name  string `json:"name"`
	Seen  string `json:"seen"`
	Wrong bool   `json:"wrong"`
}

type cause struct {
	Sentence string   `json:"sentence"`
	Next     string   `json:"next"`
	IDs      []string `json:"ids"`
	Output   string   `json:"output,omitempty"`
}

type death struct {
	AtMS      int64    `json:"at_ms"`
	How       string   `json:"how"`
	Requests  []string `json:"requests"`
	Scenarios []string `json:"scenarios"`
	Output    string   `json:"output"`
	Restarted bool     `json:"restarted"`
}

func learnedOf(r scenarios.Report) learned {
	l := learned{
		Checked: r.Checked, Looks: []look{}, Causes: []cause{}, Deaths: []death{}, Forms: array(r.Forms),
		SlowestImportMS: r.SlowestImport.Milliseconds(), SlowestRetryMS: r.SlowestRetry.Milliseconds(),
	}
	if r.Setup != nil {
		l.Setup = &setup{r.Setup.Problem, r.Setup.Next}
	}
	for _, saw := range r.Looks {
		l.Looks = append(l.Looks, look(saw))
	}
	for _, c := range r.Conclude().Causes {
		l.Causes = append(l.Causes, cause{c.Sentence, c.Next, array(c.IDs), c.Output})
	}
	for _, d := range r.Deaths {
		l.Deaths = append(l.Deaths, death{d.At.Milliseconds(), d.How, array(d.Requests), array(d.Scenarios), d.Output, d.Restarted})
	}
	return l
}

// array makes an array of no list, rather than null.
func array(list []string) []string { return append([]string{}, list...) }
