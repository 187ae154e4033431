package e2e_test

import (
	"context"
	_ "embed"
	"fmt"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// tab is a page in a browser. It fails the test when the page's script throws,
// when the browser complains of the page, or when the page asks for anything
// but itself.
type tab struct {
	ctx context.Context //nolint:containedctx // it is how chromedp names a tab
	// origin is what the page may ask; empty: nothing.
	origin string
	// restarts: what the page asks may get no answer.
	restarts bool

	mu         sync.Mutex
	complaints []string // guarded by mu
}

// openTab starts Chromium, on a profile of its own, with an empty tab.
func openTab(t *testing.T) *tab {
	t.Helper()
	needs(t, "chromium")
	path, err := exec.LookPath("chromium")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	t.Cleanup(cancel)
	ctx, stop := chromedp.NewExecAllocator(ctx,
		chromedp.ExecPath(path), chromedp.Headless, chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.NoFirstRun, chromedp.NoDefaultBrowserCheck,
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-sync", true),
		chromedp.Flag("disable-dev-shm-usage", true), chromedp.Flag("force-color-profile", "srgb"),
		chromedp.Flag("host-resolver-rules", "MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"),
	)
	t.Cleanup(stop)
	ctx, closeTab := chromedp.NewContext(ctx)
	t.Cleanup(closeTab)
	b := &tab{ctx: ctx}
	if err := chromedp.Listen(ctx, b.listen); err != nil {
		t.Fatalf("starting Chromium: %v", err)
	}
	if _, err := chromedp.Call(ctx, network.Enable, network.EnableParams{}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		for _, complaint := range b.complaints {
			t.Error(complaint)
		}
	})
	return b
}

func (b *tab) listen(event any) {
	complaint := ""
	switch e := event.(type) {
	case *runtime.EventExceptionThrown:
		complaint = fmt.Sprintf("the page's script threw: %s, line %d", e.ExceptionDetails.Text, e.ExceptionDetails.LineNumber)
	case *runtime.EventConsoleAPICalled:
		complaint = fmt.Sprintf("the page wrote to the console: %v", e.Type)
	case *log.EventEntryAdded:
		// A form that is refused is an answer to people.
		if refused := b.restarts || b.origin != "" && strings.Contains(e.Entry.Text, "a status of 422"); !refused {
			complaint = "the browser complains: " + e.Entry.Text
		}
	case *network.EventRequestWillBeSent:
		if url := e.Request.URL; !strings.HasPrefix(url, "file:") && !strings.HasPrefix(url, "data:") && (b.origin == "" || !strings.HasPrefix(url, b.origin)) {
			complaint = "the page asks for " + url
		}
	}
	if complaint != "" {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.complaints = append(b.complaints, complaint)
	}
}

// do performs actions, as a user would.
func (b *tab) do(t *testing.T, actions ...chromedp.Action[chromedp.Void]) {
	t.Helper()
	if err := chromedp.Do(b.ctx, actions...); err != nil {
		t.Fatal(err)
	}
}

// eval returns the value of an expression in the page.
func eval[T any](t *testing.T, b *tab, expression string) T {
	t.Helper()
	value, err := chromedp.Run(b.ctx, chromedp.Evaluate[T](expression))
	if err != nil {
		t.Fatalf("%.200s: %v", expression, err)
	}
	return value
}

// look sets how the page is looked at: the window's width, screen or print, and
// the scheme that the user prefers, light or dark.
func (b *tab) look(t *testing.T, width int64, media, scheme string) {
	t.Helper()
	b.do(t, chromedp.EmulateViewport(width, 800))
	_, err := chromedp.Call(b.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Media: media, Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}},
	})
	if err != nil {
		t.Fatal(err)
	}
}

//go:embed testdata/page/inspect.js
var inspection string

// inspect fails the test for what is wrong with the page, however it is looked
// at.
func (b *tab) inspect(t *testing.T) {
	t.Helper()
	for _, scheme := range []string{"light", "dark"} {
		for _, width := range []int64{1280, 360, 320} {
			b.look(t, width, "screen", scheme)
			for _, wrong := range eval[[]string](t, b, inspection) {
				t.Errorf("%d wide, %s: %s", width, scheme, wrong)
			}
		}
	}
	// What a dark screen prints is dark on white all the same.
	b.look(t, 700, "print", "dark")
	for _, wrong := range eval[[]string](t, b, inspection) {
		t.Errorf("in print: %s", wrong)
	}
	if ground := eval[string](t, b, "getComputedStyle(document.body).backgroundColor"); ground != "rgb(255, 255, 255)" {
		t.Errorf("it prints on %s", ground)
	}
	b.look(t, 1280, "screen", "light")
}
