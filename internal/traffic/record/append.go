package record

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/scrapehook/scrapehook/internal/traffic/plan"
)

// Append goes on with the record at path, or creates it. Half a line at its end,
// which a full disk may have left, is removed.
func Append(path string, endpoints []string, profile string) (*Writer, error) {
	info, err := os.Stat(path)
	if err != nil || !info.Mode().IsRegular() || info.Size() == 0 {
		return Create(path, endpoints, profile)
	}
	file, err := os.OpenFile(path, os.O_RDWR, mode)
	if err != nil {
		return nil, err
	}
	w := &Writer{path: path, limit: maxLine, file: file, some: true}
	w.encoder = json.NewEncoder(&w.lines)
	w.encoder.SetEscapeHTML(false)
	if w.began, err = goOn(file, info.Size()); err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", path, err), file.Close())
	}
	return w, nil
}

// goOn makes file ready to be appended to, and returns when its record began.
func goOn(file *os.File, size int64) (began time.Time, err error) {
	first, err := (&lineReader{from: bufio.NewReaderSize(file, 64<<10)}).next()
	var header Header
	if err != nil || json.Unmarshal(first, &header) != nil || header.Version != version {
		return began, fmt.Errorf("line 1 is not the header of a record of version %d, so nothing is appended: choose another file", version)
	}
	if age := time.Since(header.Started); age < 0 || age > plan.MaxSpan {
		return began, fmt.Errorf("the record was begun at %s, and may be no longer than %v: choose another file", header.Started.Format(time.RFC3339), plan.MaxSpan)
	}
	end := size
	for block := make([]byte, 64<<10); end > 0; {
		from := max(0, end-int64(len(block)))
		n, err := file.ReadAt(block[:end-from], from)
		if err != nil && !errors.Is(err, io.EOF) {
			return began, err
		}
		if i := bytes.LastIndexByte(block[:n], '\n'); i >= 0 {
			end = from + int64(i) + 1
			break
		}
		end = from
	}
	if end < size {
		if err := file.Truncate(end); err != nil {
			return began, err
		}
	}
	_, err = file.Seek(0, io.SeekEnd)
	return header.Started, errors.Join(err, file.Chmod(mode))
}
