// Package commandline says what people who type commands see of them: help that
// fits their terminal, manual pages, and refusals that name the mistake and the
// way out instead of the parser's words.
package commandline

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/scrapehook/scrapehook/internal/human"
)

// synonyms are words that newcomers try, and the commands that they look for.
var synonyms = map[string]string{
	"test": "conform", "check": "conform", "judge": "conform", "verify": "conform", "validate": "conform", "suite": "conform",
	"simulate": "cloud", "simulator": "cloud", "serve": "cloud", "server": "cloud", "start": "cloud", "run": "cloud", "mock": "cloud",
	"load": "traffic", "bench": "traffic", "benchmark": "traffic", "stress": "traffic",
	"notify": "send", "post": "send", "receiver": "receive", "listen": "receive",
	"data": "records", "rows": "records", "list": "conform --list", "requirements": "conform --list",
}

// Refusal says in plain words why flags were refused, and what to do.
func Refusal(cmd *cobra.Command, err error) error {
	var (
		unknown *pflag.NotExistError
		invalid *pflag.InvalidValueError
		missing *pflag.ValueRequiredError
		syntax  *pflag.InvalidSyntaxError
	)
	switch {
	case errors.As(err, &unknown):
		return unknownFlag(cmd, unknown)
	case errors.As(err, &invalid):
		flag := invalid.GetFlag()
		return fmt.Errorf("--%s %q: %s", flag.Name, invalid.GetValue(), Wants(flag, invalid.GetValue(), invalid.Unwrap()))
	case errors.As(err, &missing):
		return fmt.Errorf("--%s needs a value: %s", missing.GetFlag().Name, usageLine(missing.GetFlag()))
	case errors.As(err, &syntax):
		return fmt.Errorf("%q is not a flag: write --NAME VALUE or --NAME=VALUE", syntax.GetSpecifiedFlag())
	}
	return err
}

func usageLine(flag *pflag.Flag) string {
	_, usage := pflag.UnquoteUsage(flag)
	return strings.Join(strings.Fields(usage), " ")
}

func unknownFlag(cmd *cobra.Command, unknown *pflag.NotExistError) error {
	// The first mistake is the command, when there is none of that name.
	if given := cmd.Flags().Args(); cmd.HasAvailableSubCommands() && len(given) > 0 {
		return unknownCommand(cmd, given[0])
	}
	name := unknown.GetSpecifiedName()
	if short := unknown.GetSpecifiedShortnames(); short != "" {
		if cmd.Flags().Lookup(short) != nil {
			return fmt.Errorf("-%s: long flags have two hyphens: --%s", short, short)
		}
		return fmt.Errorf("there is no flag -%s", name)
	}
	var names, elsewhere []string
	cmd.Flags().VisitAll(func(f *pflag.Flag) { names = append(names, "--"+f.Name) })
	for _, other := range cmd.Root().Commands() {
		if other != cmd && other.Flags().Lookup(name) != nil {
			elsewhere = append(elsewhere, nameOf(other))
		}
	}
	who := nameOf(cmd)
	if who == "" {
		return fmt.Errorf("--%s is not a flag of scrapehook itself: write it behind the command, as in 'scrapehook send --%s …'", name, name)
	}
	if len(elsewhere) > 0 {
		return fmt.Errorf("%s has no flag --%s; it is a flag of %s", who, name, human.And(elsewhere...))
	}
	return fmt.Errorf("%s has no flag --%s%s", who, name, DidYouMean("--"+name, names))
}

// nameOf is how a message that scrapehook signs calls cmd.
func nameOf(cmd *cobra.Command) string {
	if !cmd.HasParent() {
		return ""
	}
	_, name, _ := strings.Cut(cmd.CommandPath(), " ")
	return name
}

func unknownCommand(cmd *cobra.Command, word string) error {
	var names []string
	for _, child := range cmd.Commands() {
		if child.IsAvailableCommand() {
			names = append(names, child.Name())
		}
	}
	near := Nearest(word, names)
	if meant, ok := synonyms[strings.ToLower(word)]; ok && !cmd.HasParent() {
		near = meant
	}
	if near != "" {
		return fmt.Errorf("%q is not a command: did you mean '%s %s'?", word, cmd.CommandPath(), near)
	}
	return fmt.Errorf("%q is not a command: %s has %s", word, cmd.CommandPath(), human.And(names...))
}

// Wants says what a flag takes, to somebody who gave it value. The parser's own
// reason is used where it says more than that it could not parse.
func Wants(flag *pflag.Flag, value string, cause error) string {
	number := func(what string) string {
		if errors.Is(cause, strconv.ErrRange) {
			return "the number is too large or too small"
		}
		return "it must be " + what
	}
	switch flag.Value.Type() {
	case "int", "int32", "int64":
		return number("a whole number, such as 10")
	case "uint", "uint32", "uint64":
		return number("a whole number, 0 or more")
	case "float64":
		return number("a number, such as 2 or 0.5")
	case "bool":
		return fmt.Sprintf("it must be true or false, or --%s alone, which is true", flag.Name)
	case "duration":
		return wantsDuration(value)
	}
	return cause.Error()
}

func wantsDuration(value string) string {
	if n, err := strconv.ParseFloat(value, 64); err == nil && !math.IsInf(n, 0) && !math.IsNaN(n) {
		return fmt.Sprintf("a time needs a unit: %ss for seconds, %sms for milliseconds", value, value)
	}
	if days, found := strings.CutSuffix(value, "d"); found {
		if n, err := strconv.ParseInt(days, 10, 32); err == nil {
			return fmt.Sprintf("the largest unit of a time is h: write %dh", n*24)
		}
	}
	if spaceless := strings.ReplaceAll(value, " ", ""); spaceless != value {
		if _, err := time.ParseDuration(spaceless); err == nil {
			return "a time has no spaces: write " + spaceless
		}
	}
	return "it must be a time with its unit, such as 500ms, 30s or 1h30m"
}
