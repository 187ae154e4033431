package defects

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// webhookToken is what the receiver's URL must carry.
const webhookToken = "q7Xk2mVbT9" //nolint:gosec // of a receiver that lives for a minute

// Result is what the suite said of a receiver.
type Result struct {
	Exit     int
	Verdict  string
	Headline string
	// Findings are the requirements that are not met: broken MUSTs first.
	Failed, Warned, Other []string
	Took                  time.Duration
	Output                string
}

// Judge plays the suite against the receiver.
type Judge struct {
	Scrapehook, Receiver string // paths of the programs
	Flags                []string
}

// Build builds the receiver into a file.
func Build(ctx context.Context, file string) error {
	cmd := exec.CommandContext(ctx, "go", "build", "-o", file, "github.com/scrapehook/scrapehook/e2e/defects/receiver") //nolint:gosec // where it goes
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("building the receiver: %w\n%s", err, out)
	}
	return nil
}

// Play has the suite judge a receiver with a defect, or a variant, in dir.
func (j Judge) Play(ctx context.Context, dir string, defect, variant Defect) (Result, error) {
	port, err := freePort(ctx)
	if err != nil {
		return Result{}, err
	}
	flags := []string{
		"conform", "--fast",
		"--run", "exec " + j.Receiver,
		"--probe", "sql:" + filepath.Join(dir, "receiver.db"),
		"--token", "query:token=" + webhookToken,
		"--json", filepath.Join(dir, "report.json"),
	}
	if !slices.Contains(variant.Flags, "--probe-query") {
		flags = append(flags, "--probe-query", "SELECT record FROM imported WHERE job = {job}")
	}
	flags = append(append(flags, variant.Flags...), j.Flags...)
	flags = append(flags, fmt.Sprintf("http://127.0.0.1:%s/webhook", port))
	cmd := exec.CommandContext(ctx, j.Scrapehook, flags...) //nolint:gosec // the binary that is tested
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 20 * time.Second
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "DEFECT="+defect.Name, "VARIANT="+variant.Name, "STATE_DIR="+dir, "WEBHOOK_TOKEN="+webhookToken)
	began := time.Now()
	out, err := cmd.CombinedOutput()
	result := Result{Took: time.Since(began), Output: string(out)}
	var exit *exec.ExitError
	switch {
	case errors.As(err, &exit):
		result.Exit = exit.ExitCode()
	case err != nil:
		return result, err
	}
	if err := result.read(filepath.Join(dir, "report.json")); err != nil && result.Exit != 3 && result.Exit != 2 {
		return result, fmt.Errorf("%w\n%s", err, out)
	}
	return result, nil
}

// read takes what it needs from a report.
func (r *Result) read(file string) error {
	body, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	report := struct {
		Verdict      string
		Requirements []struct{ ID, Level, Verdict string }
	}{}
	if err := json.Unmarshal(body, &report); err != nil {
		return err
	}
	r.Verdict = report.Verdict
	for _, q := range report.Requirements {
		switch q.Verdict {
		case "fail":
			r.Failed = append(r.Failed, q.ID)
		case "warn":
			r.Warned = append(r.Warned, q.ID)
		case "error":
			r.Other = append(r.Other, q.ID)
		}
	}
	return nil
}

// Caught says whether the result is right of a receiver with a defect, and if
// not, why.
func (d Defect) Caught(r Result) (right bool, why string) {
	if slices.Contains(d.By, "setup") && r.Exit == 3 {
		return true, ""
	}
	found := slices.Concat(r.Failed, r.Warned)
	if len(found) == 0 {
		return false, "not caught"
	}
	var beside []string
	for _, id := range found {
		if !d.may(id) {
			beside = append(beside, id)
		}
	}
	switch {
	case len(beside) == len(found):
		return false, "not caught, but beside the point: " + strings.Join(beside, " ")
	case len(beside) > 0:
		return false, "beside the point: " + strings.Join(beside, " ")
	case d.Fails && r.Exit == 0:
		return false, "a warning only"
	case len(r.Other) > 0:
		return false, "the harness failed: " + strings.Join(r.Other, " ")
	}
	return true, ""
}

// Passed says whether the result is right of a receiver that is right.
func (d Defect) Passed(r Result) (right bool, why string) {
	if r.Exit == 0 && len(r.Warned) == 0 {
		return true, ""
	}
	return false, fmt.Sprintf("exit %d: failed %s, warned %s, errors %s", r.Exit, r.Failed, r.Warned, r.Other)
}

// may says whether a requirement may catch the defect.
func (d Defect) may(id string) bool {
	return slices.ContainsFunc(d.By, func(by string) bool {
		start, all := strings.CutSuffix(by, "*")
		return by == id || all && strings.HasPrefix(id, start)
	})
}

func freePort(ctx context.Context) (string, error) {
	var config net.ListenConfig
	l, err := config.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	_, port, err := net.SplitHostPort(l.Addr().String())
	return port, errors.Join(err, l.Close())
}
