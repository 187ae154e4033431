package sitemaps

import "fmt"

// Kind is what kind of value a column has.
type Kind int

// The kinds of columns.
const (
	KindText      Kind = iota
	KindLinkText       // the text of a link
	KindURL            // where a link leads
	KindImage          // an image's address
	KindHTML           // an element's HTML
	KindAttribute      // an element's attribute
	KindGroup          // a JSON array of texts, as text
	KindPage           // the page of a pagination
)

// Column is a column of a sitemap's records.
type Column struct {
	Name string
	Kind Kind
	// Selector is the index of its selector.
	Selector int
}

// Extension is a version of the vendor's extension that decides which columns a
// selector has.
type Extension string

// The versions whose columns are known. Contract, section 2a, has those of 1.75,
// which is the default. Those of 1.107 are an assumption: public copies of it
// give selectors of version 2 one column each, without -href and -src, and several
// to a selector with multipleColumns.
const (
	Extension175  Extension = "1.75"
	Extension1107 Extension = "1.107"
)

// Check refuses a version that is not known; empty is the default.
func (e Extension) Check() error {
	switch e {
	case "", Extension175, Extension1107:
		return nil
	}
	return fmt.Errorf("extension %q: use %s or %s", string(e), Extension175, Extension1107)
}

// Columns are the data's columns in the extension's order, that of the selectors.
// A name that comes twice is one column, where it comes first: a JSON object can't
// have it twice.
func Columns(selectors []Selector, e Extension) []Column {
	var all []Column
	seen := map[string]bool{}
	for i := range selectors {
		for _, c := range selectors[i].columns(e) {
			if !seen[c.Name] {
				seen[c.Name] = true
				c.Selector = i
				all = append(all, c)
			}
		}
	}
	return all
}

// columns are those of one selector (contract, section 2a).
func (s *Selector) columns(e Extension) []Column {
	if e == Extension1107 {
		if c := s.laterColumns(); c != nil {
			return c
		}
	}
	switch s.Type {
	case Link, PopupLink:
		return []Column{{Name: s.ID, Kind: KindLinkText}, {Name: s.ID + "-href", Kind: KindURL}}
	case SitemapXMLLink:
		return []Column{{Name: s.ID + "-href", Kind: KindURL}}
	case Image:
		return []Column{{Name: s.ID + "-src", Kind: KindImage}}
	case HTML:
		return []Column{{Name: s.ID, Kind: KindHTML}}
	case ElementAttribute:
		return []Column{{Name: s.ID, Kind: KindAttribute}}
	case Group:
		return []Column{{Name: s.ID, Kind: KindGroup}}
	case Table, ScriptData:
		var all []Column
		for _, f := range s.Fields {
			kind := KindText
			if f.IsURL {
				kind = KindURL
			}
			all = append(all, Column{Name: f.Name, Kind: kind})
		}
		return all
	case Pagination:
		if s.PaginationType == "clickMore" || s.PaginationType == "clickOnce" {
			return nil
		}
		return []Column{{Name: s.ID, Kind: KindPage}}
	}
	if IsElement(s.Type) {
		return nil
	}
	return []Column{{Name: s.ID, Kind: KindText}}
}

// laterColumns are those that extension 1.107 gives instead, or nil.
func (s *Selector) laterColumns() []Column {
	second := s.Version > 1
	if s.MultipleType == "multipleColumns" && (s.Type == Text || s.Type == Image) {
		count := s.ColumnCount
		if count == 0 {
			count = 5
		}
		format, kind := "%s-%d", KindText
		if second {
			format = "%s_%d"
		}
		if s.Type == Image {
			kind = KindImage
			if !second {
				format += "-src"
			}
		}
		var all []Column
		for i := range count {
			all = append(all, Column{Name: fmt.Sprintf(format, s.ID, i+1), Kind: kind})
		}
		return all
	}
	if !second {
		return nil
	}
	switch s.Type {
	case Link, SitemapXMLLink:
		return []Column{{Name: s.ID, Kind: KindURL}}
	case Image:
		return []Column{{Name: s.ID, Kind: KindImage}}
	}
	return nil
}
