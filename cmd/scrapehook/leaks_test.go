package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	"go.uber.org/goleak"
)

// TestMain lets scripts run this test program as scrapehook, and fails the run
// when a test leaves a goroutine behind.
func TestMain(m *testing.M) {
	testscript.Main(leakless{m}, map[string]func(){"scrapehook": func() {
		ctx, stop := signal.NotifyContext(context.Background(), stopSignals()...)
		code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
		stop()
		os.Exit(code)
	}})
}

// leakless are tests that leave no goroutine behind.
type leakless struct{ tests testscript.TestingM }

func (l leakless) Run() int {
	code := l.tests.Run()
	if code != 0 {
		return code
	}
	if err := goleak.Find(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}
