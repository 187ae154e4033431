package main

import (
	"fmt"
	"path/filepath"
	"strings"

	"github.com/scrapehook/scrapehook/internal/shell"
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
			words = append(words, name+"="+shell.Word(value))
		} else {
			words = append(words, shell.Word(arg))
		}
	}
	if !seeded {
		words = append(words, fmt.Sprintf("--seed %d", seed))
	}
	return strings.Join(words, " ")
}
