// Package config gives the flags of a command line their values: those of the
// command line take precedence over environment variables, these over the
// configuration file, and the file over the defaults.
package config

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

const (
	// Flag names the configuration file.
	Flag = "config"
	// File is read when it is there and no other is named.
	File = "scrapehook.yaml"

	envPrefix    = "SCRAPEHOOK_"
	fileVariable = envPrefix + "CONFIG"
)

// AddFlag gives root, and so all of its commands, the flag --config.
func AddFlag(root *cobra.Command) {
	root.PersistentFlags().String(Flag, "",
		"configuration file: a section a command, flags as keys (default ./"+File+" if present)")
}

// Apply sets the flags of cmd that the command line does not set to the values
// of the environment, or else of the configuration file. It warns of variables
// that look like settings and are none. Every error is the user's to correct.
func Apply(cmd *cobra.Command) error {
	commands := Commands(cmd.Root())
	if commands[section(cmd)] == nil {
		return nil // help and completion work whatever the configuration is
	}
	warnOfUnknownVariables(cmd.ErrOrStderr(), commands)
	path, source, required := filePath(cmd)
	sections, err := readFile(path, required, commands)
	if err != nil {
		return fmt.Errorf("configuration file%s: %w", source, err)
	}
	for _, flag := range Flags(cmd) {
		if flag.Changed {
			continue
		}
		// An empty variable is an unset one, as most tools have it.
		if value := os.Getenv(Variable(flag)); value != "" {
			if err := set(cmd, flag, []string{value}); err != nil {
				return fmt.Errorf("%s=%q is refused: %w", Variable(flag), value, err)
			}
		} else if entry, ok := sections[section(cmd)][flag.Name]; ok {
			if err := set(cmd, flag, entry.values); err != nil {
				return fmt.Errorf("configuration file%s: %s: line %d: %s: %s: %q is refused: %w",
					source, path, entry.line, section(cmd), flag.Name, strings.Join(entry.values, ", "), err)
			}
		}
	}
	return nil
}

// section is the name of a command's section in the file: its path without the
// root.
func section(cmd *cobra.Command) string {
	_, name, _ := strings.Cut(cmd.CommandPath(), " ")
	return name
}

// Commands returns the commands that have a section, by its name: those that do
// something and are not cobra's own.
func Commands(parent *cobra.Command) map[string]*cobra.Command {
	commands := map[string]*cobra.Command{}
	for _, cmd := range parent.Commands() {
		if cmd.Name() == "help" || cmd.Name() == "completion" || strings.HasPrefix(cmd.Name(), "__") {
			continue
		}
		if cmd.Runnable() {
			commands[section(cmd)] = cmd
		}
		for name, child := range Commands(cmd) {
			commands[name] = child
		}
	}
	return commands
}

// Flags returns the flags of cmd that the environment and the file can set.
func Flags(cmd *cobra.Command) []*pflag.Flag {
	var flags []*pflag.Flag
	add := func(f *pflag.Flag) {
		if f.Name != "help" && f.Name != "version" && f.Name != Flag {
			flags = append(flags, f)
		}
	}
	cmd.LocalFlags().VisitAll(add)
	cmd.InheritedFlags().VisitAll(add)
	return flags
}

// Variable is the environment variable that sets flag.
func Variable(flag *pflag.Flag) string {
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
	known := []string{fileVariable}
	for _, cmd := range commands {
		for _, flag := range Flags(cmd) {
			known = append(known, Variable(flag))
		}
	}
	for _, variable := range os.Environ() {
		name, _, _ := strings.Cut(variable, "=")
		if strings.HasPrefix(name, envPrefix) && !slices.Contains(known, name) {
			fmt.Fprintf(w, "scrapehook: warning: %s is not a flag of any command and has no effect\n", name)
		}
	}
}

// filePath returns the file to read, who named it (for messages), and whether
// it has to exist.
func filePath(cmd *cobra.Command) (path, source string, required bool) {
	if flag := cmd.Flag(Flag); flag.Changed {
		return flag.Value.String(), " of --" + Flag, true
	}
	if path := os.Getenv(fileVariable); path != "" {
		return path, " of " + fileVariable, true
	}
	return File, "", false
}
