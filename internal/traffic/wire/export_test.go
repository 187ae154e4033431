package wire

// Obstruct has the system answer dials with what f returns, unless that is nil.
func (c *Client) Obstruct(f func() error) { c.obstruct = f }
