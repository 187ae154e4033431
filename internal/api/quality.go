package api

import (
	"net/http"

	"github.com/scrapehook/scrapehook/internal/cloud"
)

// What the data quality control expects. At the vendor's a user sets it in the
// web interface, which the API can't; these values are an assumption.
const (
	expectedRecords          = 1
	expectedProblemsPercent  = 5
	expectedColumnPercentage = 80
)

// check is one rule of the data quality control.
type check struct {
	Got      float64 `json:"got"`
	Expected float64 `json:"expected"`
	Success  bool    `json:"success"`
}

func atLeast(got, expected float64) check { return check{got, expected, got >= expected} }
func atMost(got, expected float64) check  { return check{got, expected, got <= expected} }

// qualityJSON has exactly the contract's fields.
type qualityJSON struct {
	MinRecordCount     check            `json:"min_record_count"`
	MaxFailedPages     check            `json:"max_failed_pages_percent"`
	MaxEmptyPages      check            `json:"max_empty_pages_percent"`
	MaxNoValuePages    check            `json:"max_no_value_pages_percent"`
	MinColumnRecords   map[string]check `json:"min_column_records"`
	OverallDataQuality bool             `json:"overall_data_quality_success"`
}

// newQuality judges a job that has ended.
func newQuality(j cloud.Job, columns []cloud.Column) qualityJSON {
	percent := func(pages int) float64 {
		if j.JobsExecuted == 0 {
			return 0
		}
		return 100 * float64(pages) / float64(j.JobsExecuted)
	}
	q := qualityJSON{
		MinRecordCount:     atLeast(float64(j.StoredRecordCount), expectedRecords),
		MaxFailedPages:     atMost(percent(j.JobsFailed), expectedProblemsPercent),
		MaxEmptyPages:      atMost(percent(j.JobsEmpty), expectedProblemsPercent),
		MaxNoValuePages:    atMost(percent(j.JobsNoValue), expectedProblemsPercent),
		MinColumnRecords:   make(map[string]check, len(columns)),
		OverallDataQuality: true,
	}
	for _, c := range columns {
		q.MinColumnRecords[c.Name] = atLeast(c.Filled, expectedColumnPercentage)
		q.OverallDataQuality = q.OverallDataQuality && q.MinColumnRecords[c.Name].Success
	}
	for _, c := range []check{q.MinRecordCount, q.MaxFailedPages, q.MaxEmptyPages, q.MaxNoValuePages} {
		q.OverallDataQuality = q.OverallDataQuality && c.Success
	}
	return q
}

// dataQuality is GET scraping-job/{id}/data-quality.
func (s *server) dataQuality(r *http.Request) (any, error) {
	id, err := pathID(r)
	if err != nil {
		return nil, err
	}
	j, err := s.cfg.Cloud.Job(id)
	if err != nil {
		return nil, err
	}
	if !j.Status.Ended() {
		return nil, invalid("scraping_job_id", "Data quality check not available yet, scraping job not finished")
	}
	columns, err := s.cfg.Cloud.DataColumns(id)
	if err != nil {
		return nil, err
	}
	return newQuality(j, columns), nil
}

// problematicURLs is GET scraping-job/{id}/problematic-urls.
func (s *server) problematicURLs(r *http.Request) (any, error) {
	type item struct {
		URL  string        `json:"url"`
		Type cloud.Turnout `json:"type"`
	}
	id, err := pathID(r)
	if err != nil {
		return nil, err
	}
	number := pageNumber(r)
	found, total, err := s.cfg.Cloud.Problems(id, (number-1)*perPage, perPage)
	if err != nil {
		return nil, err
	}
	return newPage(number, total, each(found, func(p cloud.Problem) item { return item{p.URL, p.Type} })), nil
}
