package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"time"

	"github.com/scrapehook/scrapehook/internal/pgtest"
)

// variant is one way to answer notifications.
type variant struct {
	name      string
	processes int     // behind no balancer: the load is spread over them
	postgres  bool    // needs a database
	imports   bool    // imports what it is notified of, meanwhile
	goal      float64 // the least ratio to the bare handler that is aimed at; 0 is none
	// args make the command line of one process.
	args func(address, store string) []string
	env  []string
}

// bare is what every other variant is compared with.
func (b *bench) bare() variant {
	return variant{name: "bare handler, parses the form", processes: 1, args: byHand(b.self, "bare")}
}

func (b *bench) variants() []variant {
	none, few := api(b.cloud.url("silent")), api(b.cloud.url("few"))
	list := []variant{
		{name: "SQLite, answering only", processes: 1, goal: .7, args: b.receive(), env: none},
		{name: "SQLite, while imports run", processes: 1, goal: .5, imports: true, args: b.receive(), env: few},
		{name: "SQLite by hand, an INSERT a request", processes: 1, args: byHand(b.self, "sqlite")},
		{name: "PostgreSQL, answering only", processes: 1, goal: .5, postgres: true, args: b.receive("--role", "receive")},
		{name: "PostgreSQL, while imports run", processes: 1, goal: .35, postgres: true, imports: true, args: b.receive(), env: few},
		{name: "PostgreSQL, two processes answering only", processes: 2, postgres: true, args: b.receive("--role", "receive")},
		{name: "PostgreSQL, three processes answering only", processes: 3, postgres: true, args: b.receive("--role", "receive")},
		{name: "PostgreSQL by hand, an INSERT a request", processes: 1, postgres: true, args: byHand(b.self, "postgres")},
	}
	if b.river != "" {
		list = append(list, variant{
			name: "PostgreSQL, River's insert a request", processes: 1, postgres: true,
			args: func(address, store string) []string { return []string{b.river, address, store} },
		})
	}
	if b.profiled != "" {
		list = append(list, variant{name: "bare handler, by scrapehook's profile", processes: 1, args: byHand(b.profiled, "bare")})
	}
	return list
}

// million are the receivers whose one import is of a million rows.
func (b *bench) million() []variant {
	env := api(b.cloud.url("million"))
	return []variant{
		{name: "SQLite", processes: 1, args: b.receive(), env: env},
		{name: "PostgreSQL", processes: 1, postgres: true, args: b.receive(), env: env},
	}
}

func (b *bench) receive(more ...string) func(address, store string) []string {
	return func(address, store string) []string {
		return append([]string{b.scrapehook, "receive", "--listen", address, "--store", store, "--log-level", "error"}, more...)
	}
}

func byHand(self, how string) func(address, store string) []string {
	return func(address, store string) []string { return []string{self, "serve", how, address, store} }
}

func api(url string) []string {
	return []string{"WEBSCRAPER_API_BASE_URI=" + url, "WEBSCRAPER_API_TOKEN=x"}
}

// warmUp is how long a fresh process is loaded before it is measured.
const warmUp = 500 * time.Millisecond

// measurement is what came of one load.
type measurement struct {
	took          time.Duration
	answers       int // 2xx
	refused       int // others
	p50, p99, max time.Duration
	spent         spent
	imports       int64
}

func (m measurement) perSecond() float64 { return float64(m.answers) / m.took.Seconds() }

// cpu is what an answer took of the servers' core, whoever else had it.
func (m measurement) cpu() time.Duration { return m.spent.cpu / time.Duration(max(1, m.answers)) }

// measure starts a variant on a fresh store, loads it and stops it.
func (b *bench) measure(ctx context.Context, v variant) (m measurement, err error) {
	err = b.with(ctx, v, func(servers []server) error {
		if _, err := load(ctx, addresses(servers), b.connections, warmUp, 0); err != nil {
			return err
		}
		before := int64(0)
		if v.imports {
			if before, err = imported(ctx, servers); err != nil {
				return err
			}
		}
		if m, err = watched(ctx, servers, b.connections, b.duration, 0); err == nil && v.imports {
			m.imports, err = imported(ctx, servers)
			m.imports -= before
		}
		return err
	})
	return m, err
}

// watched is load with what it cost.
func watched(ctx context.Context, servers []server, connections int, d time.Duration, total int) (measurement, error) {
	before, err := readUsage(servers)
	if err != nil {
		return measurement{}, err
	}
	m, err := load(ctx, addresses(servers), connections, d, total)
	if err != nil {
		return m, err
	}
	after, err := readUsage(servers)
	m.spent = after.since(before)
	return m, err
}

// with runs do with a variant's servers on a fresh store.
func (b *bench) with(ctx context.Context, v variant, do func(servers []server) error) error {
	store, remove, err := v.newStore(ctx, b.dir, &b.postgres)
	if err != nil {
		return err
	}
	defer remove()
	servers, err := v.start(ctx, store)
	if err == nil {
		err = do(servers)
	}
	return errors.Join(err, stopAll(servers))
}

func (v variant) newStore(ctx context.Context, dir string, postgres *pgtest.Server) (store string, remove func(), err error) {
	if v.postgres {
		store, err = postgres.NewDatabase(ctx)
		return store, func() {}, err
	}
	dir, err = os.MkdirTemp(dir, "store-")
	return filepath.Join(dir, "r.db"), func() { _ = os.RemoveAll(dir) }, err // a temporary directory of ours
}
