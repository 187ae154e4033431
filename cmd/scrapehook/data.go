package main

import (
	"strings"

	"github.com/spf13/pflag"

	"github.com/scrapehook/scrapehook/internal/records"
	"github.com/scrapehook/scrapehook/internal/sitemaps"
)

// dataFlags say what the records of jobs look like.
type dataFlags struct {
	missing, scripts           []string
	currency, dates, extension string
	rawUnicode                 bool
}

func (f *dataFlags) add(flags *pflag.FlagSet) {
	flags.StringArrayVar(&f.missing, "missing", nil, "`share` of missing values, like 10%, or price=40% for a column or selector; several may be given\n(default by name: from 0% for titles to 12%)")
	flags.StringSliceVar(&f.scripts, "script", nil, "`scripts` that words are written in: "+strings.Join(records.Scripts(), ", ")+" (default latin)")
	flags.StringVar(&f.currency, "currency", "USD", "of prices: "+strings.Join(records.Currencies(), ", "))
	flags.StringVar(&f.dates, "dates", "iso", "how dates are written: "+strings.Join(records.DateStyles(), ", "))
	flags.BoolVar(&f.rawUnicode, "raw-unicode", false, "JSON has characters beyond ASCII as they are, not as \\u00e9")
	flags.StringVar(&f.extension, "extension", string(sitemaps.Extension175), "`version` of the extension that decides which columns selectors have: "+
		string(sitemaps.Extension175)+", or "+string(sitemaps.Extension1107)+" (an assumption)")
}

func (f *dataFlags) options() (records.Options, error) {
	o := records.Options{
		Scripts: f.scripts, Currency: f.currency, Dates: f.dates,
		RawUnicode: f.rawUnicode, Extension: sitemaps.Extension(f.extension),
	}
	for _, text := range f.missing {
		if err := o.ParseMissing(text); err != nil {
			return o, usageError("--missing %w", err)
		}
	}
	if err := o.Check(); err != nil {
		return o, usageError("%w", err)
	}
	return o, nil
}

// ownFlags name a user's own sitemaps and rows.
type ownFlags struct {
	dataFlags
	sitemaps, records []string
}

func (f *ownFlags) add(flags *pflag.FlagSet) {
	flags.StringArrayVar(&f.sitemaps, "sitemap", nil, "`file` of a sitemap of your own, as the extension exports it; several may be given")
	flags.StringArrayVar(&f.records, "records", nil, "rows of your own: `[SITEMAP=]FILE` of JSON lines, a JSON array, CSV or XLSX; several may be given")
	f.dataFlags.add(flags)
}

// open reads what the flags name.
func (f *ownFlags) open() (*records.Own, records.Options, error) {
	o, err := f.options()
	if err != nil {
		return nil, o, err
	}
	own, err := records.OpenOwn(f.sitemaps, f.records, o)
	if err != nil {
		return nil, o, usageError("%w", err)
	}
	return own, o, nil
}
