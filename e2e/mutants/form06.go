package mutants

import "github.com/scrapehook/scrapehook/webhook"

func comparesContentType() Mutant {
	return Mutant{
		Name: "compares-content-type", Requirement: "FORM-06",
		Summary: "compares the content type as text, so that a charset behind it is refused",
		mutate: func(r *Receiver) {
			r.isForm = func(header string) bool { return header == webhook.ContentType }
		},
	}
}
