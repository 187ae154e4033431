package report

import (
	"strings"

	"github.com/scrapehook/scrapehook/scenarios"
)

// DocsURL is where the project's documents are read.
const DocsURL = "https://github.com/scrapehook/scrapehook/blob/main/docs/"

// contractSections say in which section of docs/contract.md it stands what a
// document says: the first line whose texts are both found decides.
var contractSections = []struct{ document, quote, section string }{
	{"webhooks-2020 (", "respond with 2xx", "answering"},
	{"webhooks-2020 (", "success response immediately", "answering"},
	{"webhooks-2020 (", "resend the notification", "answering"},
	{"webhooks-2020 (", "will be resent", "resends"},
	{"webhooks-2020 (", "queue system", "deferring-the-import"},
	{"webhooks-2020 (", "once the job has completed", "when-it-is-sent"},
	{"webhooks-2020 (", "POST FORM", "the-request"},
	{"webhooks-2020 (", "continue it manually", "jobs-that-are-continued"},
	{"webhooks-2020 (", "failed - ", "statuses"},
	{"webhooks-2020 (", "shelved - ", "statuses"},
	{"webhooks-2020 (", "This status", "statuses"},
	{"contract, section 1: fields", "", "the-form"},
	{"contract, section 1: request", "", "the-request"},
	{"contract, section 1: identity", "", "identity"},
	{"contract, section 1: authenticity", "", "authenticity"},
	{"contract, section 1", "success:", "answering"},
	{"contract, section 1", "sitemap names", "sitemap-names"},
	{"contract, section 1", "can be continued", "jobs-that-are-continued"},
	{"contract, section 1", "order between jobs", "order"},
	{"contract, section 2", "ate limit", "rate-limit"},
	{"contract, section 2", "429", "rate-limit"},
	{"contract, section 2", "workbook", "download-csv-and-xlsx"},
	{"contract, section 2", "JSON object a line", "download-json"},
	{"contract, section 2", "0 bytes", "download-json"},
	{"contract, section 2", "GET scraping-job/{id}", "job-state"},
	{"contract, section 3", "", "what-receivers-get-wrong"},
}

// Section is the section of docs/contract.md that a source is about, as the
// address of its heading; empty for a document that is not the contract, as those
// of somebody's own requirements.
func Section(s scenarios.Source) string {
	for _, row := range contractSections {
		if strings.HasPrefix(s.Document, row.document) && strings.Contains(s.Quote, row.quote) {
			return row.section
		}
	}
	return ""
}

// citationOf names where a source is read, below docs: "contract.md#resends". A
// source that is an address itself is read there; empty: it can't be looked up.
func citationOf(s scenarios.Source) string {
	if section := Section(s); section != "" {
		return "contract.md#" + section
	}
	return ""
}

// citationURL is the same for a program or a browser.
func citationURL(s scenarios.Source) string {
	if page := citationOf(s); page != "" {
		return DocsURL + page
	}
	if strings.HasPrefix(s.Document, "https://") {
		return s.Document
	}
	return ""
}

// docsOf is where a requirement of ours is described; empty for somebody's own.
func docsOf(r scenarios.Requirement) string {
	if Section(r.Source) == "" {
		return ""
	}
	return DocsURL + "requirements.md#" + strings.ToLower(r.ID)
}
