package webhook_test

import (
	"slices"
	"testing"
	"time"

	"github.com/scrapehook/scrapehook/webhook"
)

func TestResendDelay(t *testing.T) {
	t.Parallel()
	unlimited := webhook.Profile2020()
	unlimited.MaxAttempts = 0
	for _, tc := range []struct {
		name    string
		profile webhook.Profile
		failed  int
		want    time.Duration
		ok      bool
	}{
		{"2020 first", webhook.Profile2020(), 1, 30 * time.Second, true},
		{"2020 second", webhook.Profile2020(), 2, 30 * time.Second, true},
		{"2020 last", webhook.Profile2020(), 3, 0, false},
		{"2020 without limit", unlimited, 1_000_000, 30 * time.Second, true},
		{"2022 first", webhook.Profile2022(), 1, 5 * time.Second, true},
		{"2022 second", webhook.Profile2022(), 2, 10 * time.Second, true},
		{"2022 last", webhook.Profile2022(), 3, 0, false},
		{"nothing failed yet", webhook.Profile2020(), 0, 0, false},
		{"no delays", webhook.Profile{}, 1, 0, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			got, ok := tc.profile.ResendDelay(tc.failed)
			if got != tc.want || ok != tc.ok {
				t.Errorf("got %v, %v, want %v, %v", got, ok, tc.want, tc.ok)
			}
		})
	}
}

func TestSuccess(t *testing.T) {
	t.Parallel()
	for _, p := range webhook.Profiles() {
		if p.Timeout != 10*time.Second {
			t.Errorf("profile %s allows %v", p.Name, p.Timeout)
		}
		for code := range 1000 {
			if want := code/100 == 2; p.Success(code) != want {
				t.Errorf("profile %s: success of %d is %v", p.Name, code, !want)
			}
		}
	}
}

func TestNotifies(t *testing.T) {
	t.Parallel()
	want := map[string][]webhook.Status{
		"2020": {webhook.Failed, webhook.Finished, webhook.Shelved, webhook.Stopped},
		"2022": {webhook.Failed, webhook.Finished, webhook.Stopped},
	}
	for _, p := range webhook.Profiles() {
		for _, s := range append(webhook.Statuses(), "archived") {
			if got := p.Notifies(s); got != slices.Contains(want[p.Name], s) {
				t.Errorf("profile %s notifies %s: %v", p.Name, s, got)
			}
			if p.Notifies(s) && (!s.Known() || !s.Ended()) {
				t.Errorf("profile %s notifies %s, which is no end", p.Name, s)
			}
		}
	}
}

func TestProfileByName(t *testing.T) {
	t.Parallel()
	if p, err := webhook.ProfileByName("2022"); err != nil || p.Name != "2022" {
		t.Errorf("got %v, %v", p.Name, err)
	}
	if _, err := webhook.ProfileByName("2021"); err == nil {
		t.Error("2021 was found")
	}
	if got := webhook.Profiles()[0].Name; got != "2020" {
		t.Errorf("the default is %s", got)
	}
}

func TestStatuses(t *testing.T) {
	t.Parallel()
	ends := webhook.EndStatuses()
	for _, s := range webhook.Statuses() {
		if !s.Known() || s.Meaning() == "" || s.Ended() != slices.Contains(ends, s) {
			t.Errorf("%s: known %v, ended %v, %q", s, s.Known(), s.Ended(), s.Meaning())
		}
	}
	if len(webhook.Statuses()) != 7 || len(ends) != 4 {
		t.Errorf("%v, of which end %v", webhook.Statuses(), ends)
	}
	if s := webhook.Status("archived"); s.Known() || s.Ended() || s.Meaning() != "" {
		t.Error("an unknown status is known")
	}
}
