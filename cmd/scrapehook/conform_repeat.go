package main

import (
	"fmt"
	"path/filepath"
	"strings"
)

// repeatedBy is a shell command that repeats a run: the one that was given,
// with its seed.
func repeatedBy(args []string, seed uint64) string {
	words := []string{filepath.Base(args[0])}
	seeded := false
	for _, arg := range args[1:] {
		name, value, joined := strings.Cut(arg, "=")
		seeded = seeded || name == "--seed"
		if joined && strings.HasPrefix(name, "--") {
			words = append(words, name+"="+shellWord(value))
		} else {
			words = append(words, shellWord(arg))
		}
	}
	if !seeded {
		words = append(words, fmt.Sprintf("--seed %d", seed))
	}
	return strings.Join(words, " ")
}

// shellWord quotes what a shell would take apart.
func shellWord(s string) string {
	const plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_=:/.,@%+"
	if s != "" && strings.Trim(s, plain) == "" {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}
