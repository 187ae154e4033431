package mutants

import "time"

func ignoresRetryAfter() Mutant {
	return Mutant{
		Name: "ignores-retry-after", Requirement: "API-02",
		Summary: "tries again when it likes to, and not when the cloud asks it to",
		mutate: func(r *Receiver) {
			r.backoff = func(failed int, _ error) time.Duration { return backoff(failed, nil) }
		},
	}
}
