package xlsx

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"slices"
)

// inMemory is how many bytes of shared strings are held in memory. More of them
// go to a temporary file.
const inMemory = 8 << 20

// maxStrings is how many shared strings a workbook may have: as many as fit into
// a full sheet of 32 columns. Four bytes of memory each are theirs.
const maxStrings = 32 * MaxRows

// sharedStrings are the texts that cells refer to by number.
type sharedStrings struct {
	ends   []uint32 // where each text ends
	memory []byte
	file   *os.File // nil: all are in memory
	buffer []byte
}

// read reads the part of the shared strings.
func (s *sharedStrings) read(all parts, part string) error {
	in, err := all.open(part)
	if err != nil {
		return err
	}
	defer in.Close() //nolint:errcheck // it was only read
	var out *bufio.Writer
	total := uint64(0)
	for tokens := newTokens(in); ; {
		if _, err := tokens.start("si"); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return fmt.Errorf("its shared strings, after %d: %w", len(s.ends), err)
		}
		text, err := tokens.richText("si")
		if err != nil {
			return fmt.Errorf("its shared string %d: %w", len(s.ends), err)
		}
		if len(s.ends) == maxStrings {
			return fmt.Errorf("it has more than %d shared strings", maxStrings)
		}
		if out == nil && len(s.memory)+len(text) > inMemory {
			if out, err = s.spill(); err != nil {
				return err
			}
		}
		if out != nil {
			if _, err := out.WriteString(text); err != nil {
				return fmt.Errorf("its shared strings, in a temporary file: %w", err)
			}
		} else {
			s.memory = append(s.memory, text...)
		}
		if total += uint64(len(text)); total > math.MaxUint32 {
			return errors.New("its shared strings are longer than 4 GiB")
		}
		s.ends = append(s.ends, uint32(total))
	}
	if out == nil {
		return nil
	}
	return out.Flush()
}

// spill moves the texts to a temporary file, which has no name any more: it is
// gone with the process, however that ends.
func (s *sharedStrings) spill() (*bufio.Writer, error) {
	file, err := os.CreateTemp("", "scrapehook-xlsx-")
	if err != nil {
		return nil, fmt.Errorf("its shared strings, in a temporary file: %w", err)
	}
	_ = os.Remove(file.Name()) // where an open file can't be removed, close does it
	s.file = file
	out := bufio.NewWriterSize(file, 64<<10)
	_, err = out.Write(s.memory)
	s.memory = nil
	return out, err
}

// get is the text of a number.
func (s *sharedStrings) get(i int) (string, error) {
	if i < 0 || i >= len(s.ends) {
		return "", fmt.Errorf("it refers to shared string %d of %d", i, len(s.ends))
	}
	begin, end := int64(0), int64(s.ends[i])
	if i > 0 {
		begin = int64(s.ends[i-1])
	}
	if s.file == nil {
		return string(s.memory[begin:end]), nil
	}
	s.buffer = slices.Grow(s.buffer[:0], int(end-begin))[:end-begin]
	if _, err := s.file.ReadAt(s.buffer, begin); err != nil {
		return "", fmt.Errorf("its shared strings, in a temporary file: %w", err)
	}
	return string(s.buffer), nil
}

func (s *sharedStrings) close() error {
	if s == nil || s.file == nil {
		return nil
	}
	err := s.file.Close()
	_ = os.Remove(s.file.Name()) // it is gone already where that was possible
	s.file = nil
	return err
}
