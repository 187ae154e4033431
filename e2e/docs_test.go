package e2e_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/scrapehook/scrapehook/internal/testtool"
)

// notRun begins the comment by which a block says that the tests leave it out,
// and why.
const notRun = "# not run in the tests"

// TestDocuments runs every shell block of a document as it stands, in order, in
// one shell: README in a copy of the tree, as in a fresh clone, the others in an
// empty directory with scrapehook in the path. Each has a network of its own
// where the system allows that, because documents name ports.
func TestDocuments(t *testing.T) {
	t.Parallel()
	for _, tool := range []string{"bash", "curl", "git", "python3"} {
		testtool.Need(t, tool)
	}
	pages, err := filepath.Glob("../docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	ran := 0
	for _, page := range append([]string{"../README.md", "../CONTRIBUTING.md"}, pages...) {
		script, blocks := shellBlocks(t, page)
		if blocks == 0 {
			continue
		}
		ran += blocks
		t.Run(filepath.Base(page), func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			name := filepath.Base(page)
			if name == "README.md" {
				copyTree(t, dir)
			} else if err := os.Symlink(scrapehookBinary, filepath.Join(dir, "scrapehook")); err != nil {
				t.Fatal(err)
			}
			if name == "testing.md" {
				copyHelpers(t, dir)
			}
			runScript(t, dir, script)
		})
	}
	if ran < 8 {
		t.Errorf("only %d blocks were found", ran)
	}
}

var fence = regexp.MustCompile("(?ms)^```sh\n(.*?)^```$")

// shellBlocks returns the blocks of a document as one script, each with a line
// that tells where it is from.
func shellBlocks(t *testing.T, path string) (script string, blocks int) {
	t.Helper()
	body, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	b.WriteString("set -eo pipefail\n")
	for _, m := range fence.FindAllSubmatchIndex(body, -1) {
		block := string(body[m[2]:m[3]])
		if strings.HasPrefix(block, notRun) {
			if reason, _, _ := strings.Cut(strings.TrimPrefix(block, notRun), "\n"); len(reason) < 8 {
				t.Errorf("%s: a block is left out without a reason: %s", path, block)
			}
			continue
		}
		blocks++
		fmt.Fprintf(&b, "echo '== line %d' >&2\n%s", 1+bytes.Count(body[:m[0]], []byte("\n")), block)
	}
	return b.String(), blocks
}

// copyTree copies what is in the repository, and what is new, to dir.
func copyTree(t *testing.T, dir string) {
	t.Helper()
	copying := exec.CommandContext(t.Context(), "bash", "-c",
		`set -eo pipefail; git -c safe.directory='*' ls-files -z --cached --others --exclude-standard | xargs -0 ls -d 2> /dev/null | xargs -d '\n' cp --parents -t "$1"`, "copy", dir)
	copying.Dir = ".."
	if out, err := copying.CombinedOutput(); err != nil {
		t.Fatalf("copying the tree: %v\n%s", err, out)
	}
}

// loopbackUp makes the only interface of a new network work.
const loopbackUp = `python3 -c 'import fcntl, socket, struct
fcntl.ioctl(socket.socket(), 0x8914, struct.pack("16sh14x", b"lo", 0x41))'
`

// runScript runs a script in a shell and ends all that it has started.
func runScript(t *testing.T, dir, script string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 9*time.Minute)
	defer cancel()
	args := []string{"bash", "-c", script}
	if exec.CommandContext(ctx, "unshare", "--net", "true").Run() == nil {
		args = []string{"unshare", "--net", "bash", "-c", loopbackUp + script}
	}
	var output syncBuffer
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = dir, &output, &output
	cmd.Env = command(ctx, dir, []string{"PATH=" + dir + ":" + os.Getenv("PATH")}).Env
	ownGroup(cmd, syscall.SIGKILL)
	cmd.WaitDelay = time.Second // for what is left of it holds the output open
	err := cmd.Run()
	_ = signalGroup(cmd, syscall.SIGKILL) // there may be nobody left
	if err != nil && !errors.Is(err, exec.ErrWaitDelay) {
		t.Errorf("%v; the output, and the logs that it wrote:\n%s", err, output.String())
		logs, _ := filepath.Glob(filepath.Join(dir, "*.log")) // the pattern is a good one
		for _, log := range logs {
			if body, err := os.ReadFile(log); err == nil {
				t.Logf("%s:\n%s", filepath.Base(log), body)
			}
		}
	}
}

