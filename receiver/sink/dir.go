// Package sink holds a sink that needs no database: a directory of files.
package sink

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/scrapehook/scrapehook/receiver"
	"github.com/scrapehook/scrapehook/webhook"
)

// Format is how the rows of a job are written.
type Format string

// The formats of a [Dir].
const (
	JSONLines Format = "jsonl" // a row a line, as it was received
	CSV       Format = "csv"   // RFC 4180, UTF-8, a header line, a column each name
)

// Dir is a [receiver.Sink] in a directory. The rows of job 7 are in 7.jsonl or
// 7.csv, the record of their import in 7.json. Each file is replaced whole, by
// a rename after it is on disk, so that a reader finds the old one or the new
// one and never half of it.
//
// The record is replaced after the rows. A kill between the two leaves the new
// rows with the old record; the import is then done again, with the same rows.
//
// One process at a time may write to a directory. A Dir is safe for concurrent
// use.
type Dir struct {
	path   string
	format Format
	// jobs keeps two imports of one job apart. Two jobs may share a lock, and then
	// one waits for the other.
	jobs [64]sync.Mutex
}

var _ receiver.Sink = (*Dir)(nil)

// unfinished is the prefix of files that are still being written.
const unfinished = ".unfinished-"

// OpenDir opens the directory path, and makes it if need be. What a killed
// process left unfinished in it is removed.
func OpenDir(path string, format Format) (*Dir, error) {
	if format != JSONLines && format != CSV {
		return nil, fmt.Errorf("opening the sink %s: there is no format %q", path, format)
	}
	err := os.MkdirAll(path, 0o750)
	if err == nil {
		err = removeUnfinished(path)
	}
	if err != nil {
		return nil, fmt.Errorf("opening the sink: %w", err)
	}
	return &Dir{path: path, format: format}, nil
}

func removeUnfinished(path string) error {
	entries, err := os.ReadDir(path)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), unfinished) {
			if err := os.Remove(filepath.Join(path, e.Name())); err != nil {
				return err
			}
		}
	}
	return nil
}

// Record is the content of a job's record, as JSON.
type Record struct {
	JobID       int64          `json:"job_id"`
	File        string         `json:"file"` // with the rows, in the same directory
	Status      webhook.Status `json:"status"`
	Partial     bool           `json:"partial"` // the job did not run to its end
	SitemapID   int64          `json:"sitemap_id"`
	SitemapName string         `json:"sitemap_name"`
	CustomID    string         `json:"custom_id"`
	RowCount    int64          `json:"row_count"`
	ImportedAt  time.Time      `json:"imported_at"`
	// Fingerprint is what the cloud said of the job when these were its rows.
	Fingerprint string `json:"fingerprint"`
}

// Fingerprint implements [receiver.Sink].
func (d *Dir) Fingerprint(_ context.Context, jobID int64) (string, error) {
	var r Record
	body, err := os.ReadFile(d.file(jobID, "json"))
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	if err == nil {
		err = json.Unmarshal(body, &r)
	}
	if err != nil {
		return "", fmt.Errorf("reading the record of job %d: %w", jobID, err)
	}
	return r.Fingerprint, nil
}

func (d *Dir) file(jobID int64, ext string) string {
	return filepath.Join(d.path, strconv.FormatInt(jobID, 10)+"."+ext)
}

// Replace implements [receiver.Sink].
func (d *Dir) Replace(ctx context.Context, previous string, imp receiver.Import, rows iter.Seq2[json.RawMessage, error]) error {
	job := &d.jobs[uint64(imp.JobID)%uint64(len(d.jobs))] //nolint:gosec // any even spread will do
	job.Lock()
	defer job.Unlock()
	recorded, err := d.Fingerprint(ctx, imp.JobID)
	if err != nil {
		return err
	}
	if recorded != previous {
		return receiver.ErrSuperseded
	}
	write := writeLines
	if d.format == CSV {
		write = writeCSV
	}
	target := d.file(imp.JobID, string(d.format))
	if err := d.put(target, func(w io.Writer) error {
		if err := write(w, rows); err != nil {
			return err
		}
		return ctx.Err()
	}); err != nil {
		return err
	}
	return d.put(d.file(imp.JobID, "json"), func(w io.Writer) error {
		return json.NewEncoder(w).Encode(Record{
			JobID: imp.JobID, File: filepath.Base(target), Status: imp.Status, Partial: imp.Partial,
			SitemapID: imp.SitemapID, SitemapName: imp.SitemapName, CustomID: imp.CustomID,
			RowCount: imp.Rows, ImportedAt: time.Now().UTC(), Fingerprint: imp.Fingerprint,
		})
	})
}

func writeLines(w io.Writer, rows iter.Seq2[json.RawMessage, error]) error {
	for row, err := range rows {
		if err != nil {
			return err
		}
		if _, err := w.Write(append(row[:len(row):len(row)], '\n')); err != nil {
			return err
		}
	}
	return nil
}

// put replaces the file target by what write writes. It is on stable storage
// under its name when put returns nil, and otherwise is what it was.
func (d *Dir) put(target string, write func(io.Writer) error) (err error) {
	file, err := os.CreateTemp(d.path, unfinished+"*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = file.Close() // the first error says why
			_ = os.Remove(file.Name())
		}
	}()
	buffered := bufio.NewWriter(file)
	if err := write(buffered); err != nil {
		return err
	}
	if err := buffered.Flush(); err != nil {
		return err
	}
	if err := file.Sync(); err != nil {
		return err
	}
	if err := file.Close(); err != nil {
		return err
	}
	if err := os.Rename(file.Name(), target); err != nil {
		return err
	}
	return syncDir(d.path)
}

// syncDir puts the names in a directory on stable storage.
func syncDir(path string) error {
	dir, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}
