package records

import (
	"fmt"
	"strings"

	"github.com/scrapehook/scrapehook/internal/sitemaps"
)

// Own are a user's own sitemaps and rows.
type Own struct {
	Sitemaps []*sitemaps.Sitemap
	// Files are rows by the name of their sitemap; those of "" are for every other
	// one.
	Files map[string]*File
}

// OpenOwn reads what a user brings: paths of sitemaps, and of rows as FILE or
// SITEMAP=FILE. Rows must have the columns of the sitemap that they are for, when
// it is brought too. An error says which file is wrong and where.
func OpenOwn(sitemapPaths, recordPaths []string, o Options) (*Own, error) {
	own := &Own{Files: map[string]*File{}}
	if err := own.open(sitemapPaths, recordPaths, o); err != nil {
		own.Close()
		return nil, err
	}
	return own, nil
}

func (own *Own) open(sitemapPaths, recordPaths []string, o Options) error {
	for _, path := range sitemapPaths {
		s, err := sitemaps.ReadFile(path)
		if err != nil {
			return err
		}
		for _, other := range own.Sitemaps {
			if other.Name == s.Name {
				return fmt.Errorf("reading a sitemap: %s: there are two of the name %q", path, s.Name)
			}
		}
		own.Sitemaps = append(own.Sitemaps, s)
	}
	for _, text := range recordPaths {
		name, path, named := strings.Cut(text, "=")
		if !named {
			name, path = "", text
		}
		if own.Files[name] != nil {
			return fmt.Errorf("reading records: sitemap %q has two files", name)
		}
		file, err := Open(path)
		if err != nil {
			return err
		}
		own.Files[name] = file
	}
	for _, s := range own.Sitemaps {
		file := own.Files[s.Name]
		if file == nil {
			file = own.Files[""]
		}
		if file == nil {
			continue
		}
		layout, err := NewLayout(s.Selectors, o)
		if err != nil {
			return err
		}
		if err := file.Check(layout); err != nil {
			return fmt.Errorf("records of sitemap %q: %w", s.Name, err)
		}
	}
	return nil
}

// Close lets go of the files.
func (own *Own) Close() {
	for _, file := range own.Files {
		_ = file.Close() // it was only read
	}
}
