package webhook_test

import (
	"context"
	"encoding/json"
	"net/http"
	"testing"

	"github.com/scrapehook/scrapehook/scenarios"
	"github.com/scrapehook/scrapehook/scenarios/catalogue"
	"github.com/scrapehook/scrapehook/scenarios/probe"

	"shop.example/webhook"
)

func TestWebhook(t *testing.T) {
	var shop *webhook.Shop
	scenarios.Test(t, catalogue.All(), scenarios.Config{
		Endpoint: "/hooks/scraped",
		Handler: func(api scenarios.API) http.Handler {
			shop = webhook.NewShop(api.URL, api.Token)
			t.Cleanup(shop.Close)
			mux := http.NewServeMux()
			mux.Handle("/hooks/scraped", shop)
			return mux
		},
		Probes: []probe.Probe{probe.Func("the shop's rows", func(ctx context.Context, job int64) ([]json.RawMessage, error) {
			return shop.Rows(ctx, job)
		})},
		Fast: true,
	})
}
