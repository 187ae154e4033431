package console

import (
	"fmt"
	"math"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/scrapehook/scrapehook/internal/cloud"
	"github.com/scrapehook/scrapehook/internal/redact"
)

// clockView is the clock as the top of every page shows it. The script lets it
// tick.
type clockView struct {
	Now    time.Time
	Scale  float64
	Paused bool
}

// Millis is the reading for the script.
func (v clockView) Millis() int64 { return v.Now.UnixMilli() }

// Zone is how far the time of the place is ahead of UTC, in seconds.
func (v clockView) Zone() int {
	_, ahead := v.Now.Zone()
	return ahead
}

func (s *server) clockView() clockView {
	c := s.cfg.Clock.State()
	return clockView{c.Base, c.Scale, c.Paused}
}

// addClock adds the clock to a picture. It has changed when it was set, not when
// it ticks: its key is how far it is ahead of one that was never set.
func (s *server) addClock(p *picture) {
	p.add(s, "clock", "clock-now", "clock-now", s.clockView())
	e, c := p.elements["clock-now"], s.cfg.Clock.State()
	ahead := c.Base.Sub(s.began).Seconds()
	if !c.Paused {
		ahead -= c.Scale * c.Real.Sub(s.began).Seconds()
	}
	e.key = fmt.Sprint(c.Paused, c.Scale, int64(math.Round(ahead/max(1, c.Scale))))
	p.elements["clock-now"] = e
}

// eventView is what happens next.
type eventView struct {
	At   time.Time
	What string
	Link string
}

// eventsShown bounds what is listed of what happens next.
const eventsShown = 30

type clockPageView struct {
	clockView
	Events      []eventView
	Speed       string
	ScaleError  string
	By, ByError string
	Stream      string
}

func (s *server) clockPage(w http.ResponseWriter, r *http.Request) {
	s.showClock(w, r, http.StatusOK, clockPageView{})
}

func (s *server) showClock(w http.ResponseWriter, r *http.Request, status int, v clockPageView) {
	v.clockView, v.Events, v.Stream = s.clockView(), s.upcoming(), Path+"clock/events"
	if v.ScaleError == "" {
		v.Speed = strconv.FormatFloat(v.Scale, 'g', -1, 64)
	}
	s.show(w, r, status, "clock", "Clock", "Clock", v)
}

// upcoming is what happens next, in its order: to jobs, by schedulers, and in
// the sender.
func (s *server) upcoming() []eventView {
	var events []eventView
	for _, u := range s.cfg.Cloud.Upcoming(eventsShown) {
		e := eventView{At: u.At, Link: fmt.Sprintf("%sjobs/%d", Path, u.Job)}
		switch {
		case u.Job == 0:
			e.What, e.Link = "the scheduler of "+u.SitemapName+" makes a job", Path+"jobs"
		case u.To.Ended() && u.To != "shelved":
			e.What = fmt.Sprintf("job %d ends", u.Job)
		default:
			e.What = fmt.Sprintf("job %d becomes %s", u.Job, u.To)
		}
		events = append(events, e)
	}
	for _, p := range s.cfg.Sender.Pending() {
		events = append(events, eventView{
			p.Due, fmt.Sprintf("attempt %d to notify %s of job %d", p.Attempt, redact.URL(p.URL), p.Notification.JobID),
			fmt.Sprintf("%sdeliveries/%d", Path, p.Delivery),
		})
	}
	slices.SortStableFunc(events, func(a, b eventView) int { return a.At.Compare(b.At) })
	return events[:min(len(events), eventsShown)]
}

func (s *server) clockEvents(w http.ResponseWriter, r *http.Request) {
	stream(w, r, func() picture {
		var p picture
		s.addClock(&p)
		p.add(s, "clock", "clock-state", "clock-state", s.clockView())
		p.add(s, "clock", "upcoming", "upcoming", clockPageView{Events: s.upcoming()})
		return p
	}, nowAndThen)
}

func (s *server) setClock(w http.ResponseWriter, r *http.Request) {
	if !s.parseForm(w, r) {
		return
	}
	v, err := clockPageView{}, error(nil)
	switch field(r, "do") {
	case "pause":
		err = s.cfg.Clock.SetPaused(true)
	case "resume":
		err = s.cfg.Clock.SetPaused(false)
	case "next":
		if events := s.upcoming(); len(events) > 0 {
			err = s.cfg.Clock.Advance(max(0, events[0].At.Sub(s.cfg.Clock.State().Base)))
		}
	case "scale":
		v.Speed = field(r, "scale")
		scale, wrong := strconv.ParseFloat(v.Speed, 64)
		if wrong == nil {
			wrong = s.cfg.Clock.SetScale(scale)
		}
		if wrong != nil {
			v.ScaleError = "Write a number above 0, up to 1000000: simulated seconds in a real one."
		}
	case "advance":
		v.By = field(r, "by")
		by, wrong := time.ParseDuration(v.By)
		if wrong == nil {
			wrong = s.cfg.Clock.Advance(by)
		}
		if wrong != nil {
			v.ByError = "Write a time with its unit, up to 8784h, like 30s or 1h30m."
		}
	}
	switch {
	case err != nil:
		s.failVerb(w, r, err)
	case v.ScaleError+v.ByError != "":
		s.showClock(w, r, http.StatusUnprocessableEntity, v)
	default:
		seeOther(w, r, came(r, "clock"))
	}
}

var _ Cloud = (*cloud.Cloud)(nil)
