package procgroup

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/windows"
)

// How a group is ended, as logs and reports name it.
const (
	KilledBy  = "TerminateJobObject"
	StoppedBy = "CTRL_BREAK_EVENT"
)

// Group is the job object of a command: what it has started, and what that has.
// Its processes are a group of the console too, which is what can be asked to
// stop.
type Group struct {
	leader uint32
	shared bool // the command is in our own group of the console

	mu  sync.Mutex
	job windows.Handle // 0 once it is given back
}

// Start starts a command in a job object of its own, which takes its processes
// along should we end without ending them. The command begins when it is in the
// job, so that nothing it starts is outside.
func Start(cmd *exec.Cmd) (*Group, error) { return start(cmd, windows.CREATE_NEW_PROCESS_GROUP) }

// StartShared is Start for a command that shares our console's group, so that
// Ctrl-C reaches it.
func StartShared(cmd *exec.Cmd) (*Group, error) {
	g, err := start(cmd, 0)
	if err == nil {
		g.shared = true
	}
	return g, err
}

func start(cmd *exec.Cmd, flags uint32) (*Group, error) {
	job, err := newJob()
	if err != nil {
		return nil, err
	}
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	cmd.SysProcAttr.CreationFlags |= windows.CREATE_SUSPENDED | flags
	if err := cmd.Start(); err != nil {
		return nil, errors.Join(err, windows.CloseHandle(job))
	}
	leader := uint32(cmd.Process.Pid)
	if err := errors.Join(assign(job, leader), resume(leader)); err != nil {
		err = errors.Join(err, cmd.Process.Kill(), windows.CloseHandle(job))
		_ = cmd.Wait() // its status is of the kill
		return nil, err
	}
	return &Group{leader: leader, job: job}, nil
}

func newJob() (windows.Handle, error) {
	job, err := windows.CreateJobObject(nil, nil)
	if err != nil {
		return 0, fmt.Errorf("making a job object: %w", err)
	}
	var limits windows.JOBOBJECT_EXTENDED_LIMIT_INFORMATION
	limits.BasicLimitInformation.LimitFlags = windows.JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE
	if _, err := windows.SetInformationJobObject(job, windows.JobObjectExtendedLimitInformation,
		uintptr(unsafe.Pointer(&limits)), uint32(unsafe.Sizeof(limits))); err != nil {
		return 0, fmt.Errorf("making a job object: %w", errors.Join(err, windows.CloseHandle(job)))
	}
	return job, nil
}

func assign(job windows.Handle, pid uint32) error {
	process, err := windows.OpenProcess(windows.PROCESS_SET_QUOTA|windows.PROCESS_TERMINATE, false, pid)
	if err != nil {
		return fmt.Errorf("opening the process: %w", err)
	}
	if err := windows.AssignProcessToJobObject(job, process); err != nil {
		return fmt.Errorf("putting the process into a job object: %w", errors.Join(err, windows.CloseHandle(process)))
	}
	return windows.CloseHandle(process)
}

// resume lets a process run that was made suspended: it has one thread.
func resume(pid uint32) error {
	threads, err := windows.CreateToolhelp32Snapshot(windows.TH32CS_SNAPTHREAD, 0)
	if err != nil {
		return fmt.Errorf("listing threads: %w", err)
	}
	defer func() { _ = windows.CloseHandle(threads) }() // it was only read
	entry := windows.ThreadEntry32{Size: uint32(unsafe.Sizeof(windows.ThreadEntry32{}))}
	for err = windows.Thread32First(threads, &entry); err == nil; err = windows.Thread32Next(threads, &entry) {
		if entry.OwnerProcessID != pid {
			continue
		}
		thread, err := windows.OpenThread(windows.THREAD_SUSPEND_RESUME, false, entry.ThreadID)
		if err != nil {
			return fmt.Errorf("opening the process's thread: %w", err)
		}
		_, err = windows.ResumeThread(thread)
		return errors.Join(err, windows.CloseHandle(thread))
	}
	return fmt.Errorf("looking for the process's thread: %w", err)
}

// Kill ends all of it at once.
func (g *Group) Kill() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if !g.livesLocked() {
		return errGone
	}
	return windows.TerminateJobObject(g.job, 1)
}

// Signal asks the group to end, whatever the signal: there is one way. A command
// that shares our console's group got the console's own event.
func (g *Group) Signal(os.Signal) error {
	if g.shared {
		return nil
	}
	return g.Stop()
}

// InTerminal reports whether this process has a console, wherever its input comes
// from.
func InTerminal() bool {
	console, err := os.OpenFile("CONIN$", os.O_RDWR, 0)
	if err != nil {
		return false
	}
	_ = console.Close() // nothing was written
	return true
}

// Stop asks by the console that we share with the group; without one it fails, and
// where the group is ours too: we would be asked ourselves.
func (g *Group) Stop() error {
	if g.shared {
		return errShared
	}
	return windows.GenerateConsoleCtrlEvent(windows.CTRL_BREAK_EVENT, g.leader)
}

// Lives reports whether a process is left in the job.
func (g *Group) Lives() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.livesLocked()
}

var (
	errGone   = errors.New("all of it is gone")
	errShared = errors.New("it shares the console's group with others")
)

func (g *Group) livesLocked() bool {
	if g.job == 0 {
		return false
	}
	var accounting struct { // JOBOBJECT_BASIC_ACCOUNTING_INFORMATION
		userTime, kernelTime, periodUserTime, periodKernelTime int64
		pageFaults, processes, active, terminated              uint32
	}
	const basicAccounting = 1
	err := windows.QueryInformationJobObject(g.job, basicAccounting, uintptr(unsafe.Pointer(&accounting)), uint32(unsafe.Sizeof(accounting)), nil)
	return err == nil && accounting.active > 0
}

// TieToUs does nothing here: each group ends with us.
func (*Group) TieToUs() error { return nil }

// Release gives back what the system keeps for a group that is gone.
func (g *Group) Release() {
	g.mu.Lock()
	defer g.mu.Unlock()
	_ = windows.CloseHandle(g.job) // nothing lives in it
	g.job = 0
}

// AdoptOrphans does nothing here: the job object holds them.
func AdoptOrphans() error { return nil }

// EndOrphans ends nothing here: [Group.Kill] does.
func EndOrphans(time.Duration) (ended int) { return 0 }
