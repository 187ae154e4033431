package receiver

import (
	"context"
	"log/slog"
	"time"
)

// outageEvery is how often the log says that an outage goes on. There may be very
// many commits that fail, and a line for each could fill another disk.
const outageEvery = 10 * time.Second

// outage hands arrivals on, and says in the log when what keeps them stops doing
// so, that it goes on, and when it is over. One at a time may use it.
type outage struct {
	accept func(context.Context, []Arrival) error
	log    *slog.Logger

	refused     int       // since it began; 0: there is none
	begun, said time.Time // while there is one
}

func (o *outage) keep(ctx context.Context, arrivals []Arrival) error {
	err := o.accept(ctx, arrivals)
	if err != nil {
		o.goesOn(ctx, len(arrivals), err)
	} else if o.refused > 0 {
		o.log.WarnContext(ctx, "notifications are kept again", "refused", o.refused, "after", time.Since(o.begun).Round(time.Millisecond))
		o.refused = 0
	}
	return err
}

func (o *outage) goesOn(ctx context.Context, arrivals int, err error) {
	now := time.Now()
	begins := o.refused == 0
	if begins {
		o.begun = now
	}
	o.refused += arrivals
	if begins || now.Sub(o.said) >= outageEvery {
		o.said = now
		o.log.ErrorContext(ctx, "could not keep notifications, their senders are told to send them again", "refused", o.refused, "error", err)
	}
}
