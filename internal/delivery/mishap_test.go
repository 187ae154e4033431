package delivery_test

import (
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/scrapehook/scrapehook/internal/delivery"
	"github.com/scrapehook/scrapehook/webhook"
)

// TestMishaps plays two notifications, the second after a second, of which the
// first meets a mishap.
func TestMishaps(t *testing.T) {
	t.Parallel()
	const s = time.Second
	for _, tc := range []struct {
		name   string
		mishap delivery.Mishap
		want   []string // each: delivery and attempt, and when
	}{
		{"none", delivery.Mishap{}, []string{"1.1 0s", "2.1 1s"}},
		{"late", delivery.Mishap{Name: "late", Postpone: 5 * s}, []string{"2.1 1s", "1.1 5s"}},
		{"behind the next", delivery.Mishap{Name: "x", Postpone: 30 * s, Behind: true}, []string{"2.1 1s", "1.1 1s"}},
		{"behind one that never comes", delivery.Mishap{Name: "x", Postpone: s / 2, Behind: true}, []string{"1.1 500ms", "2.1 1s"}},
		{"copies at once", delivery.Mishap{Name: "x", Copies: 2}, []string{"1.1 0s", "2.1 0s", "3.1 0s", "4.1 1s"}},
		{"a late copy", delivery.Mishap{Name: "x", Copies: 1, CopyDelay: 9 * s}, []string{"1.1 0s", "3.1 1s", "2.1 9s"}},
		{"another form", delivery.Mishap{Name: "x", Change: func(r delivery.Request) delivery.Request { r.Body = nil; return r }}, []string{"1.1 0s", "2.1 1s"}},
		{"a dropped answer, and its resend", delivery.Mishap{Name: "x", Change: func(r delivery.Request) delivery.Request { r.DropAnswer = true; return r }}, []string{"1.1 0s", "2.1 1s", "1.2 30s"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				begin, waits := time.Now(), 0
				sender, rec, stop := start(t, delivery.Config{
					Profile: webhook.Profile2020(), Transport: answers(200),
					Mishap: func(p delivery.Pending) delivery.Mishap {
						if p.Delivery == 1 && p.Attempt == 1 && !p.Postponed {
							return tc.mishap
						}
						return delivery.Mishap{}
					},
					OnPending: func(p delivery.Pending, underWay bool) {
						if p.Postponed && !underWay {
							waits++
						}
					},
				})
				send(t, sender)
				time.Sleep(s)
				send(t, sender)
				time.Sleep(time.Minute)
				stop()
				var got []string
				for _, a := range rec.all() {
					got = append(got, fmt.Sprintf("%d.%d %v", a.Delivery, a.Number, a.Started.Sub(begin)))
					first := a.Delivery == 1 && a.Number == 1
					if (a.Mishap != "") != (first && tc.mishap.Name != "" && tc.mishap.Postpone == 0) {
						t.Errorf("delivery %d met %q", a.Delivery, a.Mishap)
					}
				}
				slices.Sort(got)
				want := slices.Sorted(slices.Values(tc.want))
				if !slices.Equal(got, want) {
					t.Errorf("sent %q, want %q", got, want)
				}
				if tc.mishap.Behind && tc.mishap.Postpone > s && rec.all()[0].Delivery != 2 {
					t.Error("it was not sent behind the next one")
				}
				if (waits > 0) != (tc.mishap.Postpone > 0) {
					t.Errorf("a wait was told %d times", waits)
				}
				if left := sender.Pending(); len(left) != 0 {
					t.Errorf("left are %+v", left)
				}
			})
		})
	}
}

// TestPostponedAndReset: what waits because of a mishap is given up too.
func TestPostponedAndReset(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		sender, rec, stop := start(t, delivery.Config{
			Profile: webhook.Profile2020(), Transport: answers(200),
			Mishap: func(p delivery.Pending) delivery.Mishap {
				if p.Delivery == 1 {
					return delivery.Mishap{Postpone: time.Second, Behind: true}
				}
				return delivery.Mishap{}
			},
		})
		send(t, sender)
		synctest.Wait()
		if err := sender.Reset(func() error { return nil }); err != nil {
			t.Fatal(err)
		}
		send(t, sender)
		time.Sleep(time.Minute)
		stop()
		if all := rec.all(); len(all) != 1 || all[0].Delivery != 2 {
			t.Errorf("sent %+v", all)
		}
	})
}
