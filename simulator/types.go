package simulator

import (
	"github.com/scrapehook/scrapehook/internal/api"
	"github.com/scrapehook/scrapehook/internal/cloud"
	"github.com/scrapehook/scrapehook/internal/delivery"
	"github.com/scrapehook/scrapehook/internal/draw"
	"github.com/scrapehook/scrapehook/internal/fault"
	"github.com/scrapehook/scrapehook/internal/records"
	"github.com/scrapehook/scrapehook/internal/sitemaps"
	"github.com/scrapehook/scrapehook/webhook"
)

// What Config and Simulator need of the engines, which can't be imported.
type (
	// Call is one call of the API, as OnCall sees it.
	Call = api.Call
	// RateLimit bounds the calls of the API; see [ParseRateLimit].
	RateLimit = api.RateLimit
	// Fault is a rule for what goes wrong with the API; see [ParseFault].
	Fault = fault.Rule
	// SenderFault is a rule for what goes wrong with the sending of
	// notifications; see [ParseSenderFault].
	SenderFault = fault.SenderRule
	// SenderFaultKind is a way for the sender to go wrong.
	SenderFaultKind = fault.SenderKind
	// FaultKind is a way for the API to go wrong.
	FaultKind = fault.Kind
	// Turnouts say how start pages turn out: empty, failed or full.
	Turnouts = cloud.Turnouts
	// Turnout is how a start page turns out.
	Turnout = cloud.Turnout
	// TurnoutRule is one rule of Turnouts.
	TurnoutRule = cloud.TurnoutRule
	// Mix is statuses with their weights.
	Mix = cloud.Mix
	// Weight is a status of a Mix and how often it is drawn.
	Weight = draw.Weight[webhook.Status]
	// RecordFile is a file of a user's own rows; see [OpenRecords].
	RecordFile = records.File
	// Sitemap is a sitemap as the vendor exports it; see [ParseSitemap].
	Sitemap = sitemaps.Sitemap
	// DataOptions say what generated rows look like.
	DataOptions = records.Options
	// Extension is the version of the vendor's browser extension that made a sitemap.
	Extension = sitemaps.Extension
	// Attempt is one attempt to notify, as OnAttempt sees it.
	Attempt = delivery.Attempt
	// Reason says how an attempt ended.
	Reason = delivery.Reason
	// End is how the connection of an attempt ended.
	End = delivery.End
	// Pending is a notification that is under way or waits for its resend.
	Pending = delivery.Pending
)

// ParseRateLimit reads a limit such as "200/15m".
func ParseRateLimit(text string) (RateLimit, error) { return api.ParseRateLimit(text) }

// ParseFault reads a rule such as "stall,route=account,nth=1,delay=15s".
func ParseFault(text string) (Fault, error) { return fault.ParseRule(text) }

// ParseSenderFault reads a rule such as "duplicate,share=0.1,copies=2".
func ParseSenderFault(text string) (SenderFault, error) { return fault.ParseSenderRule(text) }

// OpenRecords opens a file of JSON objects, one a line.
func OpenRecords(path string) (*RecordFile, error) { return records.Open(path) }

// ParseSitemap reads a sitemap as the vendor exports it.
func ParseSitemap(text []byte) (*Sitemap, error) { return sitemaps.Parse(text) }
