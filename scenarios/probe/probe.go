// Package probe looks at the effects of a receiver: how many rows it has
// imported for a job, and which. A probe never changes what it looks at, and
// it sees what any reader of the receiver's data would see.
package probe

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
)

// Probe reads the effect of one job. Implementations are safe for concurrent
// use.
type Probe interface {
	// Name is how reports call the probe: its specification.
	Name() string
	// Read returns what is there for job at this moment. An error means that
	// the probe itself failed; a job without rows is none.
	Read(ctx context.Context, job int64) (Reading, error)
}

// Reading is what a probe saw of one job.
type Reading struct {
	// Rows is the number of rows imported for the job.
	Rows int
	// Records are those rows, a JSON object each, in any order; nil from a
	// probe that can only count.
	Records []json.RawMessage
	// Malformed counts what was stored and is not a JSON object. It
	// belongs to no job.
	Malformed int
}

// Func is a probe that calls rows, which returns the rows that are imported for
// a job, a JSON object each, in any order. Name is how reports call it.
func Func(name string, rows func(ctx context.Context, job int64) ([]json.RawMessage, error)) Probe {
	return function{name, rows}
}

type function struct {
	name string
	rows func(ctx context.Context, job int64) ([]json.RawMessage, error)
}

func (f function) Name() string { return f.name }

func (f function) Read(ctx context.Context, job int64) (Reading, error) {
	rows, err := f.rows(ctx, job)
	if err != nil {
		return Reading{}, err
	}
	return Reading{Rows: len(rows), Records: append([]json.RawMessage{}, rows...)}, nil
}

// DefaultJobField is the field of an imported row that holds its job's id.
const DefaultJobField = "scrapingjob_id"

// Options are what some kinds of probe need beside their specification.
type Options struct {
	// JobField is the field of a row that names its job, for file probes; empty
	// is [DefaultJobField].
	JobField string
	// Query is the SQL of sql probes; see package sqlprobe.
	Query string
}

// Kind is a kind of probe, as users name it: KIND:ARGUMENT.
type Kind struct {
	// Name stands before the colon, Argument says what stands after it.
	Name, Argument string
	// Help says in a line what is read, and how.
	Help string
	// Open returns the probe of an argument.
	Open func(argument string, o Options) (Probe, error)
}

// Kinds returns the kinds of this package. Those that need a driver are
// elsewhere, so that only who uses them compiles it: see package sqlprobe.
func Kinds() []Kind {
	return []Kind{
		{"file", "PATH", "a file of JSON lines, one object an imported row", func(path string, o Options) (Probe, error) {
			return NewFile(path, o.JobField), nil
		}},
		{"http", "URL", `{job} is replaced; answers {"rows": N}`, openHTTP},
		{"cmd", "CMD", `{job} is replaced; prints {"rows": N}`, func(command string, _ Options) (Probe, error) {
			return NewCommand(command), nil
		}},
	}
}

func openHTTP(rawURL string, _ Options) (Probe, error) {
	p, err := NewHTTP(rawURL)
	if err != nil {
		return nil, err
	}
	return p, nil
}

// api stands for what the simulated API sees in any case.
const api = "api"

// Usage names the specifications that [Parse] understands, in a line.
func Usage(kinds []Kind) string {
	words := []string{api}
	for _, k := range kinds {
		words = append(words, k.Name+":"+k.Argument)
	}
	return strings.Join(words[:len(words)-1], ", ") + " or " + words[len(words)-1]
}

// Help describes the specifications that [Parse] understands, a line each.
func Help(kinds []Kind) string {
	var b strings.Builder
	for _, k := range kinds {
		fmt.Fprintf(&b, "  %-10s  %s\n", k.Name+":"+k.Argument, k.Help)
	}
	fmt.Fprintf(&b, "  %-10s  %s\n", api, "what the simulated API sees in any case: downloads")
	return b.String()
}

// Parse returns the probe of a specification, by one of kinds. The specification
// "api" stands for what the simulated API sees in any case; it gives nil.
func Parse(kinds []Kind, spec string, o Options) (Probe, error) {
	if spec == api {
		return nil, nil //nolint:nilnil // documented: nothing to add to what the API sees
	}
	name, arg, _ := strings.Cut(spec, ":")
	// Both http:URL and a plain URL are understood.
	if strings.HasPrefix(arg, "//") && (name == "http" || name == "https") {
		name, arg = "http", spec
	}
	for _, k := range kinds {
		if k.Name == name && arg != "" {
			return k.Open(arg, o)
		}
	}
	for _, k := range kinds {
		if k.Name == name {
			return nil, fmt.Errorf("probe %q: %s is missing: use %s", spec, k.Argument, Usage(kinds))
		}
	}
	return nil, fmt.Errorf("probe %q: no kind %q: use %s", spec, name, Usage(kinds))
}

// Placeholder is replaced by the job's id in URLs, commands and queries.
const Placeholder = "{job}"

// count is the answer of probes that count: {"rows": N}, with the rows
// themselves if they like.
type count struct {
	Rows    *int              `json:"rows"`
	Records []json.RawMessage `json:"records"`
}

// parseCount reads the answer of an http or cmd probe. A bare number will do.
func parseCount(body []byte) (Reading, error) {
	text := strings.TrimSpace(string(body))
	if rows, err := strconv.Atoi(text); err == nil {
		text = fmt.Sprintf(`{"rows":%d}`, rows)
	}
	var c count
	if err := json.Unmarshal([]byte(text), &c); err != nil {
		return Reading{}, fmt.Errorf("answered %.80q, want {\"rows\": N}", text)
	}
	switch {
	case c.Rows == nil:
		return Reading{}, fmt.Errorf("answered %.80q, want {\"rows\": N}", text)
	case *c.Rows < 0:
		return Reading{}, fmt.Errorf("answered %d rows, want none or more", *c.Rows)
	case c.Records != nil && len(c.Records) != *c.Rows:
		return Reading{}, fmt.Errorf("answered %d rows but %d records", *c.Rows, len(c.Records))
	}
	return Reading{Rows: *c.Rows, Records: c.Records}, nil
}
