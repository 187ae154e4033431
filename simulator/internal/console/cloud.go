package console

import (
	"context"
	"iter"
	"time"

	"github.com/scrapehook/scrapehook/internal/clock"
	"github.com/scrapehook/scrapehook/internal/cloud"
	"github.com/scrapehook/scrapehook/internal/delivery"
	"github.com/scrapehook/scrapehook/internal/delivery/history"
	"github.com/scrapehook/scrapehook/internal/fault"
	"github.com/scrapehook/scrapehook/simulator/internal/dispatch"
	"github.com/scrapehook/scrapehook/webhook"
)

// Cloud is what the console shows of the cloud, and has it do; see
// [cloud.Cloud].
type Cloud interface {
	Endpoints() []string
	SetEndpoints(urls []string) error
	Count() (sitemaps int, jobs map[webhook.Status]int)
	Upcoming(limit int) []cloud.Upcoming
	Waiting(job int64, limit int) (oldest []cloud.Waiting, total int)
	jobs
	sitemaps
}

type jobs interface {
	Job(id int64) (cloud.Job, error)
	Jobs(filter cloud.JobFilter, offset, limit int) (page []cloud.Job, total int)
	Columns(id int64) ([]string, error)
	Table(id int64) iter.Seq[[]string]
	AddJob(spec cloud.JobSpec) (cloud.Job, error)
	Continue(id int64) (cloud.Job, error)
	Stop(id int64) (cloud.Job, error)
	End(id int64, s webhook.Status, rows int) error
	Conclude(id int64, e cloud.Ending) (cloud.Job, error)
	DeleteJob(id int64) error
}

type sitemaps interface {
	Sitemaps(tag string, offset, limit int) (page []cloud.Sitemap, total int)
	AddSitemap(name, body string, tags ...string) (cloud.Sitemap, error)
	DeleteSitemap(id int64) error
}

// Sender is what the console shows of what is sent; see [delivery.Sender].
type Sender interface {
	Pending() []delivery.Pending
}

// Dispatcher is what a user does to deliveries by hand; see
// [dispatch.Dispatcher].
type Dispatcher interface {
	Resend(number uint64) (uint64, error)
	SendEdited(number uint64, e dispatch.Edit) ([]uint64, error)
	Form(of *history.Delivery) string
}

// Faults are those of the API; see [fault.Plan].
type Faults interface {
	Rules() []fault.Rule
	Add(r fault.Rule) (id int, err error)
	Remove(id int) bool
	Clear()
}

// SenderFaults are those of the sender; see [fault.SenderPlan].
type SenderFaults interface {
	Rules() []fault.SenderRule
	Add(r fault.SenderRule) (id int, err error)
	Remove(id int) bool
	Clear()
}

// Clock is the simulated clock; see [clock.Clock].
type Clock interface {
	State() clock.State
	SetPaused(paused bool) error
	SetScale(scale float64) error
	Advance(d time.Duration) error
}

// Client makes one attempt to notify; see [delivery.Client].
type Client interface {
	Do(ctx context.Context, r delivery.Request) delivery.Attempt
	Head(r delivery.Request) ([]byte, error)
}
