package main

import (
	"errors"
	"net"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/scrapehook/scrapehook/internal/listeners"
	"github.com/scrapehook/scrapehook/internal/oserr"
)

// portAdvice says, of an error about an address that is in use, who uses it and
// which flag of cmd chooses another. It is "" for other errors.
func portAdvice(cmd *cobra.Command, err error) string {
	var network *net.OpError
	if !errors.As(err, &network) || !oserr.IsInUse(err) || network.Addr == nil {
		return ""
	}
	advice := "stop it, or"
	if who := listeners.On(network.Addr.String()); who != "" {
		advice = who + " listens there: stop it, or"
	}
	if flag := addressFlag(cmd, network.Addr.String()); flag != "" {
		return advice + " choose another port with --" + flag + " (port 0 picks a free one)"
	}
	return advice + " choose another port"
}

// addressFlag is the flag of cmd that the address comes from.
func addressFlag(cmd *cobra.Command, address string) (name string) {
	_, port, _ := net.SplitHostPort(address)
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		value := f.Value.String()
		if what, _ := pflag.UnquoteUsage(f); what == "address" && (value == "" || strings.HasSuffix(value, ":"+port)) {
			// A flag with this very port is surer than one that was left alone.
			if name == "" || value != "" {
				name = f.Name
			}
		}
	})
	return name
}
