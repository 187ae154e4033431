package main

import (
	"cmp"
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"

	"github.com/scrapehook/scrapehook/internal/config"
)

// version is stamped by the linker; see `make build`.
var version = ""

// buildInfo is what is known of this binary. What is not known is empty.
type buildInfo struct {
	Version  string `json:"version"`
	Commit   string `json:"commit,omitempty"`
	Date     string `json:"date,omitempty"` // of the commit
	Modified bool   `json:"modified"`       // built from a tree with changes
	Go       string `json:"go"`
	Platform string `json:"platform"`
}

func readBuildInfo() buildInfo {
	b := buildInfo{Version: buildVersion(), Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return b
	}
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			b.Commit = s.Value
		case "vcs.time":
			b.Date = s.Value
		case "vcs.modified":
			b.Modified = s.Value == "true"
		}
	}
	return b
}

// buildVersion is what the linker stamped, or what the module system knows.
func buildVersion() string {
	if version != "" {
		return version
	}
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		return info.Main.Version
	}
	return "(devel)"
}

func newVersionCmd() *cobra.Command {
	var output string
	cmd := &cobra.Command{
		Use:   "version",
		Short: "Show the version, the commit, its date, Go and the platform",
		Example: `  scrapehook version
  scrapehook version --output json`,
		Args:        cobra.NoArgs,
		Annotations: map[string]string{config.Without: "it needs none"},
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := checkOutput(output); err != nil {
				return err
			}
			b := readBuildInfo()
			if output == "json" {
				return writeJSON(cmd.OutOrStdout(), b)
			}
			commit := cmp.Or(b.Commit, "unknown")
			if b.Modified {
				commit += ", with changes"
			}
			_, err := fmt.Fprintf(cmd.OutOrStdout(), "scrapehook %s\ncommit     %s\ndate       %s\nGo         %s\nplatform   %s\n",
				b.Version, commit, cmp.Or(b.Date, "unknown"), b.Go, b.Platform)
			return err
		},
	}
	cmd.Flags().StringVarP(&output, "output", "o", "text", "text, or json")
	return cmd
}
