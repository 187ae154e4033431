package mutants

import (
	"bytes"
	"errors"
	"io"
)

func decodesPieces() Mutant {
	return Mutant{
		Name: "decodes-pieces", Requirement: "DATA-03",
		Summary: "decodes each piece of a download by itself: a character that is cut in two becomes two question marks",
		Also:    map[string]string{"DATA-04": "its characters are not escaped either, and a piece may end within one"},
		mutate: func(r *Receiver) {
			r.readRows = func(_ int64, body io.Reader) ([]byte, error) {
				var whole []byte
				piece := make([]byte, 64<<10)
				for {
					n, err := body.Read(piece)
					whole = append(whole, bytes.ToValidUTF8(piece[:n], []byte("\uFFFD"))...)
					if errors.Is(err, io.EOF) {
						return whole, nil
					}
					if err != nil {
						return whole, err
					}
				}
			}
		},
	}
}
