package webhook

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Profile is one dated version of the vendor's rules for sending webhooks.
// Its fields are read-only by convention; [Profiles] returns fresh copies.
type Profile struct {
	// Name is what users select the profile by.
	Name string
	// Timeout is how long one attempt may take, as one deadline over the whole
	// exchange: dial, TLS, request, response head and body. The contract says
	// "respond with 2xx HTTP status code within 10 seconds" (webhooks-2020);
	// that the body is included is an assumption.
	Timeout time.Duration
	// ResendDelays are the waits before the second, third, … attempt, counted
	// from the end of the failed one (an assumption: the contract says "resent
	// after a 30 second delay"). The last one repeats.
	ResendDelays []time.Duration
	// MaxAttempts is the number of attempts in all; 0 is without limit. Not
	// stated by webhooks-2020, where 3 is an assumption; 3 by the
	// documentation of 2022-01-07.
	MaxAttempts int
	// Notifying are the statuses that are notified.
	Notifying []Status
	// CustomID tells whether the form carries custom_id for a job that has one
	// (documented 2020-07-27).
	CustomID bool
}

// Profile2020 is the default profile: the rules of webhooks-2020, the document
// of 2020-01-29 that this project implements.
func Profile2020() Profile {
	return Profile{
		Name:         "2020",
		Timeout:      10 * time.Second,
		ResendDelays: []time.Duration{30 * time.Second},
		MaxAttempts:  3,
		Notifying:    []Status{Finished, Failed, Stopped, Shelved},
	}
}

// Profile2022 is the vendor's later documentation: the resend delays are of
// 2022-01-07, and shelved no longer notifies since 2022-06-06.
func Profile2022() Profile {
	return Profile{
		Name:         "2022",
		Timeout:      10 * time.Second,
		ResendDelays: []time.Duration{5 * time.Second, 10 * time.Second},
		MaxAttempts:  3,
		Notifying:    []Status{Finished, Failed, Stopped},
		CustomID:     true,
	}
}

// Profiles returns every profile, the default one first.
func Profiles() []Profile { return []Profile{Profile2020(), Profile2022()} }

// ProfileNames returns the names of [Profiles].
func ProfileNames() []string {
	var names []string
	for _, p := range Profiles() {
		names = append(names, p.Name)
	}
	return names
}

// ProfileByName returns the profile that is called name.
func ProfileByName(name string) (Profile, error) {
	for _, p := range Profiles() {
		if p.Name == name {
			return p, nil
		}
	}
	return Profile{}, fmt.Errorf("%q is not a profile: use %s", name, strings.Join(ProfileNames(), " or "))
}

// Notifies reports whether a job that reaches status s is notified.
func (p Profile) Notifies(s Status) bool { return slices.Contains(p.Notifying, s) }

// Success reports whether an answer with this HTTP status code acknowledges
// the notification: any 2xx, and nothing else. A redirect does not (the
// documentation of 2022-01-07 calls >= 300 a failure), so it is not followed.
func (p Profile) Success(code int) bool { return code >= 200 && code <= 299 }

// ResendDelay returns how long after the end of failed attempt number failed
// (1-based) the next one is due, and false when there is no next one.
func (p Profile) ResendDelay(failed int) (time.Duration, bool) {
	if failed < 1 || len(p.ResendDelays) == 0 || (p.MaxAttempts > 0 && failed >= p.MaxAttempts) {
		return 0, false
	}
	return p.ResendDelays[min(failed, len(p.ResendDelays))-1], true
}

// AppendForm appends the form that this profile sends for n to dst.
func (p Profile) AppendForm(dst []byte, n Notification) []byte {
	if !p.CustomID {
		n.CustomID = ""
	}
	return n.AppendForm(dst)
}
