package mutants

import (
	"bytes"
	"encoding/json"
)

func cutsCells() Mutant {
	const limit = 1<<16 - 1
	return Mutant{
		Name: "cuts-cells", Requirement: "DATA-11",
		Summary: "keeps cells in columns of type TEXT, which hold 65,535 bytes and cut what is longer",
		mutate: func(r *Receiver) {
			r.keep = func(_ int64, rows [][]byte) [][]byte {
				stored := make([][]byte, len(rows))
				for i, row := range rows {
					stored[i] = cutCells(row, limit)
				}
				return stored
			}
		},
	}
}

// cutCells leaves a row that is short enough as it is.
func cutCells(row []byte, limit int) []byte {
	if len(row) <= limit {
		return row
	}
	var cells map[string]any
	decoder := json.NewDecoder(bytes.NewReader(row))
	decoder.UseNumber()
	if decoder.Decode(&cells) != nil {
		return row
	}
	for column, value := range cells {
		if text, ok := value.(string); ok && len(text) > limit {
			cells[column] = text[:limit]
		}
	}
	cut, err := json.Marshal(cells)
	if err != nil {
		return row
	}
	return cut
}
