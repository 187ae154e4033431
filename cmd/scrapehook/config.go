package main

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/scrapehook/scrapehook/internal/commandline"
	"github.com/scrapehook/scrapehook/internal/config"
	"github.com/scrapehook/scrapehook/internal/human"
)

func newConfigCmd() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "config",
		Short: "Show where settings come from, or the JSON schema of scrapehook.yaml",
		Long: `Every flag of a command can also be set by an environment variable, and in a
file, scrapehook.yaml. Flags take precedence over variables, and these over the
file.

A variable has the name of the command and of the flag: --token of conform is
SCRAPEHOOK_CONFORM_TOKEN. A shorter name without the command, such as
SCRAPEHOOK_PROFILE, sets the flag in every command that has it; scrapehook warns
where that means different things.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.Annotations = map[string]string{config.Without: "it shows that of others"}
	cmd.AddCommand(newConfigShowCmd(), newConfigSchemaCmd())
	return cmd
}

// shownSetting is a setting as it is shown.
type shownSetting struct {
	Flag     string `json:"flag"`
	Value    string `json:"value"`
	Origin   string `json:"origin"`
	Variable string `json:"variable"`
}

func newConfigShowCmd() *cobra.Command {
	var output string
	var all bool
	cmd := &cobra.Command{
		Use:   "show [COMMAND]",
		Short: "Show each setting of a command, and where it comes from",
		Long: `Show each setting of a command, and where it comes from: a variable, the file and
its line, or the default. Without a command, show what is set for any command.
Secrets are not shown.

Exit codes: 0 shown, 2 a variable or the file has a mistake.`,
		Example: `  scrapehook config show
  scrapehook config show conform
  scrapehook config show conform --output json`,
		Args:        cobra.MaximumNArgs(2),
		Annotations: map[string]string{config.Without: "it shows that of others"},
		ValidArgsFunction: func(cmd *cobra.Command, _ []string, _ string) ([]string, cobra.ShellCompDirective) {
			return slices.Sorted(maps.Keys(config.Commands(cmd.Root()))), cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := checkOutput(output); err != nil {
				return err
			}
			return showConfig(cmd, strings.Join(args, " "), all, output)
		},
	}
	cmd.Flags().StringVarP(&output, "output", "o", "text", "text, or json")
	cmd.Flags().BoolVar(&all, "all", false, "show defaults too, also without a command")
	return cmd
}

func showConfig(cmd *cobra.Command, name string, all bool, output string) error {
	commands := config.Commands(cmd.Root())
	names := slices.Sorted(maps.Keys(commands))
	if name != "" {
		if commands[name] == nil {
			return usageError("%q is not one of the commands with settings: %s%s", name, human.And(names...), commandline.DidYouMean(name, names))
		}
		names, all = []string{name}, true
	}
	shown, file := map[string][]shownSetting{}, ""
	for _, name := range names {
		settings, from, err := config.Settings(commands[name])
		if err != nil {
			return usageError("%w", err)
		}
		file = from
		for _, s := range settings {
			if all || s.Origin != "default" {
				shown[name] = append(shown[name], shownSetting{
					Flag: s.Flag.Name, Value: shownValue(s.Flag), Origin: s.Origin, Variable: config.Variable(commands[name], s.Flag),
				})
			}
		}
	}
	if output == "json" {
		return writeJSON(cmd.OutOrStdout(), map[string]any{"file": file, "settings": shown})
	}
	return writeSettings(cmd.OutOrStdout(), shown, names, file)
}

func writeSettings(w io.Writer, shown map[string][]shownSetting, names []string, file string) error {
	if file == "" {
		fmt.Fprintf(w, "file  none ('scrapehook init' writes a %s here)\n", config.File)
	} else {
		fmt.Fprintf(w, "file  %s\n", file)
	}
	if len(shown) == 0 {
		fmt.Fprintln(w, "\nNothing is set: every command uses its defaults.")
	}
	for _, name := range names {
		if len(shown[name]) == 0 {
			continue
		}
		fmt.Fprintf(w, "\n%s\n", name)
		table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
		for _, s := range shown[name] {
			value := s.Value
			if value == "" {
				value = "-"
			}
			fmt.Fprintf(table, "  --%s\t%s\t%s\n", s.Flag, value, s.Origin)
		}
		if err := table.Flush(); err != nil {
			return err
		}
	}
	return nil
}

// secrets are the flags whose values are not shown.
func isSecret(name string) bool {
	return name == "token" || strings.HasSuffix(name, "-token") || strings.HasSuffix(name, "-key") && name != "tls-key"
}

func shownValue(f *pflag.Flag) string {
	value := f.Value.String()
	if list, ok := f.Value.(pflag.SliceValue); ok {
		value = strings.Join(list.GetSlice(), ", ")
	}
	if isSecret(f.Name) && f.Changed && value != "" {
		return "(a secret)"
	}
	return value
}

func newConfigSchemaCmd() *cobra.Command {
	return &cobra.Command{
		Use:   "schema",
		Short: "Print the JSON schema of scrapehook.yaml, for editors",
		Long: `Print the JSON schema of scrapehook.yaml. Editors that know YAML schemas complete
