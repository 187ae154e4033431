package mutants

import "github.com/scrapehook/scrapehook/webhook"

func ignoresShelved() Mutant {
	return Mutant{
		Name: "ignores-shelved", Requirement: "DATA-10",
		Summary: "imports finished and stopped jobs only, so that one empty page costs all rows",
		mutate: func(r *Receiver) {
			wanted := r.wanted
			r.wanted = func(s webhook.Status) bool { return s != webhook.Shelved && wanted(s) }
		},
	}
}