// TestHandlersOfTheGuide: the code of docs/correct-handler.md is code, in each of
// its languages.
func TestHandlersOfTheGuide(t *testing.T) {
	t.Parallel()
	count := checkCode(t, "../docs/correct-handler.md")
	for language := range codeChecks {
		if count[language] != 6 {
			t.Errorf("%d repairs in %s, want one for each of 6 mistakes", count[language], language)
		}
	}
}

// TestRepairsOfTheRequirements: the repairs in docs/requirements.md are code too.
func TestRepairsOfTheRequirements(t *testing.T) {
	t.Parallel()
	if count := checkCode(t, "../docs/requirements.md"); count["php"]+count["js"]+count["python"] < 40 {
		t.Errorf("only %v are there", count)
	}
}

// codeChecks say how a block of code is checked by its language.
var codeChecks = map[string]struct {
	tool, file string
	check      []string
}{
	"php":    {"php", "x.php", []string{"php", "-l"}},
	"js":     {"node", "x.mjs", []string{"node", "--check"}},
	"python": {"python3", "x.py", []string{"python3", "-m", "py_compile"}},
	"ruby":   {"webrick", "x.rb", []string{"ruby", "-c"}},
	"go":     {"gofmt", "x.go", []string{"gofmt", "-l", "-e"}},
}

// checkCode checks every block of code in a document by its language, and counts
// them.
func checkCode(t *testing.T, page string) map[string]int {
	t.Helper()
	body := []byte(read(t, page))
	count := map[string]int{}
	for i, m := range regexp.MustCompile("(?ms)^```([a-z]+)\n(.*?)^```$").FindAllSubmatch(body, -1) {
		language, code := string(m[1]), string(m[2])
		c, known := codeChecks[language]
		if !known {
			continue
		}
		count[language]++
		if language == "go" {
			code = "package x\n\n" + code
		} else {
			testtool.Need(t, c.tool)
		}
		path := filepath.Join(t.TempDir(), c.file)
		if err := os.WriteFile(path, []byte(code), 0o600); err != nil {
			t.Fatal(err)
		}
		out, err := exec.CommandContext(t.Context(), c.check[0], append(c.check[1:], path)...).CombinedOutput()
		if err != nil || language == "go" && len(out) > 0 {
			t.Errorf("block %d, %s: %v\n%s", i+1, language, err, out)
		}
	}
	return count
}

// TestLinksOfDocuments: the files and the headings that a document links to exist.
func TestLinksOfDocuments(t *testing.T) {
	t.Parallel()
	pages, err := filepath.Glob("../docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	more, err := filepath.Glob("../*.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, page := range append(pages, more...) {
		for _, m := range regexp.MustCompile(`\]\(([^)#]*)(?:#([^)]*))?\)`).FindAllStringSubmatch(read(t, page), -1) {
			if strings.Contains(m[1], "://") {
				continue
			}
			target := filepath.Join(filepath.Dir(page), m[1])
			if m[1] == "" {
				target = page
			}
			if _, err := os.Stat(target); err != nil {
				t.Errorf("%s links to %s, which does not exist", page, m[1])
			} else if m[2] != "" && !slices.Contains(anchors(read(t, target)), m[2]) {
				t.Errorf("%s links to %s#%s, which is not a heading there", page, m[1], m[2])
			}
		}
	}
}

// anchors are the names by which the headings of a document are linked to.
func anchors(text string) []string {
	var names []string
	for _, m := range regexp.MustCompile("(?m)^#+ (.*)$").FindAllStringSubmatch(text, -1) {
		name := regexp.MustCompile(`[^\p{L}\p{N}_ -]`).ReplaceAllString(strings.ToLower(m[1]), "")
		names = append(names, strings.ReplaceAll(name, " ", "-"))
	}
	return names
}
