package report

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/scrapehook/scrapehook/internal/human"
	"github.com/scrapehook/scrapehook/scenarios"
)

// evidenceView is one thing that happened, or a gap where some are left out.
type evidenceView struct {
	At, Kind, Text, Took string
	Wire                 *wireView
	Left                 string // set: this is a gap
}

type wireView struct {
	Request, Answer messageView
	Curl            string
}

type messageView struct {
	Name, Head, Body, Size string
	Cut                    bool
}

// What is shown is bounded by requirement and, in bytes, for the page; what
// isn't right comes first. The JSON report has all.
const (
	evidenceOfPass  = 40
	evidenceOfOther = 200
	evidenceBytes   = 3 << 20
	textShown       = 600
	bodyOfPass      = 512 // a body of a requirement that is met needs no more
)

// shownEvidence returns what is shown of each result's evidence.
func shownEvidence(results []scenarios.Result) [][]evidenceView {
	shown := make([][]evidenceView, len(results))
	left := budget(evidenceBytes)
	for _, met := range []bool{false, true} {
		for i, r := range results {
			if (r.Verdict == scenarios.Pass) == met {
				shown[i] = left.evidence(r.Evidence, met)
			}
		}
	}
	return shown
}

// budget is how many bytes may still be shown.
type budget int

func (left *budget) take(n int) bool {
	if n > int(*left) {
		return false
	}
	*left -= budget(n)
	return true
}

// evidence returns the beginning and the end of a requirement's evidence, with
// a gap between them where there is too much.
func (left *budget) evidence(all []scenarios.Evidence, met bool) []evidenceView {
	most := evidenceOfOther
	if met {
		most = evidenceOfPass
	}
	if len(all) <= most {
		return left.views(all, met)
	}
	tail := most / 4
	gap := evidenceView{Left: fmt.Sprintf("%d more are left out here; the JSON report (--json) has them", len(all)-most)}
	return slices.Concat(left.views(all[:most-tail], met), []evidenceView{gap}, left.views(all[len(all)-tail:], met))
}

func (left *budget) views(all []scenarios.Evidence, met bool) []evidenceView {
	views := make([]evidenceView, 0, len(all))
	for i, e := range all {
		text := human.Shorten(e.Text, textShown)
		if !left.take(len(text)) {
			return append(views, evidenceView{Left: fmt.Sprintf("%d more are left out to keep this page small; the JSON report (--json) has them", len(all)-i)})
		}
		v := evidenceView{At: since(e.At), Kind: string(e.Kind), Text: text, Wire: left.wire(e.Wire, met)}
		if e.Took >= time.Microsecond && e.Kind != scenarios.OfRequest && e.Kind != scenarios.OfAPI {
			v.Took = Took(e.Took)
		}
		views = append(views, v)
	}
	return views
}

// wire is what is shown of an exchange; nothing once the page is full.
func (left *budget) wire(w *scenarios.Wire, met bool) *wireView {
	if w == nil {
		return nil
	}
	most := int(^uint(0) >> 1)
	if met {
		most = bodyOfPass
	}
	v := &wireView{messageOf("Request", w.Request, most), messageOf("Answer", w.Answer, most), w.Curl}
	if !left.take(len(v.Request.Head) + len(v.Request.Body) + len(v.Answer.Head) + len(v.Answer.Body) + len(v.Curl)) {
		return nil
	}
	return v
}

func messageOf(name string, m scenarios.Message, most int) messageView {
	body := human.Prefix(m.Body, most)
	v := messageView{Name: name, Head: strings.TrimSpace(m.Head), Body: body, Cut: int64(len(body)) < m.Bytes}
	switch {
	case v.Cut:
		v.Size = fmt.Sprintf("the first %d of %d bytes of the body", len(body), m.Bytes)
	case m.Bytes > 0:
		v.Size = fmt.Sprintf("%d bytes of body", m.Bytes)
	}
	return v
}

// countKinds counts evidence by its kind, in words.
func countKinds(all []scenarios.Evidence) string {
	counts := map[scenarios.Kind]int{}
	for _, e := range all {
		counts[e.Kind]++
	}
	var parts []string
	for _, k := range []struct {
		kind      scenarios.Kind
		one, more string
	}{
		{scenarios.OfRequest, "request", "requests"},
		{scenarios.OfAPI, "API call", "API calls"},
		{scenarios.OfProbe, "probe reading", "probe readings"},
		{scenarios.OfProcess, "process event", "process events"},
	} {
		if n := counts[k.kind]; n > 0 {
			parts = append(parts, human.Count(n, k.one, k.more))
		}
	}
	return strings.Join(parts, ", ")
}
