package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/scrapehook/scrapehook/internal/traffic/record"
	"github.com/scrapehook/scrapehook/internal/traffic/report"
	"github.com/scrapehook/scrapehook/webhook"
)

// replayFlags is what the user asks of `scrapehook replay`.
type replayFlags struct {
	endpointFlags
	speed    float64
	only     []string
	freshIDs bool
}

func newReplayCmd() *cobra.Command {
	var f replayFlags
	cmd := &cobra.Command{
		Use:   "replay FILE URL",
		Short: "Send what was recorded once more, and show what differs in the outcomes",
		Long: `Send what was recorded by scrapehook traffic --record once more: the same bytes,
at the same times or at another speed. Resends are in the record, so none is
added. The report has which outcomes changed, and for which jobs; --slo 'changed<=0'
lets that decide the exit code.

A receiver that has seen these jobs takes them for resends. --fresh-ids gives each job
another id, the same to all that was sent of it. --only sends a part:
  status=failed    of jobs that ended so
  job=1234         of that job
  reason=timeout   of attempts that ended so ('scrapehook explain timeout')
  code=500         of attempts that were answered so
Given more than once, the values of one kind are alternatives, and all kinds must fit.

Exit codes: 0 done, 1 an SLO is missed, 2 wrong usage, 3 no send reached the
endpoint or the run failed, 130 interrupted (what was measured is reported).`,
		Example: `  scrapehook replay run.jsonl http://127.0.0.1:8080/webhook
  scrapehook replay run.jsonl http://127.0.0.1:8080/webhook --speed 10 --slo 'changed<=0'
  scrapehook replay run.jsonl http://127.0.0.1:8080/webhook --only reason=rejected --fresh-ids`,
		Args: cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error { return runReplay(cmd, args[0], args[1], f) },
	}
	f.add(cmd)
	cmd.Flags().StringArrayVar(&f.only, "only", nil, "`condition` of what is sent, such as status=failed or job=1234; may be given more than once")
	cmd.Flags().BoolVar(&f.freshIDs, "fresh-ids", false, "give each job an id that it did not have")
	cmd.Flags().Float64Var(&f.speed, "speed", 1, "how many times as fast as it was recorded")
	return cmd
}

func runReplay(cmd *cobra.Command, path, url string, f replayFlags) error {
	only, err := record.ParseOnly(f.only)
	if err != nil {
		return usageError("--only: %w", err)
	}
	replay, err := readRecord(path, f.speed)
	if err != nil {
		return usageError("%w", err)
	}
	if err := replay.Select(only); err != nil {
		return usageError("--only %s: %w", strings.Join(f.only, " --only "), err)
	}
	if f.freshIDs {
		replay.FreshIDs()
	}
	profile, err := webhook.ProfileByName(f.profile)
	if err != nil {
		return usageError("--profile: %w", err)
	}
	profile.MaxAttempts = 1
	if err := f.checkTransport(false, true, cmd.ErrOrStderr()); err != nil {
		return err
	}
	load, err := f.load(url, profile)
	if err != nil {
		return err
	}
	load.config.Script = replay
	load.onAttempt(func(a report.Attempt) { replay.Compare(a.Job.Index, a.Reason, a.Code) })
	load.scheme = replay.Scheme(filepath.Base(path))
	load.complete = func(result *report.Report) { result.Replay = replay.Replayed() }
	return load.run(cmd)
}

func readRecord(path string, speed float64) (*record.Replay, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("opening the record: %w", err)
	}
	defer func() { _ = file.Close() }() // it is only read
	replay, err := record.Read(file, speed)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return replay, nil
}
