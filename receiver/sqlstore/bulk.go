package sqlstore

import (
	"context"
	"database/sql"
	"strings"
)

// bulkRows is how many rows a full statement of a bulk has. One row alone costs
// twice as much, because of the statement around it; more rows save little.
const bulkRows = 16

// bulk is one INSERT, prepared for one row and for bulkRows of them.
type bulk struct {
	columns   int
	one, many *sql.Stmt
}

// prepareBulk prepares what stands before and after the values. It is closed
// with db.
func prepareBulk(ctx context.Context, db *sql.DB, before string, columns int, after string) (b bulk, err error) {
	row := "(?" + strings.Repeat(",?", columns-1) + ")"
	b.columns = columns
	if b.one, err = db.PrepareContext(ctx, before+" VALUES "+row+" "+after); err != nil {
		return b, err
	}
	b.many, err = db.PrepareContext(ctx, before+" VALUES "+row+strings.Repeat(","+row, bulkRows-1)+" "+after)
	return b, err
}

// insert inserts rows, whose values follow one another.
func (b bulk) insert(ctx context.Context, tx *sql.Tx, values []any) error {
	one, many := tx.StmtContext(ctx, b.one), tx.StmtContext(ctx, b.many) //nolint:sqlclosecheck // they end with the transaction
	for full := b.columns * bulkRows; len(values) >= full; values = values[full:] {
		if _, err := many.ExecContext(ctx, values[:full]...); err != nil {
			return err
		}
	}
	for ; len(values) > 0; values = values[b.columns:] {
		if _, err := one.ExecContext(ctx, values[:b.columns]...); err != nil {
			return err
		}
	}
	return nil
}
