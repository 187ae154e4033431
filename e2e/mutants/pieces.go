package mutants

import (
	"errors"
	"io"
)

// readPieces reads a body piece by piece, and asks before each, with the number
// of those that came, whether to go on.
func readPieces(goOn func(id int64, pieces int) error) func(int64, io.Reader) ([]byte, error) {
	return func(id int64, body io.Reader) ([]byte, error) {
		var all []byte
		piece := make([]byte, 32<<10)
		for pieces := 0; ; pieces++ {
			if err := goOn(id, pieces); err != nil {
				return all, err
			}
			n, err := body.Read(piece)
			all = append(all, piece[:n]...)
			if errors.Is(err, io.EOF) {
				return all, nil
			}
			if err != nil {
				return all, err
			}
		}
	}
}
