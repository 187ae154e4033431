package mutants

import "github.com/scrapehook/scrapehook/webhook"

func readsFloats() Mutant {
	return Mutant{
		Name: "reads-floats", Requirement: "FORM-08",
		Summary: "reads ids as JavaScript reads numbers, exact up to 53 bits",
		mutate: func(r *Receiver) {
			correct := r.parse
			r.parse = func(body []byte) (webhook.Notification, error) {
				n, err := correct(body)
				n.JobID = int64(float64(n.JobID))
				return n, err
			}
		},
	}
}
