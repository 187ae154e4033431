package pgtest

import (
	"errors"
	"os/exec"
)

// apart refuses: these tests know PostgreSQL's programs as they are on Unix.
func apart(*exec.Cmd) error { return errors.ErrUnsupported }
