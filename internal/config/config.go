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

	"github.com/scrapehook/scrapehook/internal/commandline"
	"github.com/scrapehook/scrapehook/internal/human"
)

const (
	// Flag names the configuration file.
	Flag = "config"
	// File is read when it is there and no other is named.
	File = "scrapehook.yaml"

	// Without is the annotation of a command that takes no configuration, such as
	// one that explains.
	Without = "config.without"

	envPrefix    = "SCRAPEHOOK_"
	fileVariable = envPrefix + "CONFIG"
)

// AddFlag gives root, and so all of its commands, the flag --config.
func AddFlag(root *cobra.Command) {
	root.PersistentFlags().String(Flag, "",
		"configuration `file` (default "+File+", if it is there)")
}

// Setting is the value of a flag, and where it comes from.
type Setting struct {
	Flag   *pflag.Flag
	Origin string // "flag", "default", a variable's name, or the file and the line
}

// Apply sets the flags of cmd that the command line does not set to the values
// of the environment, or else of the configuration file, and names a file that
// it took something from. It warns of variables that look like settings and are
// none, and of those whose meaning depends on the command. Every error is the
// user's to correct.
func Apply(cmd *cobra.Command) error {
	commands := Commands(cmd.Root())
	if commands[section(cmd)] == nil {
		return nil // help and completion work whatever the configuration is
	}
	stderr := cmd.ErrOrStderr()
	warnOfUnknownVariables(stderr, commands)
	path, source, required := filePath(cmd)
	settings, err := resolve(cmd, commands, path, source, required)
	if err != nil {
		return err
	}
	var fromFile []string
	for _, s := range settings {
		if name := s.Flag.Name; s.Origin == GeneralVariable(s.Flag) {
			if warning := ambiguous(commands, cmd, s.Flag); warning != "" {
				fmt.Fprintf(stderr, "scrapehook: warning: %s\n", warning)
			}
		} else if strings.HasPrefix(s.Origin, path+":") {
			fromFile = append(fromFile, "--"+name)
		}
	}
	if len(fromFile) > 0 {
		fmt.Fprintf(stderr, "scrapehook: %s sets %s\n", path, strings.Join(fromFile, ", "))
	}
	return nil
}

// Settings sets the flags of cmd as [Apply] does, and returns them all.
func Settings(cmd *cobra.Command) (settings []Setting, file string, err error) {
	path, source, required := filePath(cmd)
	settings, err = resolve(cmd, Commands(cmd.Root()), path, source, required)
	if _, missing := os.Stat(path); missing != nil {
		path = ""
	}
	return settings, path, err
}

// resolve gives each flag of cmd its value.
func resolve(cmd *cobra.Command, commands map[string]*cobra.Command, path, source string, required bool) ([]Setting, error) {
	sections, err := readFile(path, required, commands)
	if err != nil {
		return nil, fmt.Errorf("configuration file%s: %w", source, err)
	}
	var settings []Setting
	for _, flag := range Flags(cmd) {
		origin, err := value(cmd, flag, sections, path)
		if err != nil {
			if strings.HasPrefix(origin, envPrefix) {
				return nil, err
			}
			return nil, fmt.Errorf("configuration file%s: %w", source, err)
		}
		settings = append(settings, Setting{flag, origin})
	}
	return settings, nil
}

// value gives one flag its value, and returns where from.
func value(cmd *cobra.Command, flag *pflag.Flag, sections settings, path string) (origin string, err error) {
	if flag.Changed {
		return "flag", nil
	}
	// An empty variable is an unset one, as most tools have it.
	for _, name := range []string{Variable(cmd, flag), GeneralVariable(flag)} {
		if value := os.Getenv(name); value != "" {
			if err := set(cmd, flag, []string{value}); err != nil {
				return name, fmt.Errorf("%s=%q is refused: %w", name, value, err)
			}
			return name, nil
		}
	}
	// What a command has from the one above it may stand in the section of either.
	for _, name := range []string{section(cmd), section(owner(cmd, flag))} {
		entry, ok := sections[name][flag.Name]
		if !ok {
			continue
		}
		if err := set(cmd, flag, entry.values); err != nil {
			return path, fmt.Errorf("%s: line %d: %s: %s: %q is refused: %w",
				path, entry.line, name, flag.Name, strings.Join(entry.values, ", "), err)
		}
		return fmt.Sprintf("%s:%d", path, entry.line), nil
	}
	return "default", nil
}

// owner is the command that defines a flag of cmd: itself, or one above it.
func owner(cmd *cobra.Command, flag *pflag.Flag) *cobra.Command {
	for c := cmd; c.HasParent(); c = c.Parent() {
		if c.PersistentFlags().Lookup(flag.Name) == flag {
			return c
		}
	}
	return cmd
}

// ambiguous says why a general variable should not set a flag of cmd: it means
// something else in another command. It is "" where it means one thing only.
func ambiguous(commands map[string]*cobra.Command, cmd *cobra.Command, flag *pflag.Flag) string {
	general, own := GeneralVariable(flag), Variable(cmd, flag)
	var others []string
	for name, other := range commands {
		for _, f := range Flags(other) {
			if f != flag && (f.Name == flag.Name && f.Usage != flag.Usage || Variable(other, f) == general) {
				others = append(others, name)
			}
		}
	}
	if len(others) == 0 {
		return ""
	}
	slices.Sort(others)
	return fmt.Sprintf("%s has another meaning in %s; for %s, use %s", general, human.And(slices.Compact(others)...), section(cmd), own)
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
		if cmd.Annotations[Without] != "" || cmd.Name() == "help" || cmd.Name() == "completion" || strings.HasPrefix(cmd.Name(), "__") {
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

// Variable is the environment variable that sets flag of cmd, and nothing else.
func Variable(cmd *cobra.Command, flag *pflag.Flag) string {
	return envPrefix + upper(section(owner(cmd, flag))) + "_" + upper(flag.Name)
}

// GeneralVariable is the environment variable that sets flag of every command
// that has one of that name.
func GeneralVariable(flag *pflag.Flag) string { return envPrefix + upper(flag.Name) }

func upper(name string) string {
	return strings.ToUpper(strings.NewReplacer("-", "_", " ", "_").Replace(name))
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
				// Without the flag and the value, which the caller names.
				return errors.New(commandline.Wants(flag, value, invalid.Unwrap()))
			}
			return err
		}
	}
	return nil
}

// variables are the names of all environment variables that set something.
func variables(commands map[string]*cobra.Command) []string {
	names := []string{fileVariable}
	for _, cmd := range commands {
		for _, flag := range Flags(cmd) {
			names = append(names, Variable(cmd, flag), GeneralVariable(flag))
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// warnOfUnknownVariables names variables that look like settings and are none.
// It does not refuse them: another program of the user's may have put them there.
func warnOfUnknownVariables(w io.Writer, commands map[string]*cobra.Command) {
	known := variables(commands)
	for _, variable := range os.Environ() {
		name, _, _ := strings.Cut(variable, "=")
		if strings.HasPrefix(name, envPrefix) && !slices.Contains(known, name) {
			fmt.Fprintf(w, "scrapehook: warning: %s sets no flag of any command%s\n", name, commandline.DidYouMean(name, known))
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
