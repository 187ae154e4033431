package mutants

import (
	"net/http"
	"strings"
)

func trustsEverybody() Mutant {
	return Mutant{
		Name: "trusts-everybody", Requirement: "SEC-01",
		Summary: "has a secret token, and doesn't look whether the request bears it",
		mutate:  func(r *Receiver) { r.authentic = func(*http.Request) bool { return true } },
	}
}

func comparesBeginnings() Mutant {
	return Mutant{
		Name: "compares-beginnings", Requirement: "SEC-01",
		Summary: "takes whatever its secret token begins with for the token",
		mutate: func(r *Receiver) {
			r.authentic = func(req *http.Request) bool {
				given := req.URL.Query().Get("token")
				return r.env.Secret == "" || given != "" && strings.HasPrefix(r.env.Secret, given)
			}
		},
	}
}
