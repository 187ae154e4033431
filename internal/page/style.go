package page

import "html/template"

// Style and Script are those of all pages, for pages that are served with files
// of their own.
func Style() string { return style }

// Script is the script of all pages; see [Style].
func Script() string { return script }

// ownColor is that of the icon of a page that has none of its own.
const ownColor = "#1f5fbf"

// Icon is the project's icon.
func Icon() template.URL { return icon(ownColor) }
