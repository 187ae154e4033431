package mutants

import "net/http"

func trustsEverybody() Mutant {
	return Mutant{
		Name: "trusts-everybody", Requirement: "SEC-01",
		Summary: "has a secret token, and doesn't look whether the request bears it",
		mutate:  func(r *Receiver) { r.authentic = func(*http.Request) bool { return true } },
	}
}
