package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"go.yaml.in/yaml/v3"
)

// Every flag of every command can also be set by the environment and by a
// file: flag, then SCRAPEHOOK_* variable, then file, then default.
const (
	envPrefix     = "SCRAPEHOOK_"
	configFlag    = "config"
	configFile    = "scrapehook.yaml" // read when it is there and no other is named
	maxConfigFile = 1 << 20           // bytes
)

func addConfigFlag(root *cobra.Command) {
	root.PersistentFlags().String(configFlag, "",
		"configuration file: a section a command, flags as keys (default ./"+configFile+" if present)")
	root.PersistentPreRunE = applyConfig
}

// applyConfig gives the flags of cmd that the command line does not set the
// values of the environment, or else of the configuration file.
func applyConfig(cmd *cobra.Command, _ []string) error {
	commands := configurable(cmd.Root())
	if commands[sectionOf(cmd)] == nil {
		return nil // help and completion work whatever the configuration is
	}
	warnOfUnknownVariables(cmd.ErrOrStderr(), commands)
	path, source, required := configPath(cmd)
	sections, err := readConfig(path, required, commands)
	if err != nil {
		return usageError("configuration file%s: %w", source, err)
	}
	for _, flag := range settable(cmd) {
		if flag.Changed {
			continue
		}
		// An empty variable is an unset one, as most tools have it.
		if value := os.Getenv(envName(flag)); value != "" {
			if err := set(cmd, flag, []string{value}); err != nil {
				return usageError("%s=%q is refused: %w", envName(flag), value, err)
			}
		} else if entry, ok := sections[sectionOf(cmd)][flag.Name]; ok {
			if err := set(cmd, flag, entry.values); err != nil {
				return usageError("configuration file%s: %s: line %d: %s: %s: %q is refused: %w",
					source, path, entry.line, sectionOf(cmd), flag.Name, strings.Join(entry.values, ", "), err)
			}
		}
	}
	return nil
}

// sectionOf is the name of a command's section: its path without the root.
func sectionOf(cmd *cobra.Command) string {
	_, section, _ := strings.Cut(cmd.CommandPath(), " ")
	return section
}

// configurable returns the commands that have a section, by its name: those
// that do something and are not cobra's own.
func configurable(parent *cobra.Command) map[string]*cobra.Command {
	commands := map[string]*cobra.Command{}
	for _, cmd := range parent.Commands() {
		if cmd.Name() == "help" || cmd.Name() == "completion" || strings.HasPrefix(cmd.Name(), "__") {
			continue
		}
		if cmd.Runnable() {
			commands[sectionOf(cmd)] = cmd
		}
		for section, child := range configurable(cmd) {
			commands[section] = child
		}
	}
	return commands
}

// settable returns the flags of cmd that the environment and the file can set.
func settable(cmd *cobra.Command) []*pflag.Flag {
	var flags []*pflag.Flag
	add := func(f *pflag.Flag) {
		if f.Name != "help" && f.Name != "version" && f.Name != configFlag {
			flags = append(flags, f)
		}
	}
	cmd.LocalFlags().VisitAll(add)
	cmd.InheritedFlags().VisitAll(add)
	return flags
}

func envName(flag *pflag.Flag) string {
	return envPrefix + strings.ToUpper(strings.ReplaceAll(flag.Name, "-", "_"))
}

// set gives flag its values: one by way of its parser, several as the whole
// list of a repeatable flag.
func set(cmd *cobra.Command, flag *pflag.Flag, values []string) error {
	if len(values) != 1 {
		list, ok := flag.Value.(pflag.SliceValue)
		if !ok {
			return errors.New("it takes one value")
		}
		if len(values) == 0 {
			flag.Changed = true
			return list.Replace(nil)
		}
	}
	for _, value := range values { // the first one replaces a list's default
		if err := cmd.Flags().Set(flag.Name, value); err != nil {
			if invalid, ok := errors.AsType[*pflag.InvalidValueError](err); ok {
				return invalid.Unwrap() // without the flag and the value, which the caller names
			}
			return err
		}
	}
	return nil
}

// warnOfUnknownVariables names variables that look like settings and are none.
// It does not refuse them: another program of the user's may have put them there.
func warnOfUnknownVariables(w io.Writer, commands map[string]*cobra.Command) {
	known := []string{envPrefix + strings.ToUpper(configFlag)}
	for _, cmd := range commands {
		for _, flag := range settable(cmd) {
			known = append(known, envName(flag))
		}
	}
	for _, variable := range os.Environ() {
		name, _, _ := strings.Cut(variable, "=")
		if strings.HasPrefix(name, envPrefix) && !slices.Contains(known, name) {
			fmt.Fprintf(w, "scrapehook: warning: %s is the flag of no command and has no effect\n", name)
		}
	}
}

