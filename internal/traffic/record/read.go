package record

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/scrapehook/scrapehook/internal/traffic/plan"
)

// The bounds of a record that is read, because it is held in memory. The longest
// form of the conformance suite takes 10 MiB.
const (
	maxDeliveries = 1_000_000
	maxLine       = 64 << 20 // bytes
	maxTotal      = 1 << 30  // bytes
)

// read reads the lines of a record.
func read(from io.Reader) (Header, []line, error) {
	lines := &lineReader{from: bufio.NewReaderSize(from, 64<<10)}
	first, err := lines.next()
	if errors.Is(err, io.EOF) {
		return Header{}, nil, errors.New("it is empty")
	}
	if err != nil {
		return Header{}, nil, err
	}
	var header Header
	if err := json.Unmarshal(first, &header); err != nil || header.Version != version {
		return Header{}, nil, fmt.Errorf("line 1 is not the header of a record of version %d", version)
	}
	var all []line
	for {
		text, err := lines.next()
		if errors.Is(err, io.EOF) {
			return header, all, nil
		}
		if err != nil {
			return Header{}, nil, err
		}
		var l line
		err = json.Unmarshal(text, &l)
		if err == nil {
			err = l.check(plan.MaxSpan)
		}
		if err == nil && len(all) == maxDeliveries {
			err = fmt.Errorf("there are more than %d deliveries", maxDeliveries)
		}
		if err != nil {
			return Header{}, nil, fmt.Errorf("line %d: %w", lines.number, err)
		}
		all = append(all, l)
	}
}

// ReadAll reads a record: its deliveries in the order in which they ended, without
// their times.
func ReadAll(from io.Reader) (Header, []Delivery, error) {
	header, lines, err := read(from)
	if err != nil {
		return header, nil, fmt.Errorf("reading the record: %w", err)
	}
	all := make([]Delivery, len(lines))
	for i, l := range lines {
		all[i] = Delivery{
			Index: l.Index, Part: l.Part, Special: l.Special, Attempt: l.Attempt,
			Reason: l.Reason, Code: l.Code, Err: l.Error, Form: []byte(l.form()), Seen: l.Seen,
		}
	}
	return header, all, nil
}

// lineReader reads lines within bounds.
type lineReader struct {
	from   *bufio.Reader
	number int // of the line that was read last
	total  int64
	long   []byte // of a line that the reader's buffer can't hold
}

// next returns a line without its end, valid until the next one.
func (r *lineReader) next() ([]byte, error) {
	r.number++
	r.long = r.long[:0]
	for {
		piece, err := r.from.ReadSlice('\n')
		r.total += int64(len(piece))
		switch {
		case r.total > maxTotal:
			return nil, fmt.Errorf("line %d: the record is larger than %d bytes", r.number, int64(maxTotal))
		case len(r.long)+len(piece) > maxLine:
			return nil, fmt.Errorf("line %d is longer than %d bytes", r.number, maxLine)
		case errors.Is(err, bufio.ErrBufferFull):
			r.long = append(r.long, piece...)
			continue
		case err != nil && !errors.Is(err, io.EOF):
			return nil, fmt.Errorf("line %d: %w", r.number, err)
		case err != nil && len(r.long)+len(piece) == 0:
			return nil, io.EOF
		}
		if len(r.long) > 0 {
			r.long = append(r.long, piece...)
			piece = r.long
		}
		return piece, nil
	}
}
