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
	"unicode/utf8"
)

// spoolLimits say where a download is kept, and how large it may be.
type spoolLimits struct {
	dir   string
	bytes int64 // of the whole download
	row   int   // bytes of one row
}

// spool is a download on disk, every line of it known to be a JSON object, so
// that writing the rows takes one short transaction however slow the download
// was, and nothing at all when it broke.
type spool struct {
	file   *os.File
	rows   int64
	maxRow int
}

// spoolRows reads a download into a temporary file. It fails on the first line
// that is not a JSON object, and as soon as there are more rows than expected
// or more bytes than the limits allow. An error page or half a line is never
// taken for data. Bytes that are not UTF-8 are replaced by U+FFFD, so that every
// sink has the same rows: JSON is UTF-8, and PostgreSQL can't hold others.
func spoolRows(download io.Reader, expected int64, limits spoolLimits) (_ *spool, err error) {
	file, err := os.CreateTemp(limits.dir, "scrapehook-*.jsonl")
	if err != nil {
		return nil, fmt.Errorf("making a file for the download: %w", err)
	}
	s := &spool{file: file, maxRow: limits.row}
	defer func() {
		if err != nil {
			s.close()
		}
	}()
	// Without a name the file ends with the process, however that ends. Where
	// the system refuses this, close does it.
	_ = os.Remove(file.Name())
	lines, out := newLineReader(&cappedReader{download, limits.bytes, limits.bytes}, limits.row), bufio.NewWriter(file)
	for {
		row, err := lines.next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("row %d of the download: %w", s.rows+1, err)
		}
		row = bytes.TrimSpace(row)
		if len(row) == 0 || row[0] != '{' || !json.Valid(row) {
			return nil, fmt.Errorf("line %d of the download is not a JSON object", s.rows+1)
		}
		if s.rows++; s.rows > expected {
			return nil, fmt.Errorf("the download has more rows than the job, which has %d", expected)
		}
		if !utf8.Valid(row) {
			row = bytes.ToValidUTF8(row, []byte("\uFFFD"))
		}
		// A bufio.Writer keeps its first error for Flush. Nothing more is read
		// than the buffer holds once the disk is full.
		_, _ = out.Write(row)
		if err := out.WriteByte('\n'); err != nil {
			break
		}
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
		const replaced = 3 // U+FFFD has three bytes, in the place of one
		for lines := newLineReader(s.file, replaced*s.maxRow); ; {
			row, err := lines.next()
			if errors.Is(err, io.EOF) {
				return
			}
			if err != nil {
				yield(nil, fmt.Errorf("reading the download again: %w", err))
				return
			}
			if !yield(row, nil) {
				return
			}
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

// lineReader reads lines of a bounded length.
type lineReader struct {
	from  *bufio.Reader
	limit int
	line  []byte // of a line that is longer than from's buffer
}

func newLineReader(from io.Reader, limit int) *lineReader {
	return &lineReader{from: bufio.NewReaderSize(from, 64<<10), limit: limit}
}

// next returns the next line without its end, valid until the next call. The
// last one may lack its end. After it comes [io.EOF].
func (r *lineReader) next() ([]byte, error) {
	r.line = r.line[:0]
	for {
		part, err := r.from.ReadSlice('\n')
		if len(r.line)+len(bytes.TrimSuffix(part, []byte("\n"))) > r.limit {
			return nil, fmt.Errorf("it is larger than %d bytes, the limit for a row", r.limit)
		}
		switch {
		case err == nil && len(r.line) == 0:
			return part[:len(part)-1], nil
		case err == nil:
			r.line = append(r.line, part...)
			return r.line[:len(r.line)-1], nil
		case errors.Is(err, bufio.ErrBufferFull):
			r.line = append(r.line, part...)
		case errors.Is(err, io.EOF) && len(r.line)+len(part) > 0:
			r.line = append(r.line, part...)
			return r.line, nil
		default:
			return nil, err
		}
	}
}

// cappedReader is a reader that fails once more than limit bytes came.
type cappedReader struct {
	r           io.Reader
	left, limit int64
}

func (c *cappedReader) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	if c.left -= int64(n); c.left < 0 {
		return 0, fmt.Errorf("the download is larger than %d bytes, the limit for one", c.limit)
	}
	return n, err
}
