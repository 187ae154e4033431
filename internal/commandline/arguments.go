package commandline

import (
	"fmt"
	"net"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/scrapehook/scrapehook/internal/human"
)

// Polish gives cmd and all below it the manners of this package: help, refused
// flags and refused arguments.
func Polish(root *cobra.Command) {
	root.SetHelpFunc(func(cmd *cobra.Command, _ []string) { WriteHelp(cmd.OutOrStdout(), cmd) })
	root.SetUsageFunc(func(cmd *cobra.Command) error { WriteHelp(cmd.OutOrStdout(), cmd); return nil })
	root.SetFlagErrorFunc(Refusal)
	polishArguments(root)
}

func polishArguments(cmd *cobra.Command) {
	if accepts := cmd.Args; accepts != nil {
		cmd.Args = func(cmd *cobra.Command, args []string) error {
			if cmd.HasAvailableSubCommands() && len(args) > 0 && accepts(cmd, args[:1]) != nil {
				return unknownCommand(cmd, args[0])
			}
			if accepts(cmd, args) != nil {
				return wrongArguments(cmd, args)
			}
			return nil
		}
	}
	for _, child := range cmd.Commands() {
		polishArguments(child)
	}
}

// argumentsOf reads from the first line of a command's usage which arguments it
// needs and which it may have: what is in brackets may be left out, and what
// ends in ... may be repeated.
func argumentsOf(cmd *cobra.Command) (needed, all []string) {
	for _, word := range strings.Fields(cmd.Use)[1:] {
		name := strings.Trim(word, "[]")
		if name == "flags" || name == "--" {
			continue
		}
		if strings.HasPrefix(word, "-") || word == "|" {
			break
		}
		all = append(all, strings.TrimSuffix(name, "..."))
		if word[0] != '[' {
			needed = append(needed, strings.TrimSuffix(name, "..."))
		}
	}
	return needed, all
}

// wrongArguments says which argument is missing, or which is one too many.
func wrongArguments(cmd *cobra.Command, args []string) error {
	needed, all := argumentsOf(cmd)
	usage := strings.TrimSuffix(cmd.UseLine(), " [flags]")
	switch {
	case len(args) < len(needed):
		missing, are := needed[len(args):], "is"
		if len(missing) > 1 {
			are = "are"
		}
		return fmt.Errorf("%s %s missing: %s", human.And(missing...), are, usage)
	case len(all) == 0:
		return fmt.Errorf("%s takes no arguments, so it can't use %q", nameOf(cmd), args[0])
	}
	return fmt.Errorf("%q is one argument too many: %s", args[min(len(all), len(args)-1)], usage)
}

// CheckAddresses refuses URLs without a scheme and addresses that are not
// HOST:PORT, in arguments and flags that are set, and says how they are written.
func CheckAddresses(cmd *cobra.Command, args []string) error {
	_, names := argumentsOf(cmd)
	for i, arg := range args {
		if i < len(names) && names[i] == "URL" {
			if err := checkURL(arg); err != nil {
				return err
			}
		}
	}
	var failed error
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		what, _ := pflag.UnquoteUsage(f)
		check := map[string]func(string) error{"URL": checkURL, "address": checkAddress}[what]
		if check == nil || !f.Changed || failed != nil {
			return
		}
		values := []string{f.Value.String()}
		if list, ok := f.Value.(pflag.SliceValue); ok {
			values = list.GetSlice()
		}
		for _, value := range values {
			if err := check(value); err != nil {
				failed = fmt.Errorf("--%s %w", f.Name, err)
				return
			}
		}
	})
	return failed
}

func checkURL(raw string) error {
	switch {
	case raw == "":
		return fmt.Errorf("the URL is empty: write it like http://127.0.0.1:8080/webhook")
	case strings.Contains(raw, "://"):
		return nil // who uses it knows more of it
	}
	address := strings.TrimPrefix(raw, "//")
	host, _, _ := strings.Cut(address, "/")
	if strings.HasPrefix(address, ":") || isPort(host) {
		return fmt.Errorf("%q has no host: did you mean http://127.0.0.1:%s?", raw, strings.TrimPrefix(address, ":"))
	}
	return fmt.Errorf("%q has no scheme: did you mean %s://%s?", raw, schemeFor(host), address)
}

func checkAddress(address string) error {
	if address == "" {
		return nil // some flags take it for a default
	}
	_, port, err := net.SplitHostPort(address)
	if err == nil && isPort(port) {
		return nil
	}
	if err == nil {
		if _, known := net.LookupPort("tcp", port); known == nil { //nolint:noctx // a name from a local file
			return nil
		}
	}
	if isPort(address) {
		return fmt.Errorf("%q: use HOST:PORT; did you mean 127.0.0.1:%s?", address, address)
	}
	return fmt.Errorf("%q: use HOST:PORT, such as 127.0.0.1:8080; a port is a number up to 65535", address)
}

func isPort(host string) bool {
	_, err := strconv.ParseUint(host, 10, 16)
	return err == nil
}

// schemeFor is https for hosts that look like those of the internet.
func schemeFor(host string) string {
	name, port, err := net.SplitHostPort(host)
	if err != nil {
		name, port = host, ""
	}
	if port == "443" || port == "8443" {
		return "https"
	}
	if port != "" || !strings.Contains(name, ".") || net.ParseIP(name) != nil {
		return "http"
	}
	return "https"
}
