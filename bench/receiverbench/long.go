package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/scrapehook/scrapehook/bench/benchpage"
)

// millionPatience bounds how long the import of a million rows may take while
// the receiver is loaded as much as it can take.
const millionPatience = 2 * time.Minute

// duringMillion loads each receiver from the moment when it is notified of a job
// with a million rows until these are imported.
func (b *bench) duringMillion(ctx context.Context) error {
	t := &benchpage.Table{Head: []string{"engine", "the import took", "answers/s", "p50", "p99", "at most", "refused"}}
	for _, v := range b.million() {
		err := b.with(ctx, v, func(servers []server) error {
			if err := notifyOnce(ctx, servers[0].address, millionJob); err != nil {
				return err
			}
			loading, done := context.WithCancel(ctx)
			defer done()
			waited := make(chan error, 1)
			go func() { defer done(); waited <- awaitImport(loading, servers) }()
			m, err := watched(loading, servers, b.connections, millionPatience, 0)
			if err = errors.Join(err, <-waited); err != nil {
				return err
			}
			t.Row(v.name, fmt.Sprintf("%.1f s", m.took.Seconds()), fmt.Sprintf("%.0f", m.perSecond()), millis(m.p50), millis(m.p99), millis(m.max),
				strconv.Itoa(m.refused))
			return nil
		})
		if err != nil {
			return fmt.Errorf("%s, importing a million rows: %w", v.name, err)
		}
	}
	b.page.add("While a million rows are imported", t)
	return nil
}

// awaitImport returns when an import is done.
func awaitImport(ctx context.Context, servers []server) error {
	each := time.NewTicker(200 * time.Millisecond)
	defer each.Stop()
	for {
		select {
		case <-each.C:
		case <-ctx.Done():
			return errors.New("the import was not done in time")
		}
		n, err := imported(ctx, servers)
		if err != nil || n > 0 {
			return err
		}
	}
}

// watchMemory loads a receiver on SQLite with many notifications and looks at its
// memory on the way.
func (b *bench) watchMemory(ctx context.Context) error {
	v := b.variants()[0]
	t := &benchpage.Table{Head: []string{"after so many notifications", "memory in use"}}
	b.page.add("Memory, on SQLite", t)
	return b.with(ctx, v, func(servers []server) error {
		const parts = 10
		for part := range parts {
			if _, err := load(ctx, addresses(servers), b.connections, time.Hour, b.memory/parts); err != nil {
				return err
			}
			memory, err := resident(servers[0])
			if err != nil {
				return err
			}
			t.Row(strconv.Itoa((part+1)*b.memory/parts), memory)
		}
		return nil
	})
}
