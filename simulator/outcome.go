package simulator

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"

	"github.com/scrapehook/scrapehook/webhook"
)

// Mix is how jobs end: the shares of the statuses. The zero value is always
// finished.
type Mix []Share

// Share is a status with its weight among the others.
type Share struct {
	Status webhook.Status
	Weight int
}

// ParseMix reads a mix as users write it: "finished=90,failed=5,stopped=5".
func ParseMix(text string) (Mix, error) {
	var mix Mix
	for part := range strings.SplitSeq(text, ",") {
		status, weight, ok := strings.Cut(part, "=")
		n, err := strconv.Atoi(weight)
		if !ok || err != nil {
			return nil, fmt.Errorf("%q is no share of the outcomes: write them like finished=90,failed=10", part)
		}
		mix = append(mix, Share{webhook.Status(status), n})
	}
	return mix, nil
}

// check says what is wrong with the mix under a profile.
func (m Mix) check(profile webhook.Profile) error {
	total, seen := 0, map[webhook.Status]bool{}
	for _, s := range m {
		switch {
		case !s.Status.Ended():
			return fmt.Errorf("the outcome %q is no way to end: use finished, failed, stopped or shelved", s.Status)
		case !profile.Notifies(s.Status):
			return fmt.Errorf("the outcome %s does not exist in profile %s", s.Status, profile.Name)
		case seen[s.Status]:
			return fmt.Errorf("the outcome %s has two shares", s.Status)
		case s.Weight < 0 || s.Weight > 1_000_000:
			return fmt.Errorf("the outcome %s has the share %d, and it must be 0 to 1000000", s.Status, s.Weight)
		}
		seen[s.Status] = true
		total += s.Weight
	}
	if len(m) > 0 && total == 0 {
		return errors.New("the outcomes have no share above 0")
	}
	return nil
}

// pick draws how a job ends after some earlier runs, as a pure function of
// these, the seed and its id.
func (m Mix) pick(seed uint64, id int64, runs int) webhook.Status {
	total := 0
	for _, s := range m {
		total += s.Weight
	}
	if total == 0 {
		return webhook.Finished
	}
	draw := rand.New(rand.NewPCG(seed+uint64(runs)<<32, uint64(id))).IntN(total) //nolint:gosec // repeatable, not secret
	for _, s := range m {
		if draw -= s.Weight; draw < 0 {
			return s.Status
		}
	}
	panic("simulator: a draw beyond the shares")
}
