package mutants

import (
	"bytes"
	"net/http"

	"github.com/scrapehook/scrapehook/webhook"
)

func answersWithAPage() Mutant {
	const size = 1 << 20
	return Mutant{
		Name: "answers-with-a-page", Requirement: "ACK-08",
		Summary: "answers with the whole of its start page, 1 MiB of it",
		mutate: func(r *Receiver) {
			page := bytes.Repeat([]byte("<p>Welcome to my shop</p>\n"), size/26)
			r.handle = func(w http.ResponseWriter, _ *http.Request, n webhook.Notification) {
				if err := r.store(n); err != nil {
					refuse(w, err)
					return
				}
				w.Header().Set("Content-Type", "text/html; charset=utf-8")
				_, _ = w.Write(page) // the notification is stored, whoever reads this
			}
		},
	}
}
