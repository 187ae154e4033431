package receiver

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// However many commits fail, the log says that it began, that it goes on, and
// that it is over.
func TestOutageIsLogged(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		var broken error
		accept := logAccept(func(context.Context, []Arrival) error { return broken }, slog.New(slog.NewTextHandler(&log, nil)))
		keep := func(n int) {
			t.Helper()
			if err := accept(t.Context(), make([]Arrival, n)); !errors.Is(err, broken) {
				t.Errorf("error %v, want %v", err, broken)
			}
		}
		keep(1)
		for range 2 { // outages
			broken = errors.New("the disk is full")
			for range 15 {
				keep(2)
				time.Sleep(time.Second)
			}
			broken = nil
			keep(1)
			keep(1)
		}
		var said []string
		for line := range strings.Lines(log.String()) {
			_, line, _ = strings.Cut(line, "level=")
			said = append(said, strings.TrimSpace(line))
		}
		const fails, why = `ERROR msg="could not keep notifications, their senders are told to send them again" refused=`, ` error="the disk is full"`
		one := []string{fails + "2" + why, fails + "22" + why, `WARN msg="notifications are kept again" refused=30 after=15s`}
		if got, want := strings.Join(said, "\n"), strings.Join(append(one, one...), "\n"); got != want {
			t.Errorf("said\n%s\nwant\n%s", got, want)
		}
	})
}
