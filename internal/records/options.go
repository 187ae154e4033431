package records

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/scrapehook/scrapehook/internal/sitemaps"
)

// Options say what values look like. The zero value has English words, prices in
// dollars, ISO dates, and values missing about as often as in real exports.
type Options struct {
	// Missing is the share of missing values, from 0 to 1, by the name of a column
	// or the id of a selector; that of "" is for all others. Without one the share
	// follows from the name: from 0 for titles to 12% for the least certain.
	Missing map[string]float64
	// Scripts that words are written in, one of them for each value; none: latin.
	Scripts []string
	// Currency of prices; empty: USD. See [Currencies].
	Currency string
	// Dates is how dates are written; empty: iso. See [DateStyles].
	Dates string
	// RawUnicode has characters beyond ASCII as they are in JSON; false: as PHP's
	// json_encode writes them, \u00e9.
	RawUnicode bool
	// Extension decides which columns a selector has.
	Extension sitemaps.Extension
}

// Scripts are the names that [Options] knows, "mixed" for all of them.
func Scripts() []string {
	names := make([]string, 0, len(scripts)+1)
	for _, s := range scripts {
		names = append(names, s.name)
	}
	return append(names, "mixed")
}

// Currencies are the names that [Options] knows; "none" is a plain number.
func Currencies() []string {
	return []string{"USD", "EUR", "GBP", "CHF", "JPY", "CNY", "INR", "PLN", "RUB", "none"}
}

// DateStyles are the names that [Options] knows: 2024-10-31, 2024-10-31T14:05:00Z,
// 10/31/2024, 31/10/2024, 31.10.2024 and October 31, 2024.
func DateStyles() []string { return []string{"iso", "datetime", "us", "uk", "de", "long"} }

// Check refuses what is not known.
func (o *Options) Check() error {
	for name, share := range o.Missing {
		if !(share >= 0 && share <= 1) {
			return fmt.Errorf("the share of missing values of %q must be 0%% to 100%%", name)
		}
	}
	for _, name := range o.Scripts {
		if !slices.Contains(Scripts(), name) {
			return fmt.Errorf("script %q: use %s", name, strings.Join(Scripts(), ", "))
		}
	}
	if o.Currency != "" && !slices.Contains(Currencies(), o.Currency) {
		return fmt.Errorf("currency %q: use %s", o.Currency, strings.Join(Currencies(), ", "))
	}
	if o.Dates != "" && !slices.Contains(DateStyles(), o.Dates) {
		return fmt.Errorf("dates %q: use %s", o.Dates, strings.Join(DateStyles(), ", "))
	}
	return o.Extension.Check()
}

// ParseMissing adds a share of missing values as users write it: 10% for all, or
// price=40% for a column or selector.
func (o *Options) ParseMissing(text string) error {
	name, percent := "", text
	if i := strings.LastIndexByte(text, '='); i >= 0 {
		name, percent = text[:i], text[i+1:]
	}
	number, ok := strings.CutSuffix(percent, "%")
	share, err := strconv.ParseFloat(number, 64)
	if !ok || err != nil || !(share >= 0 && share <= 100) {
		return fmt.Errorf("%q: write it like 10%% or price=40%%", text)
	}
	if o.Missing == nil {
		o.Missing = map[string]float64{}
	}
	o.Missing[name] = share / 100
	return nil
}

// share is how often a column lacks its value; certain ones do when users say so.
func (o *Options) share(c sitemaps.Column, s *sitemaps.Selector, certain bool) float64 {
	for _, name := range []string{c.Name, s.ID, ""} {
		if share, ok := o.Missing[name]; ok {
			return share
		}
	}
	if certain {
		return 0
	}
	switch c.Kind {
	case sitemaps.KindGroup:
		return 0 // a group that finds nothing is an empty array
	case sitemaps.KindPage:
		return 0.1 // nothing leads to the first page
	default:
	}
	name := s.ID // a link's text and address are missing together
	if s.Type == sitemaps.Table || s.Type == sitemaps.ScriptData {
		name = c.Name
	}
	return meaningOf(name).missing(name)
}
