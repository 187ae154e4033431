package main

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// writeFile puts what write writes into the file at path. Where it can, it does
// so at once: whoever reads the file finds the earlier one, or the whole of the
// new one, and never the half that was written when a run was ended.
func writeFile(path string, write func(io.Writer) error) error {
	var b bytes.Buffer
	if err := write(&b); err != nil {
		return err
	}
	if err := replaceFile(path, b.Bytes()); err == nil {
		return nil
	}
	// A device, a pipe, a file that is mounted by itself, a folder that isn't ours.
	return os.WriteFile(path, b.Bytes(), fileMode)
}

const fileMode = 0o644 // a report is for everybody

func replaceFile(path string, body []byte) error {
	mode := fs.FileMode(fileMode)
	if target, err := filepath.EvalSymlinks(path); err == nil {
		path = target // a link stays one
	}
	if info, err := os.Stat(path); err == nil {
		if mode = info.Mode(); !mode.IsRegular() {
			return fs.ErrInvalid
		}
	}
	file, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	_, err = file.Write(body)
	if err = errors.Join(err, file.Chmod(mode), file.Close()); err == nil {
		err = os.Rename(file.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(file.Name()))
	}
	return nil
}

// tryFile says why there is no writing to path. It changes nothing there, and
// does not open what its other end would notice.
func tryFile(path string) error {
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
	if file, err = os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, fileMode); err != nil {
		return err
	}
	return errors.Join(file.Close(), os.Remove(path))
}
