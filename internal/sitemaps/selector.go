package sitemaps

import (
	"encoding/json"
	"fmt"
	"strings"
)

// Root is the parent of the selectors that begin on a start page.
const Root = "_root"

// Selector is one selector of a sitemap, as much of it as its records depend on.
type Selector struct {
	ID      string   `json:"id"`
	Type    string   `json:"type"`
	Parents []string `json:"parents"`
	// Multiple: it takes every element that it matches, not the first one alone.
	Multiple bool `json:"multiple,omitempty"`
	// Attribute that ElementAttribute and Group extract.
	Attribute string `json:"attribute,omitempty"`
	// Fields are a table's extracted columns, or those of script data.
	Fields         []Field `json:"fields,omitempty"`
	PaginationType string  `json:"pagination_type,omitempty"`
	// Version, MultipleType and ColumnCount are of extensions after 1.75.
	Version      int    `json:"version,omitempty"`
	MultipleType string `json:"multiple_type,omitempty"`
	ColumnCount  int    `json:"column_count,omitempty"`
}

// Field is a column that a selector names itself.
type Field struct {
	Name  string `json:"name"`
	IsURL bool   `json:"is_url,omitempty"`
}

// The selector types, as sitemaps spell them.
const (
	Text             = "SelectorText"
	Link             = "SelectorLink"
	PopupLink        = "SelectorPopupLink"
	SitemapXMLLink   = "SelectorSitemapXmlLink"
	Image            = "SelectorImage"
	Table            = "SelectorTable"
	HTML             = "SelectorHTML"
	ElementAttribute = "SelectorElementAttribute"
	Group            = "SelectorGroup"
	ScriptData       = "SelectorScriptData"
	Pagination       = "SelectorPagination"
	Element          = "SelectorElement"
	ElementScroll    = "SelectorElementScroll"
	ElementClick     = "SelectorElementClick"
	ActionClick      = "ActionClick"
	ActionScrollDown = "ActionScrollDown"
	// The earliest versions wrote scrolling and micro data under these names.
	scrollElement = "SelectorScrollElement"
	microData     = "SelectorMicroData"
)

// Types are all selector types.
func Types() []string {
	return []string{
		Text, Link, PopupLink, SitemapXMLLink, Image, Table, HTML, ElementAttribute, Group, ScriptData, Pagination,
		Element, ElementScroll, ElementClick, ActionClick, ActionScrollDown, scrollElement, microData,
	}
}

// IsElement reports whether a selector of the type only leads to others, on the
// same page.
func IsElement(selectorType string) bool {
	switch selectorType {
	case Element, ElementScroll, ElementClick, ActionClick, ActionScrollDown, scrollElement:
		return true
	}
	return false
}

// knownMembers are the members that some version writes into a selector. Others
// are accepted, but not one of these in another case.
var knownMembers = lowered(
	"id", "type", "parentSelectors", "selector", "multiple", "regex", "delay", "extractAttribute", "columns",
	"tableHeaderRowSelector", "tableDataRowSelector", "verticalTable", "downloadImage", "linkType", "paginationType",
	"maxPages", "sitemapXmlUrls", "sitemapXmlUrlRegex", "sitemapXmlMinimumPriority", "script", "scriptDataColumns",
	"clickElementSelector", "clickType", "clickActionType", "clickElementUniquenessType", "discardInitialElements",
	"clickPopup", "elementLimit", "scrollElementSelector", "multipleType", "columnCount", "version",
	"microDataSelectorType", "dataObjectSelectors",
)

func lowered(names ...string) map[string]string {
	m := make(map[string]string, len(names))
	for _, name := range names {
		m[strings.ToLower(name)] = name
	}
	return m
}

