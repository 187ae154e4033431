package pgstore

import "context"

// Setting returns a setting of the sessions that commit arrivals.
func (s *Store) Setting(ctx context.Context, name string) (value string, err error) {
	err = s.arrivals.QueryRow(ctx, `SELECT current_setting($1)`, name).Scan(&value)
	return value, err
}
