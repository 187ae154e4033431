package mutants

import "bytes"

func flattensCells() Mutant {
	return Mutant{
		Name: "flattens-cells", Requirement: "DATA-04",
		Summary: "makes the newlines in a cell spaces, for a table that has one line a row",
		mutate: func(r *Receiver) {
			r.keep = func(_ int64, rows [][]byte) [][]byte {
				flat := make([][]byte, len(rows))
				for i, row := range rows {
					flat[i] = bytes.ReplaceAll(row, []byte(`\n`), []byte(" "))
				}
				return flat
			}
		},
	}
}
