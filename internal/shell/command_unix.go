//go:build !windows

package shell

import (
	"context"
	"os/exec"
)

// Name is what runs the commands of the user, as it is called in help.
const Name = "sh -c"

// Command returns a command line of the user's as the system's shell runs it.
func Command(line string) *exec.Cmd {
	return exec.Command("sh", "-c", line) //nolint:gosec,noctx // the user's own command, which its caller ends
}

// CommandContext is [Command] with an end: see [exec.CommandContext].
func CommandContext(ctx context.Context, line string) *exec.Cmd {
	return exec.CommandContext(ctx, "sh", "-c", line) //nolint:gosec // the user's own command
}
