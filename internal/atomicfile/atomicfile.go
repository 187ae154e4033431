// Package atomicfile replaces files as a whole: a reader finds the earlier
// content or the new one, and a full disk or a kill leaves the earlier one.
package atomicfile

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// The modes of new files. A file that is replaced keeps its mode, except that
// nobody but its owner may read or write a Secret one.
const (
	Public fs.FileMode = 0o644
	Secret fs.FileMode = 0o600 // for tokens, passwords, and what may hold them
)

// Write puts what write writes into the file at path. Nothing there changes
// when write fails. Links stay links. What can't be replaced (a device, a pipe,
// a file that is mounted by itself, a file in a folder of others) is written in
// place, as soon as all of the content is known.
func Write(path string, mode fs.FileMode, write func(io.Writer) error) error {
	var content bytes.Buffer
	if err := write(&content); err != nil {
		return err
	}
	err := replace(path, mode, &content)
	if errors.Is(err, errInPlace) {
		return writeInPlace(path, mode, content.Bytes())
	}
	return err
}

func replace(path string, mode fs.FileMode, content *bytes.Buffer) error {
	f, err := Create(path, mode)
	if err != nil {
		return err
	}
	defer f.Discard()
	if _, err := f.Write(content.Bytes()); err != nil {
		return err
	}
	return f.Commit()
}

// errInPlace marks a path whose file can't be replaced, but may be writable.
var errInPlace = errors.New("can't be replaced")

// File is the new content of a file, which nobody sees before Commit. Its
// methods are for one goroutine.
type File struct {
	path     string
	file     *os.File
	buffered *bufio.Writer
}

// Create begins new content for the file at path, in a temporary file beside
// it. One of Commit and Discard must follow.
func Create(path string, mode fs.FileMode) (*File, error) {
	if target, err := filepath.EvalSymlinks(path); err == nil {
		path = target // a link stays one
	}
	if info, err := os.Stat(path); err == nil {
		switch {
		case info.IsDir():
			return nil, &fs.PathError{Op: "write", Path: path, Err: syscall.EISDIR}
		case !info.Mode().IsRegular():
			return nil, fmt.Errorf("%s: %w: it is not a regular file", path, errInPlace)
		case mode != Secret:
			mode = info.Mode().Perm()
		default:
			mode &= info.Mode().Perm()
		}
	}
	file, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		err = &fs.PathError{Op: "create", Path: path, Err: cause(err)} // not of the temporary name
		if _, missing := os.Stat(filepath.Dir(path)); missing != nil {
			return nil, err
		}
		return nil, fmt.Errorf("%w: %w", errInPlace, err)
	}
	f := &File{path, file, bufio.NewWriterSize(file, 64<<10)}
	if err := file.Chmod(mode); err != nil {
		f.Discard()
		return nil, err
	}
	return f, nil
}

// cause is the reason in an error about a path.
func cause(err error) error {
	if about, ok := errors.AsType[*fs.PathError](err); ok {
		return about.Err
	}
	return err
}

// Write implements [io.Writer].
func (f *File) Write(p []byte) (int, error) { return f.buffered.Write(p) }

// Commit puts the content on stable storage and under its name. After an error
// the earlier file is as it was.
func (f *File) Commit() error {
	if f.file == nil {
		return fs.ErrClosed
	}
	defer f.Discard() // does nothing after a success
	if err := errors.Join(f.buffered.Flush(), f.file.Sync()); err != nil {
		return err
	}
	if err := f.file.Close(); err != nil {
		return err
	}
	if err := rename(f.file.Name(), f.path); err != nil {
		return fmt.Errorf("%w: %w", errInPlace, err)
	}
	f.file = nil
	return syncFolder(filepath.Dir(f.path))
}

// Discard gives up content that was not committed.
func (f *File) Discard() {
	if f.file == nil {
		return
	}
	_ = f.file.Close()           // what it held is not wanted
	_ = os.Remove(f.file.Name()) // a file that stays is hidden and harmless
	f.file = nil
}

// syncFolder puts a folder's names on stable storage, where the system can.
func syncFolder(path string) error {
	folder, err := os.Open(path)
	if err != nil {
		return nil //nolint:nilerr // a folder may be writable and not readable; the file is complete
	}
	_ = folder.Sync() // not every file system has this; the rename stands
	return folder.Close()
}

// writeInPlace writes content over a file that can't be replaced. A regular
// file grows first, which is when a full disk shows, and shrinks last.
func writeInPlace(path string, mode fs.FileMode, content []byte) error {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE, mode)
	if err != nil {
		return err
	}
	info, err := file.Stat()
	if err == nil && info.Mode().IsRegular() {
		err = overwrite(file, info, mode, content)
	} else if err == nil {
		_, err = file.Write(content)
	}
	return errors.Join(err, file.Close())
}

func overwrite(file *os.File, info fs.FileInfo, mode fs.FileMode, content []byte) error {
	if mode == Secret {
		if err := file.Chmod(info.Mode().Perm() & Secret); err != nil {
			return err
		}
	}
	if old := info.Size(); int64(len(content)) > old {
		if _, err := file.WriteAt(content[old:], old); err != nil {
			return errors.Join(err, file.Truncate(old))
		}
		if err := file.Sync(); err != nil {
			return errors.Join(err, file.Truncate(old))
		}
		content = content[:old]
		_, err := file.WriteAt(content, 0)
		return err
	}
	if _, err := file.WriteAt(content, 0); err != nil {
		return err
	}
	return file.Truncate(int64(len(content)))
}

// Check says why [Write] can't write to path. It changes nothing there, and does
// not open what its other end would notice.
func Check(path string) error {
	if info, err := os.Stat(path); err == nil && !info.IsDir() && !info.Mode().IsRegular() {
		return nil
	}
	file, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err == nil {
		return file.Close()
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if file, err = os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, Secret); err != nil {
		return err
	}
	return errors.Join(file.Close(), os.Remove(path))
}
