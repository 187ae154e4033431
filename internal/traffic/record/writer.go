package record

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/scrapehook/scrapehook/internal/delivery"
	"github.com/scrapehook/scrapehook/internal/oserr"
	"github.com/scrapehook/scrapehook/internal/redact"
)

// How much is kept back before it is written, and for how long. A kill loses no
// more than that.
const (
	flushBytes = 64 << 10
	flushEvery = time.Second
)

// Writer writes a record. It is safe for concurrent use. An error ends the
// record, not the run that is recorded; Close returns it.
type Writer struct {
	began time.Time
	path  string
	limit int // of a line, in bytes

	mu      sync.Mutex
	file    *os.File
	partial bool // the file has a name of its own until there is something to keep
	inPlace bool // the file is the one at path, whose content is still the earlier one
	lines   bytes.Buffer
	encoder *json.Encoder
	timer   *time.Timer // that flushes; nil while nothing is kept back
	some    bool        // a delivery was added
	err     error       // the first one; nothing is written after it
}

// Create begins a record of deliveries to endpoints. An earlier record at path
// stays as it is until the first delivery is written. Only the user can read the
// file: what it has was sent to an endpoint in confidence.
func Create(path string, endpoints []string, profile string) (*Writer, error) {
	w := &Writer{began: time.Now(), path: path, limit: maxLine}
	if err := w.open(); err != nil {
		return nil, err
	}
	w.encoder = json.NewEncoder(&w.lines)
	w.encoder.SetEscapeHTML(false)
	redacted := make([]string, len(endpoints))
	for i, e := range endpoints {
		redacted[i] = redact.URL(e)
	}
	w.err = w.encoder.Encode(Header{version, strings.Join(redacted, " "), profile, w.began})
	return w, nil
}

const mode fs.FileMode = 0o600

// open opens a temporary file beside the record's, or, where that can't be, the
// file itself: a device, a pipe, a file in a folder of somebody else's.
func (w *Writer) open() error {
	if target, err := filepath.EvalSymlinks(w.path); err == nil {
		w.path = target // a link stays one
	}
	info, err := os.Stat(w.path)
	if err == nil && info.IsDir() {
		return &fs.PathError{Op: "write", Path: w.path, Err: errors.New("it is a folder")}
	}
	if err != nil || info.Mode().IsRegular() {
		file, err := os.CreateTemp(filepath.Dir(w.path), "."+filepath.Base(w.path)+".*") // 0600
		if err == nil {
			w.file, w.partial = file, true
			return nil
		}
		if oserr.IsFull(err) {
			return &fs.PathError{Op: "create", Path: w.path, Err: syscall.ENOSPC} // not of the temporary name
		}
	}
	w.file, err = os.OpenFile(w.path, os.O_WRONLY|os.O_CREATE, mode)
	w.inPlace = err == nil && info != nil && info.Mode().IsRegular()
	return err
}

// Add records a delivery.
func (w *Writer) Add(d Delivery) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.err != nil {
		return
	}
	before := w.lines.Len()
	if w.err = w.encoder.Encode(lineOf(d)); w.err != nil {
		return
	}
	if size := w.lines.Len() - before; size > w.limit {
		w.lines.Truncate(before)
		w.err = fmt.Errorf("a delivery takes %d bytes, and %d is the limit", size, w.limit)
		return
	}
	w.some = true
	switch {
	case w.lines.Len() >= flushBytes:
		w.flushLocked()
	case w.timer == nil:
		w.timer = time.AfterFunc(flushEvery, func() {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.flushLocked()
		})
	}
}

// AddAttempt records an attempt that was not of a plan. index is the job's id, or
// what stands for it.
func (w *Writer) AddAttempt(index int64, a delivery.Attempt, form []byte) {
	w.Add(DeliveryOf(index, w.began, a, form))
}

// DeliveryOf is an attempt that was not of a plan, in a record that began then.
func DeliveryOf(index int64, began time.Time, a delivery.Attempt, form []byte) Delivery {
	since := func(at time.Time) time.Duration {
		if at.IsZero() {
			return 0
		}
		return max(0, at.Sub(began))
	}
	return Delivery{
		Index: index, Attempt: max(1, a.Number),
		Planned: since(a.Planned), Sent: since(a.Started), Ended: since(a.Ended),
		Reason: a.Reason, Code: a.Status, Err: a.Err, Form: form,
	}
}

// Began is when the record began.
func (w *Writer) Began() time.Time { return w.began }

// Flush writes what is kept back, so that a kill loses none of it, and returns the
// first error that there was.
func (w *Writer) Flush() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.flushLocked()
	return w.err
}

// flushLocked writes whole lines, so that a kill leaves a record that can be read.
func (w *Writer) flushLocked() {
	if w.timer != nil {
		w.timer.Stop()
		w.timer = nil
	}
	if w.err != nil || w.file == nil {
		return
	}
	if w.inPlace {
		w.inPlace, w.err = false, errors.Join(w.file.Truncate(0), w.file.Chmod(mode))
	}
	if w.err == nil {
		_, w.err = w.file.Write(w.lines.Bytes())
		w.lines.Reset()
	}
	if w.err == nil && w.partial {
		if w.err = os.Rename(w.file.Name(), w.path); w.err == nil {
			w.partial = false
		}
	}
}

// Close writes what is kept back and closes the file, or removes it when no
// delivery was recorded. It returns the first error that there was.
func (w *Writer) Close() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.file == nil {
		return nil
	}
	if w.some || !w.partial && !w.inPlace {
		w.flushLocked()
	}
	if w.timer != nil {
		w.timer.Stop()
		w.timer = nil
	}
	if err := w.file.Close(); w.err == nil {
		w.err = err
	}
	if w.partial {
		_ = os.Remove(w.file.Name()) // nothing of it is to be kept
	}
	w.file = nil
	if w.err != nil {
		err := w.err
		if about, ok := errors.AsType[*fs.PathError](err); ok {
			err = about.Err // its path is the temporary one
		}
		return fmt.Errorf("the record %s is incomplete: %w", w.path, err)
	}
	return nil
}
