// Package procgroup starts a command together with all that it starts in turn,
// so that the whole of it can be signalled and ended: a process group on Unix, a
// job object on Windows.
package procgroup
