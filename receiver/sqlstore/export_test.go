package sqlstore

import "context"

// Pragma sets one of SQLite's settings on the connection that commits arrivals.
func (b *Inbox) Pragma(ctx context.Context, setting string) error {
	_, err := b.arrivals.ExecContext(ctx, "PRAGMA "+setting)
	return err
}
