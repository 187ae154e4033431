package layout_test

import (
	"os/exec"
	"strings"
	"testing"
)

const module = "github.com/scrapehook/scrapehook"

// forbidden has, for each part of the tree, what its packages must not import.
var forbidden = map[string][]string{
	"webhook":   {"simulator", "receiver", "scenarios", "cmd", "e2e", "internal"},
	"simulator": {"receiver", "scenarios", "cmd", "e2e"},
	"receiver":  {"simulator", "scenarios", "cmd", "e2e"},
	"scenarios": {"receiver", "cmd", "e2e"},
	"internal":  {"simulator", "receiver", "scenarios", "cmd", "e2e"},
}

func TestNoPackageImportsUpward(t *testing.T) {
	t.Parallel()
	out, err := exec.CommandContext(t.Context(), "go", "list", "-f", "{{.ImportPath}} {{join .Imports \" \"}}", module+"/...").Output()
	if err != nil {
		t.Fatal(err)
	}
	packages := 0
	for line := range strings.Lines(string(out)) {
		importer, imports, _ := strings.Cut(strings.TrimSpace(line), " ")
		packages++
		for _, imported := range strings.Fields(imports) {
			for _, denied := range forbidden[room(importer)] {
				if room(imported) == denied {
					t.Errorf("%s imports %s", importer, imported)
				}
			}
		}
	}
	if packages < 10 {
		t.Errorf("only %d packages were looked at", packages)
	}
}

// room is the first folder of one of our packages; nothing for any other.
func room(path string) string {
	path, ours := strings.CutPrefix(path, module+"/")
	if !ours {
		return ""
	}
	first, _, _ := strings.Cut(path, "/")
	return first
}
