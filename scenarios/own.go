package scenarios

import (
	"fmt"

	"github.com/scrapehook/scrapehook/internal/records"
)

// leastOwnRows is how many rows of the user's own a run needs: jobs that grow from
// one end to the next have up to 50, and those that are killed half-way 100.
const leastOwnRows = 100

// openOwn reads the user's sitemap and rows, if there are any.
func openOwn(cfg Config, data records.Options) (*records.Own, error) {
	var sitemaps, files []string
	if cfg.Sitemap != "" {
		sitemaps = []string{cfg.Sitemap}
	}
	if cfg.Records != "" {
		files = []string{"=" + cfg.Records} // for every sitemap of the run
	}
	own, err := records.OpenOwn(sitemaps, files, data)
	if err != nil {
		return nil, err
	}
	if file := own.Files[""]; file != nil && file.Len() < leastOwnRows {
		own.Close()
		return nil, fmt.Errorf("%s has %d rows: a run needs at least %d, different from each other", cfg.Records, file.Len(), leastOwnRows)
	}
	return own, nil
}

// atMost is a number of rows, or as many as there are of the user's own.
func (h *harness) atMost(rows int) int {
	if file := h.own.Files[""]; file != nil {
		return min(rows, file.Len())
	}
	return rows
}