// configPath returns the file to read, who named it (for messages), and
// whether it has to exist.
func configPath(cmd *cobra.Command) (path, source string, required bool) {
	if flag := cmd.Flag(configFlag); flag.Changed {
		return flag.Value.String(), " of --" + configFlag, true
	}
	variable := envPrefix + strings.ToUpper(configFlag)
	if path := os.Getenv(variable); path != "" {
		return path, " of " + variable, true
	}
	return configFile, "", false
}

// settings are the entries of a file by section and key.
type settings map[string]map[string]entry

// entry is the value of one key: several values for a list.
type entry struct {
	values []string
	line   int
}

// readConfig reads the file at path. Its sections and keys must all be those of
// commands.
func readConfig(path string, required bool, commands map[string]*cobra.Command) (settings, error) {
	file, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) && !required {
		return settings{}, nil
	}
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }() // it is only read
	document, err := io.ReadAll(io.LimitReader(file, maxConfigFile+1))
	if err != nil {
		return nil, err
	}
	if len(document) > maxConfigFile {
		return nil, fmt.Errorf("%s: larger than %d bytes", path, maxConfigFile)
	}
	sections, err := parseConfig(document, commands)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return sections, nil
}

func parseConfig(document []byte, commands map[string]*cobra.Command) (settings, error) {
	var root yaml.Node
	if err := yaml.Unmarshal(document, &root); err != nil {
		return nil, err
	}
	if root.Kind == 0 { // nothing but comments
		return settings{}, nil
	}
	top, err := mapping(root.Content[0], "the file")
	if err != nil {
		return nil, err
	}
	sections := settings{}
	for _, section := range top {
		name, node := section.key, section.value
		cmd := commands[name]
		if cmd == nil {
			return nil, fmt.Errorf("line %d: %q is no command; sections are named by commands", node.Line, name)
		}
		keys, err := mapping(node, "section "+name)
		if err != nil {
			return nil, err
		}
		sections[name] = map[string]entry{}
		for _, pair := range keys {
			key, value := pair.key, pair.value
			if !slices.ContainsFunc(settable(cmd), func(f *pflag.Flag) bool { return f.Name == key }) {
				return nil, fmt.Errorf("line %d: %s: %q is no flag of this command", value.Line, name, key)
			}
			values, err := scalars(value)
			if err != nil {
				return nil, fmt.Errorf("line %d: %s: %s: %w", value.Line, name, key, err)
			}
			sections[name][key] = entry{values, value.Line}
		}
	}
	return sections, nil
}

// pair is a key of a YAML mapping and its value.
type pair struct {
	key   string
	value *yaml.Node
}

// mapping returns the pairs of a YAML mapping in their order. An empty one may
// be left out ("send:" and nothing below).
func mapping(node *yaml.Node, what string) ([]pair, error) {
	if node.Kind == yaml.ScalarNode && node.Tag == "!!null" {
		return nil, nil
	}
	if node.Kind != yaml.MappingNode {
		return nil, fmt.Errorf("line %d: %s is no mapping of keys to values", node.Line, what)
	}
	pairs := make([]pair, 0, len(node.Content)/2)
	for i := 0; i+1 < len(node.Content); i += 2 {
		key := node.Content[i]
		if slices.ContainsFunc(pairs, func(p pair) bool { return p.key == key.Value }) {
			return nil, fmt.Errorf("line %d: %s has the key %q twice", key.Line, what, key.Value)
		}
		pairs = append(pairs, pair{key.Value, node.Content[i+1]})
	}
	return pairs, nil
}

// scalars returns the text of a value or of a list's values, as it is written:
// the flag parses it, so 2020 and "2020" are the same.
func scalars(node *yaml.Node) ([]string, error) {
	nodes := []*yaml.Node{node}
	if node.Kind == yaml.SequenceNode {
		nodes = node.Content
	}
	values := make([]string, 0, len(nodes))
	for _, n := range nodes {
		if n.Kind != yaml.ScalarNode || n.Tag == "!!null" {
			return nil, errors.New("is neither a value nor a list of values")
		}
		values = append(values, n.Value)
	}
	return values, nil
}
