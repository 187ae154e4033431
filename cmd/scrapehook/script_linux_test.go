package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"

	"github.com/rogpeppe/go-internal/testscript"
	"golang.org/x/sys/unix"
)

// terminal is terminal COLUMNS ROWS COMMAND…; what it shows must be no wider than
// the terminal.
func terminal(ts *testscript.TestScript, neg bool, args []string) {
	columns, err := strconv.ParseUint(args[0], 10, 16)
	ts.Check(err)
	rows, err := strconv.ParseUint(args[1], 10, 16)
	ts.Check(err)
	ours, theirs, err := openTerminal(uint16(columns), uint16(rows))
	ts.Check(err)
	cmd := exec.Command(args[2], args[3:]...)
	cmd.Path, err = exec.LookPath(args[2])
	ts.Check(err)
	cmd.Dir = ts.Getenv("WORK")
	cmd.Env = append(os.Environ(), "TERM=xterm", "HOME="+ts.Getenv("HOME"))
	cmd.Stdin, cmd.Stdout, cmd.Stderr = theirs, theirs, theirs
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	ts.Check(cmd.Start())
	ts.Check(theirs.Close())
	var shown bytes.Buffer
	_, err = io.Copy(&shown, ours) // ends with EIO when the program has ended
	if err != nil && !errors.Is(err, syscall.EIO) {
		ts.Fatalf("%v", err)
	}
	_ = ours.Close() // nothing is written to it
	failed := cmd.Wait() != nil
	text := strings.ReplaceAll(shown.String(), "\r\n", "\n")
	fmt.Fprint(ts.Stdout(), text)
	ts.Logf("%s", text)
	if failed != neg {
		ts.Fatalf("%v: failed: %v", args, failed)
	}
	if wide := tooWide(text, int(columns)); len(wide) > 0 {
		ts.Fatalf("wider than %d columns:\n%s", columns, strings.Join(wide, "\n"))
	}
}

// openTerminal opens a pseudo-terminal of a size.
func openTerminal(columns, rows uint16) (ours, theirs *os.File, err error) {
	if ours, err = os.OpenFile("/dev/ptmx", os.O_RDWR, 0); err != nil {
		return nil, nil, err
	}
	fd := int(ours.Fd())
	n, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	if err == nil {
		err = unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0)
	}
	if err == nil {
		err = unix.IoctlSetWinsize(fd, unix.TIOCSWINSZ, &unix.Winsize{Col: columns, Row: rows})
	}
	if err == nil {
		theirs, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|syscall.O_NOCTTY, 0)
	}
	if err != nil {
		_ = ours.Close() // nothing was written
	}
	return ours, theirs, err
}
