package pgstore

import (
	"context"
	"maps"
	"net"
	"slices"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// network knows the connections of a store, so that they can be closed also when
// the server does not answer: pgx says goodbye and waits for the other side.
type network struct {
	mu    sync.Mutex
	conns map[*trackedConn]struct{}
	cut   bool // what is made from now on is closed at once
}

func newNetwork() *network { return &network{conns: map[*trackedConn]struct{}{}} }

// connect makes a pool of at most limit connections, 0 leaving that to cfg, each
// of them prepared.
func (n *network) connect(ctx context.Context, cfg *pgxpool.Config, limit int32, prepare func(context.Context, *pgx.Conn) error) (*pgxpool.Pool, error) {
	cfg = cfg.Copy()
	if limit > 0 {
		cfg.MaxConns, cfg.MinConns, cfg.MinIdleConns = limit, 0, 0
	}
	if cfg.ConnConfig.ConnectTimeout == 0 {
		cfg.ConnConfig.ConnectTimeout = connectTimeout
	}
	if cfg.ConnConfig.RuntimeParams["application_name"] == "" {
		cfg.ConnConfig.RuntimeParams["application_name"] = "scrapehook"
	}
	dial := cfg.ConnConfig.DialFunc
	cfg.ConnConfig.DialFunc = func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := dial(ctx, network, address)
		if err != nil {
			return nil, err
		}
		return n.track(conn), nil
	}
	others := cfg.AfterConnect // of the caller's pool
	cfg.AfterConnect = func(ctx context.Context, conn *pgx.Conn) error {
		// The pool gives no bound to what follows a connection's making.
		ctx, cancel := context.WithTimeout(ctx, connectTimeout)
		defer cancel()
		if others != nil {
			if err := others(ctx, conn); err != nil {
				return err
			}
		}
		return prepare(ctx, conn)
	}
	pool, err := pgxpool.NewWithConfig(ctx, cfg)
	if err != nil {
		return nil, err
	}
	if err := pool.Ping(ctx); err != nil {
		n.close(pool)
		return nil, err
	}
	return pool, nil
}

// close closes pools, which may be nil. Where the server does not answer, the
// connections are cut.
func (n *network) close(pools ...*pgxpool.Pool) {
	timer := time.AfterFunc(closeTimeout, n.cutAll)
	defer timer.Stop()
	var closing sync.WaitGroup
	for _, pool := range pools {
		if pool != nil {
			closing.Go(pool.Close)
		}
	}
	closing.Wait()
}

func (n *network) track(conn net.Conn) net.Conn {
	tracked := &trackedConn{conn, n}
	n.mu.Lock()
	n.conns[tracked] = struct{}{}
	cut := n.cut
	n.mu.Unlock()
	if cut {
		_ = tracked.Close() // what uses it finds out
	}
	return tracked
}

// cutAll closes every connection. What uses one finds out.
func (n *network) cutAll() {
	n.mu.Lock()
	n.cut = true
	conns := slices.Collect(maps.Keys(n.conns))
	n.mu.Unlock()
	for _, conn := range conns {
		_ = conn.Close() // there is nothing to say any more
	}
}

// trackedConn is forgotten by its network when it is closed.
type trackedConn struct {
	net.Conn
	network *network
}

func (c *trackedConn) Close() error {
	c.network.mu.Lock()
	delete(c.network.conns, c)
	c.network.mu.Unlock()
	return c.Conn.Close()
}
