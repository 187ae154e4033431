// Package sqlprobe looks at a receiver's rows in its database. It is apart from
// the other probes because of its drivers, which who does without need not
// compile.
package sqlprobe

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"strconv"
	"strings"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
	_ "modernc.org/sqlite"             // the driver "sqlite"

	"github.com/scrapehook/scrapehook/scenarios/probe"
)

// Kind is the kind of probe that asks a database.
func Kind() probe.Kind {
	return probe.Kind{
		Name: "sql", Argument: "DSN", Help: "--probe-query is asked; postgres://… or the path of an SQLite file",
		Open: func(dsn string, o probe.Options) (probe.Probe, error) {
			p, err := New(dsn, o.Query)
			if err != nil {
				return nil, err
			}
			return p, nil
		},
	}
}

// Probe asks a database for a job's rows.
type Probe struct {
	dsn, query string
	file       string // of SQLite; empty for a server
	db         *sql.DB
}

// rowsCap bounds the rows that a query may return.
const rowsCap = 100_000

// New returns the probe that asks the database at dsn: postgres://…, or the
// path of an SQLite file. In query, {job} is replaced by the job's id. The
// answer is one whole number, which counts, or the rows themselves: in one
// column, which holds JSON objects, or in several, whose names are the fields'.
func New(dsn, query string) (*Probe, error) {
	if !strings.Contains(query, probe.Placeholder) {
		return nil, fmt.Errorf("probe sql:%s: it needs a query with %s where the job's id goes", redacted(dsn), probe.Placeholder)
	}
	p := &Probe{dsn: dsn, query: query}
	driver, source := "pgx", dsn
	if !strings.HasPrefix(dsn, "postgres://") && !strings.HasPrefix(dsn, "postgresql://") {
		p.file = strings.TrimPrefix(dsn, "sqlite:")
		driver = "sqlite"
		source = (&url.URL{Scheme: "file", Opaque: (&url.URL{Path: p.file}).EscapedPath(), RawQuery: "mode=ro&_pragma=busy_timeout(5000)"}).String()
	}
	var err error
	if p.db, err = sql.Open(driver, source); err != nil {
		return nil, fmt.Errorf("probe sql:%s: %w", redacted(dsn), err)
	}
	p.db.SetMaxOpenConns(2)
	return p, nil
}

// redacted is a DSN without its password.
func redacted(dsn string) string {
	if u, err := url.Parse(dsn); err == nil {
		return u.Redacted()
	}
	return dsn
}

// Name implements [probe.Probe].
func (p *Probe) Name() string { return "sql:" + redacted(p.dsn) }

// Read implements [probe.Probe]. An SQLite file that does not exist has no rows yet.
func (p *Probe) Read(ctx context.Context, job int64) (probe.Reading, error) {
	if p.file != "" {
		if _, err := os.Stat(p.file); os.IsNotExist(err) {
			return probe.Reading{Records: []json.RawMessage{}}, nil
		}
	}
	ctx, cancel := context.WithTimeout(ctx, probe.Deadline)
	defer cancel()
	// The id is a number of ours, so it needs no quoting.
	rows, err := p.db.QueryContext(ctx, strings.ReplaceAll(p.query, probe.Placeholder, strconv.FormatInt(job, 10)))
	if err != nil {
		return probe.Reading{}, fmt.Errorf("asking for rows: %w", err)
	}
	defer rows.Close() //nolint:errcheck // Err tells
	columns, err := rows.Columns()
	if err != nil {
		return probe.Reading{}, fmt.Errorf("asking for rows: %w", err)
	}
	reading := probe.Reading{Records: []json.RawMessage{}}
	for rows.Next() {
		values, err := scan(rows, len(columns))
		if err != nil {
			return probe.Reading{}, fmt.Errorf("reading a row: %w", err)
		}
		if count, ok := values[0].(int64); ok && len(columns) == 1 {
			if rows.Next() || reading.Rows > 0 {
				return probe.Reading{}, fmt.Errorf("the query returns several numbers, want one count, or rows")
			}
			return probe.Reading{Rows: int(count)}, rows.Err()
		}
		record, err := recordOf(columns, values)
		if err != nil {
			return probe.Reading{}, err
		}
		if reading.Rows++; reading.Rows > rowsCap {
			return probe.Reading{}, fmt.Errorf("the query returns more than %d rows", rowsCap)
		}
		reading.Records = append(reading.Records, record)
	}
	return reading, rows.Err()
}

func scan(rows *sql.Rows, n int) ([]any, error) {
	values, targets := make([]any, n), make([]any, n)
	for i := range values {
		targets[i] = &values[i]
	}
	if err := rows.Scan(targets...); err != nil {
		return nil, err
	}
	for i, v := range values {
		if b, ok := v.([]byte); ok {
			values[i] = string(b)
		}
	}
	return values, nil
}

// recordOf is a row as a JSON object: the one column's, or one of the columns.
func recordOf(columns []string, values []any) (json.RawMessage, error) {
	if text, ok := values[0].(string); ok && len(columns) == 1 {
		var object map[string]json.RawMessage
		if err := json.Unmarshal([]byte(text), &object); err != nil {
			return nil, fmt.Errorf("column %s holds %.80q, want JSON objects, or several columns", columns[0], text)
		}
		return json.RawMessage(text), nil
	}
	object := map[string]any{}
	for i, column := range columns {
		object[column] = values[i]
	}
	record, err := json.Marshal(object)
	if err != nil {
		return nil, fmt.Errorf("a row is nothing that JSON could say: %w", err)
	}
	return record, nil
}
