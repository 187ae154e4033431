package mutants

import "github.com/scrapehook/scrapehook/webhook"

func importsFailed() Mutant {
	return Mutant{
		Name: "imports-failed", Requirement: "DATA-05",
		Summary: "imports what there is of a failed job, as if it were whole",
		mutate:  func(r *Receiver) { r.wanted = webhook.Status.Ended },
	}
}
