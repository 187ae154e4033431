package e2e_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// openConsole starts a cloud and opens its console in a browser.
func openConsole(t *testing.T, args ...string) (*tab, *cloudProcess) {
	t.Helper()
	b := openTab(t)
	cloud := startCloud(t, args...)
	b.origin = cloud.ConsoleURL
	b.visit(t, "")
	return b, cloud
}

// visit opens a page of the console, and looks whether it is whole.
func (b *tab) visit(t *testing.T, path string) {
	t.Helper()
	b.do(t, chromedp.Navigate(b.origin+path))
}

// says waits until the page shows a text.
func (b *tab) says(t *testing.T, text string) {
	t.Helper()
	waitFor(t, fmt.Sprintf("the page to say %q", text), func() bool {
		// While the browser leaves a page for the next one, neither answers.
		shown, err := chromedp.Run(b.ctx, chromedp.Evaluate[string](`document.body?.innerText ?? ""`))
		if err != nil && b.ctx.Err() != nil {
			t.Fatal(err)
		}
		return err == nil && strings.Contains(shown, text)
	})
}

// fill writes into a field, in place of what it has.
func (b *tab) fill(t *testing.T, id, text string) {
	t.Helper()
	b.do(t, chromedp.SetValue(chromedp.ID(id), text))
}

// press presses the first button that can be seen with that name.
func (b *tab) press(t *testing.T, name string) {
	t.Helper()
	pressed := eval[bool](t, b, fmt.Sprintf(`(() => {
		const button = [...document.querySelectorAll('button,a,summary')].find(e => e.checkVisibility() && (e.textContent.trim() === %q || e.ariaLabel === %[1]q));
		button?.click();
		return Boolean(button);
	})()`, name))
	if !pressed {
		t.Fatalf("there is no button %q on the page: %s", name, eval[string](t, b, "document.body.innerText"))
	}
}

// inspectScreen is inspect for pages that are not made to be printed.
func (b *tab) inspectScreen(t *testing.T, page string) {
	t.Helper()
	for _, scheme := range []string{"light", "dark"} {
		for _, width := range []int64{1920, 1024, 360} {
			b.look(t, width, "screen", scheme)
			for _, wrong := range append(eval[[]string](t, b, inspection), b.axe(t)...) {
				t.Errorf("%s, %d wide, %s: %s", page, width, scheme, wrong)
			}
			b.shoot(t, fmt.Sprintf("%s-%d-%s", page, width, scheme))
		}
	}
	b.look(t, 1280, "screen", "light")
}

// shoot keeps a picture of the page for people to look at, where SCREENSHOTS
// names a folder.
func (b *tab) shoot(t *testing.T, name string) {
	t.Helper()
	dir := os.Getenv("SCREENSHOTS")
	if dir == "" {
		return
	}
	picture, err := chromedp.Run(b.ctx, chromedp.FullScreenshot(100))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, name+".png"), picture, 0o600); err != nil {
		t.Fatal(err)
	}
}

// axeCore is the version of the checker of accessibility.
const axeCore = "axe-core@4.14.1"

// axeSource is its script, installed once for all tests.
var axeSource = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "scrapehook-axe-")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(dir)
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	if out, err := exec.CommandContext(ctx, "npm", "install", "--no-audit", "--no-fund", "--prefix", dir, axeCore).CombinedOutput(); err != nil {
		return "", fmt.Errorf("installing %s: %w: %s", axeCore, err, out)
	}
	text, err := os.ReadFile(filepath.Join(dir, "node_modules", "axe-core", "axe.min.js"))
	return string(text), err
})

// axe returns what axe-core finds on the page.
func (b *tab) axe(t *testing.T) []string {
	t.Helper()
	needs(t, "npm")
	source, err := axeSource()
	if err != nil {
		t.Fatal(err)
	}
	if !eval[bool](t, b, "typeof axe === 'object'") {
		eval[any](t, b, source+"; 0")
	}
	found, err := chromedp.Run(b.ctx, chromedp.Evaluate[[]string](`axe.run().then(r => r.violations.map(v =>
		v.id + ': ' + v.help + ': ' + v.nodes.slice(0, 3).map(n => n.html.slice(0, 200)).join(' | ')))`, chromedp.EvalAwaitPromise))
	if err != nil {
		t.Fatal(err)
	}
	return found
}
