package mutants

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"

	"github.com/scrapehook/scrapehook/webhook"
)

func storesErrorPages() Mutant {
	return Mutant{
		Name: "stores-error-pages", Requirement: "DATA-08",
		Summary: "knows the API's own errors, but stores a proxy's page as the job's only row",
		mutate: func(r *Receiver) {
			fetch := r.fetch
			r.fetch = func(ctx context.Context, id int64, have imported) (imported, error) {
				got, err := fetch(ctx, id, have)
				answer := (*apiError)(nil)
				if !errors.As(err, &answer) || answer.code != http.StatusBadGateway {
					return got, err
				}
				row, err := json.Marshal(map[string]any{"text": string(answer.body), webhook.FieldJobID: id})
				return imported{State: "a page", Rows: [][]byte{row}}, err
			}
		},
	}
}