keys and values by it and underline mistakes; 'scrapehook init --schema' writes
both files so that they find each other.`,
		Example:     `  scrapehook config schema > scrapehook.schema.json`,
		Args:        cobra.NoArgs,
		Annotations: map[string]string{config.Without: "it needs none"},
		RunE: func(cmd *cobra.Command, _ []string) error {
			return writeJSON(cmd.OutOrStdout(), configSchema(cmd.Root()))
		},
	}
}

// schemaNode is a part of a JSON schema.
type schemaNode struct {
	Schema               string                 `json:"$schema,omitempty"`
	Title                string                 `json:"title,omitempty"`
	Description          string                 `json:"description,omitempty"`
	Type                 any                    `json:"type,omitempty"`
	Default              json.RawMessage        `json:"default,omitempty"`
	Examples             []string               `json:"examples,omitempty"`
	Enum                 []any                  `json:"enum,omitempty"`
	Items                *schemaNode            `json:"items,omitempty"`
	AnyOf                []*schemaNode          `json:"anyOf,omitempty"`
	Properties           map[string]*schemaNode `json:"properties,omitempty"`
	AdditionalProperties *bool                  `json:"additionalProperties,omitempty"`
}

func configSchema(root *cobra.Command) *schemaNode {
	closed := false
	schema := &schemaNode{
		Schema: "https://json-schema.org/draft/2020-12/schema", Title: config.File,
		Description: "Settings of scrapehook: a section for each command, with its flags as keys.",
		Type:        "object", AdditionalProperties: &closed, Properties: map[string]*schemaNode{},
	}
	for name, cmd := range config.Commands(root) {
		section := &schemaNode{
			Description: cmd.Short, Type: []string{"object", "null"},
			AdditionalProperties: &closed, Properties: map[string]*schemaNode{},
		}
		for _, flag := range config.Flags(cmd) {
			section.Properties[flag.Name] = flagSchema(cmd, flag)
		}
		schema.Properties[name] = section
	}
	return schema
}

func flagSchema(cmd *cobra.Command, flag *pflag.Flag) *schemaNode {
	_, usage := pflag.UnquoteUsage(flag)
	node := &schemaNode{Description: strings.Join(strings.Fields(usage), " ")}
	switch kind := flag.Value.Type(); kind {
	case "bool":
		node.Type = "boolean"
	case "int", "int64", "uint", "uint64":
		node.Type = "integer"
	case "float64":
		node.Type = "number"
	case "duration":
		node.Type, node.Examples = "string", []string{"500ms", "30s", "1h30m"}
	default:
		// A profile is written 2020 or "2020": what it is in YAML does not matter.
		one := &schemaNode{Type: []string{"string", "number"}}
		if values := valuesOf(cmd, flag.Name); values.whole {
			one = &schemaNode{Enum: enumOf(values.list())}
		}
		if _, list := flag.Value.(pflag.SliceValue); list {
			node.AnyOf = []*schemaNode{one, {Type: "array", Items: one}}
		} else {
			node.Type, node.Enum = one.Type, one.Enum
		}
	}
	return node
}

func enumOf(values []string) []any {
	var enum []any
	for _, v := range values {
		enum = append(enum, v)
		var number json.Number
		if json.Unmarshal([]byte(v), &number) == nil {
			enum = append(enum, number)
		}
	}
	return enum
}
