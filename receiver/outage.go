package receiver

import (
	"context"
	"log/slog"
	"time"
)

// outageEvery is how often the log says that an outage goes on. A line for each
// failure could fill another disk.
const outageEvery = 10 * time.Second

// outage logs when something stops working, that this goes on, and when it is
// over. It is not safe for concurrent use.
type outage struct {
	log            *slog.Logger
	broken, mended string // what the log says then
	counted        string // by this name it says of how many
	times          int    // since it began; 0: there is none
	begun, said    time.Time
}

// note takes the result of one more attempt, which concerned n things.
func (o *outage) note(ctx context.Context, n int, err error) {
	if err != nil {
		o.goesOn(ctx, n, err)
	} else if o.times > 0 {
		o.log.WarnContext(ctx, o.mended, o.counted, o.times, "after", time.Since(o.begun).Round(time.Millisecond))
		o.times = 0
	}
}

func (o *outage) goesOn(ctx context.Context, n int, err error) {
	now := time.Now()
	begins := o.times == 0
	if begins {
		o.begun = now
	}
	o.times += n
	if begins || now.Sub(o.said) >= outageEvery {
		o.said = now
		o.log.ErrorContext(ctx, o.broken, o.counted, o.times, "error", err)
	}
}

// logAccept wraps accept and logs when it starts and stops failing.
func logAccept(accept func(context.Context, []Arrival) error, log *slog.Logger) func(context.Context, []Arrival) error {
	o := &outage{
		log: log, counted: "refused", mended: "notifications are kept again",
		broken: "could not keep notifications, their senders are told to send them again",
	}
	return func(ctx context.Context, arrivals []Arrival) error {
		err := accept(ctx, arrivals)
		o.note(ctx, len(arrivals), err)
		return err
	}
}
