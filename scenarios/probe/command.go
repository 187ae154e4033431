package probe

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/scrapehook/scrapehook/internal/shell"
)

// Command runs a shell command that prints a job's rows: {"rows": N}, or just
// N. {job} in it is replaced by the job's id, which the environment variable
// SCRAPINGJOB_ID holds as well.
type Command struct{ command string }

// NewCommand returns the probe that runs command through sh -c, on Windows
// through cmd /C.
func NewCommand(command string) *Command { return &Command{command} }

// Name implements [Probe].
func (c *Command) Name() string { return "cmd:" + c.command }

// commandDeadline bounds one reading: an interpreter that starts on a busy machine,
// and prints the rows of a large job, takes longer than a server that runs.
const commandDeadline = 3 * Deadline

// Read implements [Probe].
func (c *Command) Read(ctx context.Context, job int64) (Reading, error) {
	ctx, cancel := context.WithTimeout(ctx, commandDeadline)
	defer cancel()
	id := strconv.FormatInt(job, 10)
	cmd := shell.CommandContext(ctx, strings.ReplaceAll(c.command, Placeholder, id))
	cmd.Env = append(os.Environ(), "SCRAPINGJOB_ID="+id)
	cmd.WaitDelay = time.Second
	var stdout, stderr bounded
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		if ctx.Err() != nil {
			err = ctx.Err()
		}
		return Reading{}, fmt.Errorf("running %q: %w: %.200q", c.command, err, bytes.TrimSpace(stderr.Bytes()))
	}
	reading, err := parseCount(stdout.Bytes())
	if err != nil {
		return Reading{}, fmt.Errorf("running %q: %w", c.command, err)
	}
	return reading, nil
}

// bounded is a buffer that refuses to grow without end.
type bounded struct{ bytes.Buffer }

func (b *bounded) Write(p []byte) (int, error) {
	if b.Len()+len(p) > answerCap {
		return 0, errors.New("more output than a probe may have")
	}
	return b.Buffer.Write(p)
}
