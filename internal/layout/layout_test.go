package layout_test

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/scrapehook/scrapehook"

// mayImport says which of our folders each folder may import. The linter has
// the same rules for whoever writes; this is for the tree as it is, test files
// included.
var mayImport = map[string][]string{
	"webhook":   {},
	"internal":  {"webhook", "internal"},
	"simulator": {"webhook", "internal", "simulator"},
	"receiver":  {"webhook", "internal", "receiver"},
	"scenarios": {"webhook", "internal", "simulator", "scenarios"},
	"cmd":       {"webhook", "internal", "simulator", "receiver", "scenarios", "cmd"},
	"e2e":       {"webhook", "internal", "simulator", "receiver", "scenarios", "e2e"},
}

func TestImportRules(t *testing.T) {
	t.Parallel()
	out, err := exec.CommandContext(t.Context(), "go", "list", "-pgo=off", "-json=ImportPath,Imports,TestImports,XTestImports", module+"/...").Output()
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for decoder := json.NewDecoder(strings.NewReader(string(out))); ; {
		var pkg struct {
			ImportPath                         string
			Imports, TestImports, XTestImports []string
		}
		if err := decoder.Decode(&pkg); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		from := folder(pkg.ImportPath)
		allowed, known := mayImport[from]
		if !known {
			t.Errorf("%s: no rule for the folder %q", pkg.ImportPath, from)
			continue
		}
		seen[from] = true
		for _, list := range [][]string{pkg.Imports, pkg.TestImports, pkg.XTestImports} {
			for _, path := range list {
				// A package's own test may import the package.
				if to := folder(path); to != "" && path != pkg.ImportPath && !slices.Contains(allowed, to) {
					t.Errorf("%s imports %s: %s may import %v of ours only", pkg.ImportPath, path, from, allowed)
				}
			}
		}
	}
	for from := range mayImport {
		if !seen[from] {
			t.Errorf("no package is in %s: is the rule still needed?", from)
		}
	}
}

// folder is the top-level folder of one of our packages, and empty for others.
func folder(path string) string {
	rest, ours := strings.CutPrefix(path, module+"/")
	if !ours {
		return ""
	}
	top, _, _ := strings.Cut(rest, "/")
	return top
}
