// Package sqlprobe looks at a receiver's rows in its database. It is apart from
// the other probes because of its drivers, which who does without need not
// compile.
package sqlprobe

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"net"
	"net/url"
	"os"
	"strconv"
	"strings"

	"github.com/go-sql-driver/mysql"
	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
	_ "modernc.org/sqlite"             // the driver "sqlite"

	"github.com/scrapehook/scrapehook/scenarios/probe"
)

// Kind is the kind of probe that asks a database.
func Kind() probe.Kind {
	return probe.Kind{
		Name: "sql", Argument: "DSN", Help: "--probe-query is asked; postgres://…, mysql://… (MariaDB too) or the path of an SQLite file",
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

// New returns the probe that asks the database at dsn: postgres://…, mysql://…,
// which is for MariaDB too, or the path of an SQLite file. In query, {job} is replaced by the job's id. The
// answer is one whole number, which counts, or the rows themselves: in one
// column, which holds JSON objects, or in several, whose names are the fields'.
func New(dsn, query string) (*Probe, error) {
	if !strings.Contains(query, probe.Placeholder) {
		return nil, fmt.Errorf("probe sql:%s: it needs a query with %s where the job's id goes", redacted(dsn), probe.Placeholder)
	}
	p := &Probe{dsn: dsn, query: query}
	driver, source, err := p.driver()
	if err != nil {
		return nil, fmt.Errorf("probe sql:%s: %w", redacted(dsn), err)
	}
	if p.db, err = sql.Open(driver, source); err != nil {
		return nil, fmt.Errorf("probe sql:%s: %w", redacted(dsn), err)
	}
	p.db.SetMaxOpenConns(2)
	return p, nil
}

// driver chooses the driver by the address, and says what it is to be given.
func (p *Probe) driver() (name, source string, err error) {
	scheme, path, ok := strings.Cut(p.dsn, "://")
	if !ok {
		p.file = strings.TrimPrefix(p.dsn, "sqlite:")
		return "sqlite", sqliteSource(p.file), nil
	}
	switch scheme {
	case "postgres", "postgresql":
		return "pgx", p.dsn, nil
	case "mysql", "mariadb":
		source, err := mysqlSource(p.dsn)
		return "mysql", source, err
	case "sqlite", "sqlite3":
		p.file = path
		return "sqlite", sqliteSource(p.file), nil
	}
	return "", "", fmt.Errorf("there is no driver for %s:// here: want postgres://, mysql:// or the path of an SQLite file; "+
		"for other databases, --probe cmd: with their own client", scheme)
}

func sqliteSource(file string) string {
	return (&url.URL{Scheme: "file", Opaque: (&url.URL{Path: file}).EscapedPath(), RawQuery: "mode=ro&_pragma=busy_timeout(5000)"}).String()
}

// mysqlSource is the address as its driver wants it: mysql://USER:PASSWORD@HOST:PORT/DATABASE.
func mysqlSource(dsn string) (string, error) {
	u, err := url.Parse(dsn)
	if err != nil {
		return "", err
	}
	cfg := mysql.NewConfig()
	cfg.User = u.User.Username()
	cfg.Passwd, _ = u.User.Password()
	cfg.Net, cfg.Addr, cfg.DBName = "tcp", u.Host, strings.TrimPrefix(u.Path, "/")
	if u.Port() == "" {
		cfg.Addr = net.JoinHostPort(u.Hostname(), "3306")
	}
	if socket := u.Query().Get("socket"); socket != "" {
		cfg.Net, cfg.Addr = "unix", socket
	}
	return cfg.FormatDSN(), nil
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
	// It is prepared, so that every driver gives numbers as numbers.
	statement, err := p.db.PrepareContext(ctx, strings.ReplaceAll(p.query, probe.Placeholder, strconv.FormatInt(job, 10)))
	if err != nil {
		return probe.Reading{}, fmt.Errorf("asking for rows: %w", err)
	}
	defer statement.Close() //nolint:errcheck // nothing is lost by it
	rows, err := statement.QueryContext(ctx)
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
		if values[0] == nil && len(columns) == 1 {
			return probe.Reading{}, rows.Err() // the sum of nothing
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
