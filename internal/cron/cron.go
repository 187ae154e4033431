// Package cron tells when the jobs of a schedule are due. A schedule is the five
// fields that Wikipedia's page on cron describes, to which the vendor links.
// There are no macros such as @daily, and none of the signs ?, L, W and #.
//
// Over the changes to and from summer time it does as Vixie's cron does: a
// schedule with fixed hours keeps to the clock on the wall, so that a daily job
// runs once a day. If its time is left out, it runs at the change; if its time
// comes twice, it runs the first time. A schedule of every hour keeps to the time
// that passes. What the vendor does then is not known.
package cron

import (
	"fmt"
	"math/bits"
	"strconv"
	"strings"
)

// Field is one of the five fields of a schedule.
type Field int

// The fields, in the order of a crontab.
const (
	Minute Field = iota
	Hour
	Day
	Month
	Weekday
)

// fields says what the values of each field are.
var fields = [...]struct {
	name     string
	min, max int
	names    []string // of the values from min
}{
	Minute:  {"minute", 0, 59, nil},
	Hour:    {"hour", 0, 23, nil},
	Day:     {"day", 1, 31, nil},
	Month:   {"month", 1, 12, strings.Fields("jan feb mar apr may jun jul aug sep oct nov dec")},
	Weekday: {"weekday", 0, 7, strings.Fields("sun mon tue wed thu fri sat")},
}

// Schedule is when jobs are due.
type Schedule struct {
	sets [5]uint64 // a bit for each value
	// eitherDay: a day is due that fits the day or the weekday. Otherwise it
	// must fit both.
	eitherDay bool
}

// Parse reads a schedule; an error names the field and what is wrong with it.
func Parse(minute, hour, day, month, weekday string) (Schedule, error) {
	var s Schedule
	for i, text := range []string{minute, hour, day, month, weekday} {
		set, err := Field(i).parse(text)
		if err != nil {
			return Schedule{}, err
		}
		s.sets[i] = set
	}
	s.eitherDay = !strings.HasPrefix(day, "*") && !strings.HasPrefix(weekday, "*")
	return s, nil
}

// Check says what is wrong with a field's text.
func (f Field) Check(text string) error {
	_, err := f.parse(text)
	return err
}

// parse reads a list of values, ranges and steps.
func (f Field) parse(text string) (set uint64, err error) {
	for part := range strings.SplitSeq(text, ",") {
		some, err := f.parsePart(part)
		if err != nil {
			return 0, fmt.Errorf("the %s %q of a schedule: %w", fields[f].name, text, err)
		}
		set |= some
	}
	if f == Weekday && set&(1<<7) != 0 {
		set = set&^(1<<7) | 1 // 7 is Sunday too
	}
	return set, nil
}

// parsePart reads one of: *, 5, 5-10, and each with a step: /15. A single value
// with a step goes on to the largest one.
func (f Field) parsePart(part string) (set uint64, err error) {
	span, stepText, stepped := strings.Cut(part, "/")
	lo, hi := fields[f].min, fields[f].max
	if f == Weekday && span == "*" {
		hi = 6 // Sunday once
	}
	if span != "*" {
		from, to, ranged := strings.Cut(span, "-")
		if lo, err = f.value(from); err != nil {
			return 0, err
		}
		if ranged {
			if hi, err = f.value(to); err != nil {
				return 0, err
			}
		} else if !stepped {
			hi = lo
		}
	}
	if f == Weekday && hi == 0 && lo > 0 {
		hi = 7 // sat-sun
	}
	if lo > hi {
		return 0, fmt.Errorf("%q is a range from more to less", span)
	}
	step := 1
	if stepped {
		most := fields[f].max - fields[f].min + 1
		if step, err = number(stepText); err != nil || step < 1 || step > most {
			return 0, fmt.Errorf("%q is not a step from 1 to %d", stepText, most)
		}
	}
	for v := lo; v <= hi; v += step {
		set |= 1 << v
	}
	return set, nil
}

// value reads a number or a name.
func (f Field) value(text string) (int, error) {
	kind := fields[f]
	for i, name := range kind.names {
		if strings.EqualFold(text, name) {
			return kind.min + i, nil
		}
	}
	n, err := number(text)
	if err != nil || n < kind.min || n > kind.max {
		return 0, fmt.Errorf("%q is not from %d to %d", text, kind.min, kind.max)
	}
	return n, nil
}

// number reads digits and nothing else, no sign.
func number(text string) (int, error) {
	if len(text) > 4 || strings.Trim(text, "0123456789") != "" {
		return 0, strconv.ErrSyntax
	}
	return strconv.Atoi(text)
}

func (s Schedule) has(f Field, value int) bool { return s.sets[f]&(1<<value) != 0 }

// everyHour reports whether all hours are due.
func (s Schedule) everyHour() bool { return bits.OnesCount64(s.sets[Hour]) == 24 }
