package mutants

import (
	"bytes"
	"regexp"
)

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

func trimsCells() Mutant {
	return Mutant{
		Name: "trims-cells", Requirement: "DATA-04",
		Summary: "removes spaces around the values of cells",
		mutate: func(r *Receiver) {
			r.keep = func(_ int64, rows [][]byte) [][]byte {
				trimmed := make([][]byte, len(rows))
				for i, row := range rows {
					trimmed[i] = trimmedRow(row)
				}
				return trimmed
			}
		},
	}
}

func trimmedRow(row []byte) []byte {
	return spacesBehind.ReplaceAll(spacesBefore.ReplaceAll(row, []byte(`:"`)), []byte(`"$1`))
}

var (
	spacesBefore = regexp.MustCompile(`:" +`)
	spacesBehind = regexp.MustCompile(` +"([,}])`)
)
