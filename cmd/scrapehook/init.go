package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/scrapehook/scrapehook/internal/atomicfile"
	"github.com/scrapehook/scrapehook/internal/config"
)

const schemaFile = "scrapehook.schema.json"

func newInitCmd() *cobra.Command {
	var force, schema bool
	var output string
	cmd := &cobra.Command{
		Use:   "init",
		Short: "Write a commented scrapehook.yaml to begin with",
		Long: `Write scrapehook.yaml with the settings that most people need, each with a comment
and switched off: take the # away from what you want. A file that is there is left
alone, unless --force says otherwise.

Exit codes: 0 written, 2 there is a file already, or it can't be written.`,
		Example: `  scrapehook init
  scrapehook init --schema
  scrapehook init --output -`,
		Args:        cobra.NoArgs,
		Annotations: map[string]string{config.Without: "it writes that of others"},
		RunE: func(cmd *cobra.Command, _ []string) error {
			body := initFile(cmd.Root(), schema)
			if output == "-" {
				_, err := cmd.OutOrStdout().Write(body)
				return err
			}
			if err := writeNew(output, body, force); err != nil {
				return err
			}
			written := output
			if schema {
				var text bytes.Buffer
				if err := writeJSON(&text, configSchema(cmd.Root())); err != nil {
					return err
				}
				path := filepath.Join(filepath.Dir(output), schemaFile)
				if err := writeNew(path, text.Bytes(), force); err != nil {
					return err
				}
				written += " and " + path
			}
			_, err := fmt.Fprintf(cmd.OutOrStdout(), "%s written; 'scrapehook config show' says what is set\n", written)
			return err
		},
	}
	cmd.Flags().BoolVar(&force, "force", false, "replace a file that is there")
	cmd.Flags().BoolVar(&schema, "schema", false, "write "+schemaFile+" too, by which editors complete keys and values")
	cmd.Flags().StringVarP(&output, "output", "o", config.File, "`file` to write, - is stdout")
	return cmd
}

// writeNew writes a file that is not there yet.
func writeNew(path string, body []byte, force bool) error {
	if _, err := os.Lstat(path); err == nil && !force {
		return usageError("%s is there already: edit it, or replace it with --force", path)
	}
	err := atomicfile.Write(path, atomicfile.Public, func(w io.Writer) error { _, err := w.Write(body); return err })
	if err != nil {
		return openError(errors.Join(err))
	}
	return nil
}

// initSection are the settings of a command that init writes, each with a value
// to begin with.
type initSection struct {
	command  string
	settings [][2]string // flag and value, as YAML
}

func initSections() []initSection {
	return []initSection{
		{"conform", [][2]string{
			{"run", "python3 receiver.py"}, {"probe", "[file:rows.jsonl]"}, {"profile", "2020"}, {"fast", "true"},
			{"token", "query:token=s3cret"}, {"filter", "MUST"}, {"html", "report.html"}, {"junit", "report.xml"},
		}},
		{"cloud", [][2]string{
			{"endpoint", "[http://127.0.0.1:8080/webhook]"}, {"listen", "127.0.0.1:8085"}, {"job-time", "2s"}, {"rows", "100"},
			{"outcome", "finished=90,failed=10"}, {"state", "cloud.db"},
		}},
		{"send", [][2]string{{"status", "finished"}, {"sitemap-name", "shop"}, {"attempts", "1"}}},
		{"traffic", [][2]string{{"rate", "500/s"}, {"duration", "30s"}, {"mix", "again=2%,late=1%,lost=1%"}, {"slo", "p99<500ms,delivered>=99.9%"}}},
		{"receive", [][2]string{{"listen", "127.0.0.1:8080"}, {"store", "receiver.db"}, {"api-url", "http://127.0.0.1:8085/api/v1/"}}},
	}
}

// initFile is the file that init writes. What it says of a flag is its usage.
func initFile(root *cobra.Command, schema bool) []byte {
	var b bytes.Buffer
	if schema {
		fmt.Fprintf(&b, "# yaml-language-server: $schema=./%s\n", schemaFile)
	}
	b.WriteString("# Settings of scrapehook, which it reads in the directory where it is started.\n" +
		"# A section for each command, with its flags as keys: 'scrapehook COMMAND --help'\n" +
		"# shows them all. Flags and environment variables take precedence over this file.\n" +
		"# Keep secrets out of it: set SCRAPEHOOK_CONFORM_TOKEN and the like instead.\n")
	commands := config.Commands(root)
	for _, section := range initSections() {
		cmd := commands[section.command]
		fmt.Fprintf(&b, "\n# %s\n%s:\n", cmd.Short, section.command)
		for _, s := range section.settings {
			fmt.Fprintf(&b, "  # %s\n  # %s: %s\n", usageOf(cmd, s[0]), s[0], s[1])
		}
	}
	return b.Bytes()
}

// usageOf is a flag's usage on one line.
func usageOf(cmd *cobra.Command, name string) string {
	flag := cmd.Flag(name)
	if flag == nil {
		panic("init names a flag that is not there: " + name)
	}
	_, usage := pflag.UnquoteUsage(flag)
	return strings.Join(strings.Fields(usage), " ")
}