// readSelector reads the selector at field; what is wrong with it goes to wrong.
func readSelector(raw json.RawMessage, field string, wrong *Error) (s Selector) {
	all, err := members(raw)
	if err != nil {
		wrong.Add(field, fmt.Sprintf("The %s must be a JSON object.", field))
		return s
	}
	values := map[string]json.RawMessage{}
	for _, m := range all {
		if known, ok := knownMembers[strings.ToLower(m.name)]; ok && known != m.name {
			wrong.Add(field, fmt.Sprintf("The %s has a suspicious attribute: %s. It is spelled %s.", field, shown(m.name), known))
			continue
		}
		values[m.name] = m.value
	}
	s = Selector{
		Multiple:       truth(values["multiple"]),
		Attribute:      text(values["extractAttribute"]),
		PaginationType: text(values["paginationType"]),
		Version:        number(values["version"]),
		MultipleType:   text(values["multipleType"]),
		ColumnCount:    number(values["columnCount"]),
	}
	s.readID(values["id"], field+".id", wrong)
	s.readType(values["type"], field+".type", wrong)
	s.readParents(values["parentSelectors"], field+".parentSelectors", wrong)
	switch s.Type {
	case Table:
		// A table has many rows unless it says otherwise.
		s.Multiple = s.Multiple || absent(values["multiple"])
		s.readFields(values["columns"], field+".columns", wrong)
	case ScriptData:
		s.readFields(values["scriptDataColumns"], field+".scriptDataColumns", wrong)
	case SitemapXMLLink, Pagination:
		s.Multiple = true
	}
	return s
}

func (s *Selector) readID(raw json.RawMessage, field string, wrong *Error) {
	switch {
	case absent(raw) || string(raw) == `""`:
		wrong.Add(field, required(field))
	case json.Unmarshal(raw, &s.ID) != nil:
		wrong.Add(field, fmt.Sprintf("The %s must be a string.", field))
	case strings.HasPrefix(s.ID, " ") || strings.HasPrefix(s.ID, "_") || strings.HasPrefix(s.ID, "web-scraper"):
		wrong.Add(field, fmt.Sprintf("The %s %s must not begin with a space, _ or web-scraper.", field, shown(s.ID)))
	case hasControl(s.ID):
		wrong.Add(field, fmt.Sprintf("The %s %s must not have control characters.", field, shown(s.ID)))
	}
}

func (s *Selector) readType(raw json.RawMessage, field string, wrong *Error) {
	if absent(raw) {
		wrong.Add(field, required(field))
		return
	}
	s.Type = text(raw)
	for _, known := range Types() {
		if s.Type == known {
			return
		}
	}
	wrong.Add(field, fmt.Sprintf("The %s is not a selector type: %s.", field, shown(strings.Trim(string(raw), `"`))))
}

// readParents reads the parents. A selector that names none is taken as one of
// the start page; what the vendor makes of it is not known.
func (s *Selector) readParents(raw json.RawMessage, field string, wrong *Error) {
	if one := text(raw); one != "" {
		s.Parents = []string{one}
	} else if !absent(raw) && json.Unmarshal(raw, &s.Parents) != nil {
		wrong.Add(field, fmt.Sprintf("The %s must be a list of selector ids.", field))
	}
	if len(s.Parents) == 0 {
		s.Parents = []string{Root}
	}
}

// readFields reads the columns that a table or script data names itself. Of a
// table's only those count whose extract is true.
func (s *Selector) readFields(raw json.RawMessage, field string, wrong *Error) {
	if absent(raw) {
		return
	}
	columns, err := elements(raw, MaxSelectors)
	if err != nil {
		wrong.Add(field, fmt.Sprintf("The %s %s.", field, err))
		return
	}
	for i, raw := range columns {
		var c map[string]json.RawMessage
		if json.Unmarshal(raw, &c) != nil {
			wrong.Add(field, fmt.Sprintf("The %s.%d must be a JSON object.", field, i))
			continue
		}
		name := text(c["name"])
		if name == "" || s.Type == Table && string(c["extract"]) != "true" {
			continue
		}
		if hasControl(name) {
			at := fmt.Sprintf("%s.%d.name", field, i)
			wrong.Add(at, fmt.Sprintf("The %s %s must not have control characters.", at, shown(name)))
			continue
		}
		s.Fields = append(s.Fields, Field{name, truth(c["is_url"])})
	}
}

func hasControl(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f })
}

// text is a JSON string's value, and empty for anything else.
func text(raw json.RawMessage) string {
	var s string
	if json.Unmarshal(raw, &s) != nil {
		return ""
	}
	return s
}

// truth reads a flag; old versions wrote some of them as strings.
func truth(raw json.RawMessage) bool {
	return string(raw) == "true" || string(raw) == `"true"` || string(raw) == "1"
}

func number(raw json.RawMessage) int {
	var n float64
	if json.Unmarshal(raw, &n) != nil || !(n >= 0 && n <= 1000) {
		return 0
	}
	return int(n)
}
