package mutants

import (
	"fmt"
	"math"

	"github.com/scrapehook/scrapehook/webhook"
)

// readsSigned leaves ids of more than 32 bits alone, which are a requirement
// of their own.
func readsSigned() Mutant {
	return Mutant{
		Name: "reads-signed", Requirement: "FORM-03",
		Summary: "reads an id that fits into 32 bits as a signed number of 32 bits, and refuses it when that is negative",
		mutate: func(r *Receiver) {
			correct := r.parse
			r.parse = func(body []byte) (webhook.Notification, error) {
				n, err := correct(body)
				if err == nil && n.JobID > math.MaxInt32 && n.JobID <= math.MaxUint32 {
					return n, fmt.Errorf("the id %d is negative", n.JobID-1<<32)
				}
				return n, err
			}
		},
	}
}
