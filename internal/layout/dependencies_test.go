package layout_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestDependencies holds docs/dependencies.md against what the command is made of.
func TestDependencies(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile(filepath.Join("..", "..", "docs", "dependencies.md"))
	if err != nil {
		t.Fatal(err)
	}
	listed := map[string]string{}
	for _, row := range regexp.MustCompile("(?m)^\\| `([^`]+)` \\| ([^|]+) \\| [^|]+ \\|$").FindAllStringSubmatch(string(page), -1) {
		listed[row[1]] = row[2]
	}
	used := map[string]string{}
	for _, goos := range []string{"linux", "darwin", "windows"} {
		list := exec.CommandContext(t.Context(), "go", "list", "-pgo=off", "-deps",
			"-f", "{{with .Module}}{{if not .Main}}{{.Path}} {{.Dir}}{{end}}{{end}}", module+"/cmd/scrapehook")
		list.Env = append(os.Environ(), "GOOS="+goos, "CGO_ENABLED=0")
		out, err := list.Output()
		if err != nil {
			t.Fatalf("listing what %s needs: %v", goos, err)
		}
		for line := range strings.Lines(string(out)) {
			path, dir, _ := strings.Cut(strings.TrimSpace(line), " ")
			used[path] = dir
		}
	}
	if len(used) < 20 {
		t.Fatalf("only %d modules are used", len(used))
	}
	for path, dir := range used {
		if got := licence(t, dir); listed[path] == "" {
			t.Errorf("%s (%s) is not in docs/dependencies.md: add a row that says what it is for", path, got)
		} else if got != listed[path] {
			t.Errorf("%s has the licence %q, docs/dependencies.md says %q", path, got, listed[path])
		}
	}
	for path := range listed {
		if used[path] == "" {
			t.Errorf("docs/dependencies.md has %s, which is not used", path)
		}
	}
}

// licences are told apart by words that only their text has.
var licences = []struct{ name, words string }{
	{"MIT", "Permission is hereby granted, free of charge"},
	{"Apache-2.0", "Apache License, Version 2.0"},
	{"Apache-2.0", "Apache License Version 2.0, January 2004"},
	{"BSD-3-Clause", "may be used to endorse or promote products derived from this software without"},
	{"MPL-2.0", "Mozilla Public License Version 2.0"},
}

// licence names the licence of the module in dir.
func licence(t *testing.T, dir string) string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "LICENSE*"))
	if err != nil || len(files) == 0 {
		t.Errorf("%s: no licence: %v", dir, err)
		return ""
	}
	text, err := os.ReadFile(files[0])
	if err != nil {
		t.Error(err)
	}
	text = bytes.Join(bytes.Fields(text), []byte(" "))
	var names []string
	for _, l := range licences {
		if bytes.Contains(text, []byte(l.words)) && !slices.Contains(names, l.name) {
			names = append(names, l.name)
		}
	}
	return strings.Join(names, " and ")
}
