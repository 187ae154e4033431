package receiver

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
)

// maxRow caps one line of a download, in bytes. Cells of 100 kB are common.
const maxRow = 64 << 20

// spool is a download on disk, every line of it known to be a JSON object, so
// that writing the rows takes one short transaction however slow the download
// was, and nothing at all when it broke.
type spool struct {
	file *os.File
	rows int64
}

// spoolRows reads a download into a temporary file in dir. It fails on the
// first line that is no JSON object, and after limit bytes. An error page or
// half a line is never taken for data.
func spoolRows(dir string, download io.Reader, limit int64) (_ *spool, err error) {
	file, err := os.CreateTemp(dir, "scrapehook-*.jsonl")
	if err != nil {
		return nil, fmt.Errorf("making a file for the download: %w", err)
	}
	s := &spool{file: file}
	defer func() {
		if err != nil {
			s.close()
		}
	}()
	// Without a name the file ends with the process, however that ends. Where
	// the system refuses this, close does it.
	_ = os.Remove(file.Name())

	lines, out := scanRows(&capped{download, limit}), bufio.NewWriter(file)
	for lines.Scan() {
		row := bytes.TrimSpace(lines.Bytes())
		if len(row) == 0 || row[0] != '{' || !json.Valid(row) {
			return nil, fmt.Errorf("line %d of the download is no JSON object", s.rows+1)
		}
		s.rows++
		// A bufio.Writer keeps its first error for Flush.
		_, _ = out.Write(row)
		_ = out.WriteByte('\n')
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("after %d rows: %w", s.rows, err)
	}
	if err := out.Flush(); err != nil {
		return nil, fmt.Errorf("writing the download to disk: %w", err)
	}
	return s, nil
}

// all yields the rows from the first. Each is valid until the next.
func (s *spool) all() iter.Seq2[json.RawMessage, error] {
	return func(yield func(json.RawMessage, error) bool) {
		if _, err := s.file.Seek(0, io.SeekStart); err != nil {
			yield(nil, fmt.Errorf("reading the download again: %w", err))
			return
		}
		lines := scanRows(s.file)
		for lines.Scan() {
			if !yield(lines.Bytes(), nil) {
				return
			}
		}
		if err := lines.Err(); err != nil {
			yield(nil, fmt.Errorf("reading the download again: %w", err))
		}
	}
}

// close drops the file. An error would say that it could not be removed, and
// there is nothing to do about that here.
func (s *spool) close() {
	if err := s.file.Close(); !errors.Is(err, os.ErrClosed) {
		_ = os.Remove(s.file.Name())
	}
}

func scanRows(r io.Reader) *bufio.Scanner {
	lines := bufio.NewScanner(r)
	lines.Buffer(make([]byte, 0, 64<<10), maxRow)
	return lines
}

// capped is a reader that fails once more than left bytes came.
type capped struct {
	r    io.Reader
	left int64
}

func (c *capped) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	if c.left -= int64(n); c.left < 0 {
		return 0, errors.New("the download is larger than allowed")
	}
	return n, err
}
