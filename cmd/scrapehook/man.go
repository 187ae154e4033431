package main

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/scrapehook/scrapehook/internal/atomicfile"
	"github.com/scrapehook/scrapehook/internal/commandline"
	"github.com/scrapehook/scrapehook/internal/config"
)

func newManCmd() *cobra.Command {
	var dir string
	cmd := &cobra.Command{
		Use:   "man [COMMAND]",
		Short: "Print a command's manual page, or write all of them",
		Example: `  scrapehook man conform | man -l -
  scrapehook man --dir /usr/local/share/man/man1`,
		Args:        cobra.MaximumNArgs(2),
		Annotations: map[string]string{config.Without: "it needs none"},
		RunE: func(cmd *cobra.Command, args []string) error {
			if dir != "" {
				return writeManuals(cmd.Root(), dir)
			}
			of, err := commandNamed(cmd.Root(), args)
			if err != nil {
				return err
			}
			commandline.WriteManual(cmd.OutOrStdout(), of, manualValues)
			return nil
		},
	}
	cmd.Flags().StringVar(&dir, "dir", "", "write the pages of all commands to this `directory`")
	return cmd
}

func manualValues(cmd *cobra.Command, flag string) []string {
	if values := valuesOf(cmd, flag); values.list != nil {
		return values.list()
	}
	return nil
}

func writeManuals(cmd *cobra.Command, dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil { //nolint:gosec // manual pages are for everybody
		return openError(err)
	}
	path := filepath.Join(dir, strings.ReplaceAll(cmd.CommandPath(), " ", "-")+".1")
	err := atomicfile.Write(path, atomicfile.Public, func(w io.Writer) error {
		commandline.WriteManual(w, cmd, manualValues)
		return nil
	})
	if err != nil {
		return openError(err)
	}
	var failed error
	for _, child := range cmd.Commands() {
		if child.IsAvailableCommand() {
			failed = errors.Join(failed, writeManuals(child, dir))
		}
	}
	return failed
}
