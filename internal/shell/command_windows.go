package shell

import (
	"cmp"
	"context"
	"os"
	"os/exec"
	"syscall"
)

// Name is what runs the commands of the user, as it is called in help.
const Name = "cmd /C"

// Command returns a command line of the user's as the system's shell runs it.
func Command(line string) *exec.Cmd { return verbatim(exec.Command(comspec()), line) }

// CommandContext is [Command] with an end: see [exec.CommandContext].
func CommandContext(ctx context.Context, line string) *exec.Cmd {
	return verbatim(exec.CommandContext(ctx, comspec()), line)
}

func comspec() string { return cmp.Or(os.Getenv("ComSpec"), "cmd.exe") }

// verbatim hands the line on as it is. cmd.exe has rules of its own for quotes;
// with /S it takes away the outer pair and nothing else.
func verbatim(cmd *exec.Cmd, line string) *exec.Cmd {
	cmd.SysProcAttr = &syscall.SysProcAttr{CmdLine: `cmd /S /C "` + line + `"`}
	return cmd
}
