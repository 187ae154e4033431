package report

import (
	"embed"
	"fmt"
	"html/template"
	"io"
	"strings"

	"github.com/scrapehook/scrapehook/internal/page"
	"github.com/scrapehook/scrapehook/scenarios"
)

//go:embed html
var htmlFiles embed.FS

var htmlBody = template.Must(template.New("report.tmpl").
	Funcs(template.FuncMap{"label": plainLabel, "inLine": inLine, "cited": citationURL}).
	ParseFS(htmlFiles, "html/report.tmpl"))

// verdictColors are those of a page's icon and of a badge, for verdicts on the
// whole. White text on them can be read (WCAG 2.2, contrast AA).
var verdictColors = map[scenarios.Verdict]string{
	scenarios.Pass:          "#1a6e33",
	scenarios.Fail:          "#b3141f",
	scenarios.NotObservable: "#0a637f",
	scenarios.Errored:       "#962087",
}

// HTML writes the report as one page that needs nothing else, with what changed
// since an earlier one; nil when nothing was compared. Everything that
// came from the receiver is escaped, and what is shown of it is bounded: a page
// has at most a few MB, whatever a receiver answers.
func HTML(w io.Writer, r scenarios.Report, compared *Comparison) error {
	view := viewOf(r, compared)
	var body strings.Builder
	if err := htmlBody.Execute(&body, view); err != nil {
		return fmt.Errorf("writing the report as HTML: %w", err)
	}
	style, err := htmlFiles.ReadFile("html/report.css")
	if err != nil {
		return fmt.Errorf("writing the report as HTML: %w", err)
	}
	script, err := htmlFiles.ReadFile("html/report.js")
	if err != nil {
		return fmt.Errorf("writing the report as HTML: %w", err)
	}
	return page.Write(w, page.Document{
		Title:  fmt.Sprintf("%s: %s", view.Headline, r.Name),
		Kind:   "conformance report",
		Color:  verdictColors[view.Face],
		Body:   template.HTML(body.String()), //nolint:gosec // made by a template that escapes
		Style:  template.CSS(style),          //nolint:gosec // written by us
		Script: template.JS(script),          //nolint:gosec // written by us
		Foot:   "Made by scrapehook " + r.Version + ". This page is one file: it asks for nothing from any network.",
	})
}

// plainLabel is the label of a verdict where it is not shouted.
func plainLabel(v scenarios.Verdict) string { return strings.ToLower(label(v)) }
