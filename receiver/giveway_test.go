package receiver

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

// TestImportsGiveWay has the third of four workers wait for one of the others,
// or for the end of the press.
func TestImportsGiveWay(t *testing.T) {
	t.Parallel()
	for name, relieve := range map[string]func(b *inbox, slots chan struct{}, stop func()){
		"an import ends":    func(_ *inbox, slots chan struct{}, _ func()) { <-slots },
		"the press is over": func(*inbox, chan struct{}, func()) { time.Sleep(pressure) },
		"a stop":            func(_ *inbox, _ chan struct{}, stop func()) { stop() },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := newInbox(func(context.Context, []Arrival) error { return nil }, 100, 100, func() {}, newMeasures())
				m := newImporter(Config{Workers: 4}, newMeasures())
				m.isPressed = b.isPressed
				slots := newSlots(m.workers)
				for range 3 {
					slots.quick <- struct{}{}
				}
				ctx, stop := context.WithCancel(t.Context())
				defer stop()
				m.giveWay(ctx, slots) // nobody presses: it returns
				if err := b.commit(make([]arrival, largeGroup-1)); err != nil {
					t.Fatal(err)
				}
				m.giveWay(ctx, slots)
				if err := b.commit(make([]arrival, largeGroup)); err != nil {
					t.Fatal(err)
				}
				given := make(chan struct{})
				go func() { m.giveWay(ctx, slots); close(given) }()
				time.Sleep(pressure / 2)
				select {
				case <-given:
					t.Error("it did not wait")
				default:
				}
				relieve(b, slots.quick, stop)
				<-given
			})
		})
	}
}
