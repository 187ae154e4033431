// Package page is what the project's HTML pages share: the frame around them,
// the style in light and dark, and charts drawn as inline SVG. A page is one
// file that needs no network, asks for none, and reads the same with scripts
// off. It knows nothing of what the pages are about.
package page

import (
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
)

// Document is one page.
type Document struct {
	Title string
	// Kind says beside the project's name what page it is.
	Kind string
	// Color is that of the page's icon in a browser's tab, as CSS writes it;
	// empty is the project's own.
	Color string
	// Body is the page's content, below the bar with its name.
	Body template.HTML
	// Style and Script are added to those that all pages have.
	Style  template.CSS
	Script template.JS
	// Foot is the last line.
	Foot string
}

//go:embed page.css
var style string

//go:embed page.js
var script string

//go:embed page.tmpl
var frameText string

var frame = template.Must(template.New("page").Parse(frameText))

// Write writes the page. Its security policy lets its own style and script
// run, by their hashes, and nothing else: what a receiver managed to smuggle
// into a page could neither run nor call home.
func Write(w io.Writer, d Document) error {
	if d.Color == "" {
		d.Color = ownColor
	}
	css, js := style+string(d.Style), script+string(d.Script)
	err := frame.Execute(w, struct {
		Document
		Policy string
		Icon   template.URL
		CSS    template.CSS
		JS     template.JS
	}{
		Document: d,
		Policy: fmt.Sprintf("default-src 'none'; style-src %s; script-src %s; img-src data:; base-uri 'none'; form-action 'none'",
			hashOf(css), hashOf(js)),
		Icon: icon(d.Color),
		CSS:  template.CSS(css), //nolint:gosec // written by us
		JS:   template.JS(js),   //nolint:gosec // written by us
	})
	if err != nil {
		return fmt.Errorf("writing the page: %w", err)
	}
	return nil
}

// hashOf is the source expression by which a policy allows a text (CSP level
// 2, section 4.2.2).
func hashOf(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}

// icon is a hook in a disk of that colour.
func icon(color string) template.URL {
	svg := fmt.Sprintf(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><circle cx="8" cy="8" r="8" fill="%s"/>`+
		`<path d="M10 3v6a2.5 2.5 0 0 1-5 0V8" fill="none" stroke="#fff" stroke-width="1.8" stroke-linecap="round"/></svg>`,
		template.HTMLEscapeString(color))
	return template.URL("data:image/svg+xml;base64," + base64.StdEncoding.EncodeToString([]byte(svg))) //nolint:gosec // made of a drawing and an escaped colour
}
