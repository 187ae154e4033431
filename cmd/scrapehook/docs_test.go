package main

import (
	"flag"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/scrapehook/scrapehook/cmd/scrapehook/internal/explain"
	"github.com/scrapehook/scrapehook/internal/config"
)

// TestDocumentedFlagsExist: each flag that a document names is a flag of some
// command of ours, or is known to be another program's.
func TestDocumentedFlagsExist(t *testing.T) {
	t.Parallel()
	known := []string{
		"help", "version", config.Flag,
		"rm", "network", "volume", // docker, podman
		"label-filter", "focus", "skip", "junit-report", "json-report", "output-dir", // ginkgo
		"retry", "retry-connrefused", // curl
		"password", // a receiver's, perhaps
	}
	for _, cmd := range config.Commands(newRootCmd()) {
		for _, flag := range config.Flags(cmd) {
			known = append(known, flag.Name)
		}
	}
	var documents []string
	err := filepath.WalkDir("../../docs", func(path string, _ fs.DirEntry, err error) error {
		if strings.HasSuffix(path, ".md") || strings.HasSuffix(path, ".yml") {
			documents = append(documents, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	for _, path := range append(documents, "../../README.md", "../../action.yml") {
		body, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile("(?m)(?:^|[\\s`'\"(\\[|])--([a-z][a-z-]*[a-z])\\b").FindAllStringSubmatch(string(body), -1) {
			seen++
			if !slices.Contains(known, m[1]) {
				t.Errorf("%s: no command has the flag --%s", path, m[1])
			}
		}
	}
	if seen < 50 {
		t.Errorf("only %d flags were found", seen)
	}
}

var update = flag.Bool("update", false, "write the pages that are made from code")

// TestTroubleshootingPageIsCurrent: the page says what scrapehook explain says.
func TestTroubleshootingPageIsCurrent(t *testing.T) {
	t.Parallel()
	const page = "../../docs/troubleshooting.md"
	if *update {
		if err := os.WriteFile(page, []byte(explain.Page()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	body, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	if string(body) != explain.Page() {
		t.Error("docs/troubleshooting.md is not current: go test ./cmd/scrapehook -run Troubleshooting -update")
	}
}
