//go:build !linux

package main

import "github.com/rogpeppe/go-internal/testscript"

// terminal is for Linux, whose pseudo-terminals need nothing beside Go; scripts
// ask for it with [linux].
func terminal(ts *testscript.TestScript, _ bool, _ []string) {
	ts.Fatalf("terminal is for Linux")
}
