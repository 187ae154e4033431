package cron

import "time"

// horizon is how far ahead jobs are looked for: 29 February may be eight years
// away.
const horizon = 8*366 + 1 // days

// Next is the first moment after the given one at which a job is due, in its time
// zone. It is zero where there is none, as for 30 February.
func (s Schedule) Next(after time.Time) time.Time {
	year, month, day := after.Date()
	for i := range horizon {
		// Days are counted at noon in UTC, where none is left out.
		date := time.Date(year, month, day+i, 12, 0, 0, 0, time.UTC)
		if !s.dueOn(date) {
			continue
		}
		due := s.firstFixed
		if s.everyHour() {
			due = s.firstPassing
		}
		if at := due(date, after); !at.IsZero() {
			return at
		}
	}
	return time.Time{}
}

func (s Schedule) dueOn(date time.Time) bool {
	if !s.has(Month, int(date.Month())) {
		return false
	}
	day, weekday := s.has(Day, date.Day()), s.has(Weekday, int(date.Weekday()))
	if s.eitherDay {
		return day || weekday
	}
	return day && weekday
}

// firstFixed is the first moment of a date by the clock on the wall.
func (s Schedule) firstFixed(date, after time.Time) time.Time {
	for hour := range 24 {
		for minute := range 60 {
			if !s.has(Hour, hour) || !s.has(Minute, minute) {
				continue
			}
			if at := onWall(date, hour, minute, after.Location()); at.After(after) {
				return at
			}
		}
	}
	return time.Time{}
}

// firstPassing is the first moment of a date by the time that passes.
func (s Schedule) firstPassing(date, after time.Time) time.Time {
	at := onWall(date, 0, 0, after.Location())
	if at.Before(after) {
		at = after.Truncate(time.Minute).Add(time.Minute)
	}
	for ; at.Day() == date.Day(); at = at.Add(time.Minute) {
		if at.After(after) && s.has(Minute, at.Minute()) {
			return at
		}
	}
	return time.Time{}
}

// onWall is the first moment of a date at which the clocks of a zone show a
// time, or, when they leave it out, the moment at which they are changed.
func onWall(date time.Time, hour, minute int, zone *time.Location) time.Time {
	year, month, day := date.Date()
	near := time.Date(year, month, day, hour, minute, 0, 0, zone) // an hour off, perhaps, beside a change
	shown := time.Date(year, month, day, hour, minute, 0, 0, time.UTC)
	start, end := near.ZoneBounds()
	for _, change := range []time.Time{start, end} {
		if change.IsZero() {
			continue
		}
		_, before := change.Add(-time.Nanosecond).Zone()
		_, after := change.Zone()
		byOld := shown.Add(-time.Duration(before) * time.Second)
		byNew := shown.Add(-time.Duration(after) * time.Second)
		switch old, next := byOld.Before(change), !byNew.Before(change); {
		case old && next: // it is shown twice
			return byOld.In(zone)
		case !old && !next: // it is not shown
			return change.In(zone)
		}
	}
	return near
}
