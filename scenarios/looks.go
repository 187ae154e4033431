package scenarios

import (
	"fmt"

	"github.com/scrapehook/scrapehook/internal/human"
)

// Look is one thing that was looked at before anything was judged, and what was
// seen of it.
type Look struct {
	// Name is what was looked at: "the endpoint".
	Name string
	// Seen says in a line what was seen.
	Seen string
	// Wrong is set when it is not as the suite needs it.
	Wrong bool
}

// sawAnswer notes what the endpoint answered to the first notification.
func (r *Run) sawAnswer(x Exchange) {
	r.looks = append(r.looks, Look{"answer to the first notification", r.harness.redactor.Text(x.Outcome()), !x.Acknowledged()})
}

// sawImport notes what the API and the probes saw of the first job.
func (r *Run) sawImport(e Effect) {
	all, refused := r.harness.traffic.seen(), r.harness.traffic.unauthorized()
	token := Look{"token of these calls", "right", false}
	switch {
	case all == 0:
		token.Seen = "not seen: there was no call"
	case refused > 0:
		token = Look{token.Name, fmt.Sprintf("wrong in %d of %s", refused, human.Count(all, "call")), true}
	}
	r.looks = append(r.looks,
		Look{"calls to the simulated API", human.Count(all, "call"), all == 0}, token,
		Look{"downloads of the first job", human.Count(e.Downloads, "complete download"), e.Downloads == 0})
	for _, reading := range e.Readings {
		r.looks = append(r.looks, Look{
			"probe " + r.harness.redactor.Command(reading.Probe),
			fmt.Sprintf("%d of %s of the first job", reading.Rows, human.Count(len(e.Want), "row")),
			reading.Rows == 0,
		})
	}
}
