package answer

import (
	"mime"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// isHTML reports whether a body is a page, by its header or by its beginning.
func isHTML(contentType, body string) bool {
	if kind, _, err := mime.ParseMediaType(contentType); err == nil {
		return kind == "text/html" || kind == "application/xhtml+xml"
	}
	start := strings.ToLower(strings.TrimSpace(body[:min(len(body), 64)]))
	return strings.HasPrefix(start, "<!doctype html") || strings.HasPrefix(start, "<html")
}

// inline are the elements that begin no line of their own.
var inline = map[atom.Atom]bool{
	atom.A: true, atom.Abbr: true, atom.B: true, atom.Code: true, atom.Em: true, atom.Font: true, atom.I: true, atom.Kbd: true,
	atom.Samp: true, atom.Small: true, atom.Span: true, atom.Strong: true, atom.Td: true, atom.Th: true, atom.Tt: true, atom.Var: true,
}

// textOfHTML is what a page says: frameworks show their errors as pages, and what
// is looked for in one is not its markup.
func textOfHTML(page string) string {
	var b strings.Builder
	tokens := html.NewTokenizer(strings.NewReader(page))
	var hidden atom.Atom // the element whose text is not for people
	pre := 0
	for {
		switch kind := tokens.Next(); kind {
		case html.ErrorToken:
			return strings.ReplaceAll(b.String(), "\u00A0", " ")
		case html.TextToken:
			text := string(tokens.Text())
			switch {
			case hidden != 0:
			case pre > 0:
				b.WriteString(text)
			default:
				b.WriteString(unindented(text))
			}
		case html.StartTagToken, html.EndTagToken, html.SelfClosingTagToken:
			raw := string(tokens.Raw()) // TagName changes it
			name, _ := tokens.TagName()
			tag := atom.Lookup(name)
			switch {
			case tag == 0 && hidden == 0:
				b.WriteString(raw) // such as <anonymous>, which somebody did not escape
				continue
			case kind == html.StartTagToken && (tag == atom.Script || tag == atom.Style):
				hidden = tag
			case kind == html.EndTagToken && tag == hidden:
				hidden = 0
			case kind == html.StartTagToken && tag == atom.Pre:
				pre++
			case kind == html.EndTagToken && tag == atom.Pre:
				pre = max(0, pre-1)
			}
			if !inline[tag] {
				b.WriteByte('\n')
			}
		case html.CommentToken, html.DoctypeToken:
		}
	}
}

// unindented is text without what indents its lines, which in a page is layout of
// the source only. Line ends stay: PHP prints its errors so.
func unindented(text string) string {
	lines := strings.Split(text, "\n")
	for i := range lines {
		if i > 0 { // the first one goes on with a line
			lines[i] = strings.TrimLeft(lines[i], " \t\r\f")
		}
	}
	return strings.Join(lines, "\n")
}
