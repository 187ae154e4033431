//go:build !linux

package wire

import (
	"context"
	"errors"
)

func (c *Client) loop(context.Context, int, work) error { return errors.ErrUnsupported }
