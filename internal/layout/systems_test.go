package layout_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/tools/go/packages"
)

// TestSystems checks the types of the whole module, tests included, for the
// systems that releases are made for and that this one may not be. Dependencies
// are read for what they export: that is quick, and needs none of them compiled.
func TestSystems(t *testing.T) {
	t.Parallel()
	top, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	for _, system := range []string{"windows/amd64", "darwin/arm64", "linux/arm64"} {
		t.Run(system, func(t *testing.T) {
			goos, goarch, _ := strings.Cut(system, "/")
			found, err := packages.Load(&packages.Config{
				Context: t.Context(),
				Mode:    packages.NeedName | packages.NeedTypes | packages.NeedSyntax | packages.NeedTypesInfo | packages.NeedImports | packages.NeedDeps,
				Dir:     top,
				Env:     append(os.Environ(), "GOOS="+goos, "GOARCH="+goarch, "CGO_ENABLED=0"),
				Tests:   true,
				ParseFile: func(fset *token.FileSet, name string, src []byte) (*ast.File, error) {
					file, err := parser.ParseFile(fset, name, src, parser.SkipObjectResolution)
					if file != nil && !strings.HasPrefix(name, top+string(filepath.Separator)) {
						dropBodies(file)
					}
					return file, err
				},
			}, module+"/...")
			if err != nil {
				t.Fatal(err)
			}
			for _, p := range found {
				if strings.HasSuffix(p.ID, ".test") {
					continue // a main that go test writes
				}
				for _, wrong := range p.Errors {
					t.Errorf("%s: %v", p.ID, wrong)
				}
			}
			if len(found) < 50 {
				t.Errorf("only %d packages", len(found))
			}
		})
	}
}

func dropBodies(file *ast.File) {
	for _, decl := range file.Decls {
		if f, ok := decl.(*ast.FuncDecl); ok {
			f.Body = nil
		}
	}
}
