package console

import (
	"context"

	"github.com/scrapehook/scrapehook/internal/cloud"
	"github.com/scrapehook/scrapehook/internal/delivery"
	"github.com/scrapehook/scrapehook/webhook"
)

// Cloud is what the console shows of the cloud, and has it do; see
// [cloud.Cloud].
type Cloud interface {
	Endpoints() []string
	SetEndpoints(urls []string) error
	Count() (sitemaps int, jobs map[webhook.Status]int)
	Job(id int64) (cloud.Job, error)
	Jobs(filter cloud.JobFilter, offset, limit int) (page []cloud.Job, total int)
}

// Client makes one attempt to notify; see [delivery.Client].
type Client interface {
	Do(ctx context.Context, r delivery.Request) delivery.Attempt
}
