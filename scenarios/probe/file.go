package probe

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"slices"
	"strings"
	"sync"
	"time"
)

const (
	// fileCap bounds what is read of a rows file.
	fileCap = 256 << 20
	// minAge is how long a file must have been left alone before its time and
	// size are trusted to tell whether it changed: file systems stamp changes
	// with a coarse clock.
	minAge = 100 * time.Millisecond
)

// File reads a file of JSON lines: one object an imported row, which names its
// job in one field. The receiver may append to it, rewrite it or replace it. If
// the path has {job} in it, there is a file for each job, and its rows need not
// name it.
type File struct {
	path, jobField string

	mu   sync.Mutex
	seen fs.FileInfo // of the file that rows were read from; nil: read again
	rows fileRows
}

// fileRows is the content of a rows file by job.
type fileRows struct {
	byJob     map[string][]json.RawMessage
	malformed int
}

// NewFile returns the probe of the file at path. An empty jobField is
// [DefaultJobField].
func NewFile(path, jobField string) *File {
	if jobField == "" {
		jobField = DefaultJobField
	}
	return &File{path: path, jobField: jobField}
}

// Name implements [Probe].
func (f *File) Name() string { return "file:" + f.path }

// Read implements [Probe]. A file that does not exist has no rows yet.
func (f *File) Read(_ context.Context, job int64) (Reading, error) {
	if strings.Contains(f.path, Placeholder) {
		return f.readOf(job)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := f.refreshLocked(); err != nil {
		return Reading{}, fmt.Errorf("reading rows: %w", err)
	}
	records := f.rows.byJob[fmt.Sprint(job)]
	if records == nil {
		records = []json.RawMessage{}
	}
	return Reading{Rows: len(records), Records: records, Malformed: f.rows.malformed}, nil
}

// readOf reads the file of one job.
func (f *File) readOf(job int64) (Reading, error) {
	file, err := os.Open(strings.ReplaceAll(f.path, Placeholder, fmt.Sprint(job)))
	if errors.Is(err, fs.ErrNotExist) {
		return Reading{Records: []json.RawMessage{}}, nil
	}
	if err != nil {
		return Reading{}, fmt.Errorf("reading rows: %w", err)
	}
	defer file.Close() //nolint:errcheck // opened for reading
	reading := Reading{Records: []json.RawMessage{}}
	in := bufio.NewReaderSize(io.LimitReader(file, fileCap), 1<<16)
	for {
		line, err := in.ReadBytes('\n')
		last := errors.Is(err, io.EOF)
		if err != nil && !last {
			return Reading{}, fmt.Errorf("reading rows: %w", err)
		}
		switch text := bytes.TrimSpace(line); {
		case len(text) == 0:
		case text[0] == '{' && json.Valid(text):
			reading.Records = append(reading.Records, text)
		case !last:
			reading.Malformed++
		}
		if last {
			reading.Rows = len(reading.Records)
			return reading, nil
		}
	}
}

// Explain says why no row of the job is seen: the file is not there, or its rows
// don't name their job as expected.
func (f *File) Explain(_ context.Context, job int64) string {
	if path := strings.ReplaceAll(f.path, Placeholder, fmt.Sprint(job)); !exists(path) {
		return fmt.Sprintf("finds no file %s", path)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if strays := f.rows.byJob[""]; len(strays) > 0 {
		var row map[string]json.RawMessage
		_ = json.Unmarshal(strays[0], &row) // it was one when it was read
		return fmt.Sprintf("finds %d rows without the field %q that names their job; they have: %s (see --probe-job-field)",
			len(strays), f.jobField, strings.Join(slices.Sorted(maps.Keys(row)), ", "))
	}
	return "finds the file, but no row of the job in it"
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// refreshLocked reads the file again unless it is surely the one already read.
func (f *File) refreshLocked() error {
	file, err := os.Open(f.path)
	if errors.Is(err, fs.ErrNotExist) {
		f.seen, f.rows = nil, fileRows{}
		return nil
	}
	if err != nil {
		return err
	}
	defer file.Close() //nolint:errcheck // opened for reading
	info, err := file.Stat()
	if err != nil {
		return err
	}
	if info.IsDir() {
		return fmt.Errorf("%s is a directory, want a file of JSON lines", f.path)
	}
	if f.seen != nil && os.SameFile(f.seen, info) && f.seen.Size() == info.Size() && f.seen.ModTime().Equal(info.ModTime()) {
		return nil
	}
	began := time.Now()
	if f.rows, err = readRows(io.LimitReader(file, fileCap+1), f.jobField); err != nil {
		return fmt.Errorf("%s: %w", f.path, err)
	}
	f.seen = nil
	if began.Sub(info.ModTime()) > minAge {
		f.seen = info
	}
	return nil
}

// readRows sorts the lines of r by job. A last line without its end may still
// be being written, so it counts only if it is whole.
func readRows(r io.Reader, jobField string) (fileRows, error) {
	rows := fileRows{byJob: map[string][]json.RawMessage{}}
	in := bufio.NewReaderSize(r, 1<<16)
	for read := 0; ; {
		line, err := in.ReadBytes('\n')
		last := errors.Is(err, io.EOF)
		if err != nil && !last {
			return fileRows{}, err
		}
		if read += len(line); read > fileCap {
			return fileRows{}, fmt.Errorf("more than %d MiB of rows", fileCap>>20)
		}
		if text := bytes.TrimSpace(line); len(text) > 0 {
			job, ok := jobOf(text, jobField)
			switch {
			case ok:
				rows.byJob[job] = append(rows.byJob[job], text)
			case !last:
				rows.malformed++
			}
		}
		if last {
			return rows, nil
		}
	}
}

// jobOf returns the job that a row names, as a number or as text, and whether
// the row is a JSON object at all. An object without the field is of no job.
func jobOf(line []byte, field string) (string, bool) {
	var row map[string]json.RawMessage
	if json.Unmarshal(line, &row) != nil || row == nil {
		return "", false
	}
	return strings.Trim(string(row[field]), `"`), true
}
