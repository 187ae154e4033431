package layout_test

import (
	"cmp"
	"flag"
	"fmt"
	"go/types"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"golang.org/x/tools/go/packages"
)

var update = flag.Bool("update", false, "write the golden file of the promised API")

// promised are the packages that others may import and rely on (docs/adr/0012).
// Every other package is internal, a command, or of the tests.
var promised = []string{
	"receiver", "receiver/cloudclient", "receiver/pgstore", "receiver/sink", "receiver/sqlstore", "receiver/storetest",
	"scenarios", "scenarios/catalogue", "scenarios/judge", "scenarios/probe", "scenarios/probe/sqlprobe", "scenarios/report",
	"simulator",
	"webhook",
}

// notPromised are exported fields and methods that this module needs of a
// promised type, with the reason.
var notPromised = map[string]string{
	"File.Check":        "the cloud checks a sitemap's own rows",
	"Sitemap.Pages":     "the cloud counts a job's pages",
	"Sitemap.Selectors": "the cloud makes rows by them",
}

const goldenAPI = "testdata/api.txt"

// TestPromisedAPI compares the exported names of the promised packages with a
// golden file, so that a change of the promise shows in a review. After a change
// that is meant: go test ./internal/layout -run API -update
func TestPromisedAPI(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	for _, pkg := range loadPromised(t) {
		fmt.Fprintf(&b, "package %s\n", strings.TrimPrefix(pkg.Path(), module+"/"))
		for _, line := range exportedNames(pkg) {
			fmt.Fprintf(&b, "  %s\n", line)
		}
	}
	if *update {
		if err := os.WriteFile(goldenAPI, []byte(b.String()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	golden, err := os.ReadFile(goldenAPI)
	if err != nil {
		t.Fatal(err)
	}
	before, after := strings.Split(string(golden), "\n"), strings.Split(b.String(), "\n")
	report := func(what string, lines, others []string) {
		pkg := ""
		for _, line := range lines {
			if strings.HasPrefix(line, "package ") {
				pkg = strings.TrimPrefix(line, "package ")
			}
			if !slices.Contains(others, line) {
				t.Errorf("%s: %s %s", pkg, what, strings.TrimSpace(line))
			}
		}
	}
	report("no longer has", before, after)
	report("now has", after, before)
	if t.Failed() {
		t.Log("if that is meant: go test ./internal/layout -run API -update")
	}
}

// loadPromised loads once, for all tests.
func loadPromised(t *testing.T) []*types.Package {
	t.Helper()
	found, err := load()
	if err != nil {
		t.Fatal(err)
	}
	return found
}

var load = sync.OnceValues(func() ([]*types.Package, error) {
	paths := make([]string, len(promised))
	for i, p := range promised {
		paths[i] = module + "/" + p
	}
	loaded, err := packages.Load(&packages.Config{
		Mode: packages.NeedName | packages.NeedTypes | packages.NeedImports | packages.NeedExportFile,
	}, paths...)
	if err != nil {
		return nil, err
	}
	var found []*types.Package
	for _, p := range loaded {
		for _, e := range p.Errors {
			return nil, e
		}
		found = append(found, p.Types)
	}
	slices.SortFunc(found, func(a, b *types.Package) int { return cmp.Compare(a.Path(), b.Path()) })
	return found, nil
})

// exportedNames has a line for each exported name of a package, and for each
// exported field and method of its types, those that an alias stands for too.
func exportedNames(pkg *types.Package) []string {
	from := func(other *types.Package) string {
		if other == pkg {
			return ""
		}
		return strings.TrimPrefix(other.Path(), module+"/")
	}
	var lines []string
	for _, name := range pkg.Scope().Names() {
		o := pkg.Scope().Lookup(name)
		if !o.Exported() {
			continue
		}
		named, isType := o.(*types.TypeName)
		if !isType {
			lines = append(lines, types.ObjectString(o, from))
			continue
		}
		lines = append(lines, typeLine(named, from))
		lines = append(lines, members(named, from)...)
	}
	return lines
}

// typeLine is a type's name, and what it is unless members tell.
func typeLine(o *types.TypeName, from types.Qualifier) string {
	if o.IsAlias() {
		return types.ObjectString(o, from)
	}
	switch u := o.Type().Underlying().(type) {
	case *types.Struct:
		return "type " + o.Name() + " struct"
	case *types.Interface:
		return "type " + o.Name() + " interface"
	default:
		return "type " + o.Name() + " " + types.TypeString(u, from)
	}
}

func members(o *types.TypeName, from types.Qualifier) []string {
	var lines []string
	add := func(kind string, member types.Object, typ types.Type) {
		lines = append(lines, fmt.Sprintf("%s %s.%s %s", kind, o.Name(), member.Name(), types.TypeString(typ, from)))
	}
	if u, ok := o.Type().Underlying().(*types.Struct); ok {
		for field := range u.Fields() {
			if field.Exported() && !hidden(o.Type(), field.Name()) {
				add("field", field, field.Type())
			}
		}
	}
	methods := types.NewMethodSet(o.Type())
	if !types.IsInterface(o.Type()) {
		methods = types.NewMethodSet(types.NewPointer(o.Type()))
	}
	for selection := range methods.Methods() {
		if selection.Obj().Exported() && !hidden(o.Type(), selection.Obj().Name()) {
			add("method", selection.Obj(), selection.Type())
		}
	}
	slices.Sort(lines)
	return lines
}

// TestPromiseNamesItsTypes: every type of ours that the promised API shows has a
// name in a promised package, by which others can write it.
func TestPromiseNamesItsTypes(t *testing.T) {
	t.Parallel()
	all := loadPromised(t)
	named := map[string]bool{}
	for _, pkg := range all {
		for _, name := range pkg.Scope().Names() {
			if o, ok := pkg.Scope().Lookup(name).(*types.TypeName); ok && o.Exported() {
				named[types.TypeString(types.Unalias(o.Type()), nil)] = true
			}
		}
	}
	for _, pkg := range all {
		w := walker{named: named, seen: map[types.Type]bool{}}
		for _, name := range pkg.Scope().Names() {
			if o := pkg.Scope().Lookup(name); o.Exported() {
				w.walk(o.Name(), o.Type())
			}
		}
		slices.Sort(w.found)
		for _, f := range slices.Compact(w.found) {
			t.Errorf("%s.%s", pkg.Name(), f)
		}
	}
}

// walker looks for types of ours without a promised name.
type walker struct {
	named map[string]bool
	seen  map[types.Type]bool
	// inside is the type whose fields are looked at.
	inside string
	found  []string
}

func (w *walker) walk(where string, t types.Type) {
	t = types.Unalias(t)
	if w.seen[t] {
		return
	}
	w.seen[t] = true
	switch t := t.(type) {
	case *types.Named:
		w.walkNamed(where, t)
	case *types.Signature:
		w.walk(where, t.Params())
		w.walk(where, t.Results())
	case *types.Tuple:
		for v := range t.Variables() {
			w.walk(where, v.Type())
		}
	case *types.Struct:
		for f := range t.Fields() {
			if f.Exported() && notPromised[w.inside+"."+f.Name()] == "" {
				w.walk(where+"."+f.Name(), f.Type())
			}
		}
	case *types.Interface:
		for m := range t.Methods() {
			if m.Exported() {
				w.walk(where+"."+m.Name(), m.Type())
			}
		}
	case *types.Map:
		w.walk(where, t.Key())
		w.walk(where, t.Elem())
	case interface{ Elem() types.Type }: // pointers, slices, arrays, channels
		w.walk(where, t.Elem())
	}
}

func (w *walker) walkNamed(where string, t *types.Named) {
	for arg := range t.TypeArgs().Types() {
		w.walk(where, arg)
	}
	pkg := t.Obj().Pkg()
	if pkg == nil || !strings.HasPrefix(pkg.Path(), module+"/") {
		return
	}
	name := types.TypeString(t.Origin(), nil)
	if t.Obj().Exported() && !w.named[name] && !w.named[types.TypeString(t, nil)] {
		w.found = append(w.found, where+" shows "+strings.TrimPrefix(name, module+"/")+", which has no promised name")
		return
	}
	outer := w.inside
	w.inside = t.Obj().Name()
	w.walk(where, t.Underlying())
	w.inside = outer
	for m := range t.Methods() {
		if m.Exported() && !hidden(t, m.Name()) {
			w.walk(where+"."+m.Name(), m.Type())
		}
	}
}

// hidden reports whether a member of a type is not promised.
func hidden(t types.Type, member string) bool {
	named, ok := types.Unalias(t).(*types.Named)
	return ok && notPromised[named.Obj().Name()+"."+member] != ""
}

// TestOnlyPromisedPackagesCanBeImported: what is not promised is internal, a
// command, or of the tests.
func TestOnlyPromisedPackagesCanBeImported(t *testing.T) {
	t.Parallel()
	loaded, err := packages.Load(&packages.Config{Mode: packages.NeedName, Context: t.Context()}, module+"/...")
	if err != nil {
		t.Fatal(err)
	}
	for _, pkg := range loaded {
		path := strings.TrimPrefix(pkg.PkgPath, module+"/")
		closed := slices.Contains(strings.Split(path, "/"), "internal") || pkg.Name == "main" || strings.HasPrefix(path, "e2e")
		if closed == slices.Contains(promised, path) {
			t.Errorf("%s: importable %v, promised %v", path, !closed, closed)
		}
	}
}
