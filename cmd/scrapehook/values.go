package main

import (
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/scrapehook/scrapehook/internal/config"
	"github.com/scrapehook/scrapehook/internal/fault"
	"github.com/scrapehook/scrapehook/internal/records"
	"github.com/scrapehook/scrapehook/internal/sitemaps"
	"github.com/scrapehook/scrapehook/internal/traffic/plan"
	"github.com/scrapehook/scrapehook/receiver"
	filesink "github.com/scrapehook/scrapehook/receiver/sink"
	"github.com/scrapehook/scrapehook/scenarios"
	"github.com/scrapehook/scrapehook/scenarios/catalogue"
	"github.com/scrapehook/scrapehook/webhook"
)

// flagValues are what a flag can be set to, for completion, manual pages and the
// schema of the file.
type flagValues struct {
	list  func() []string
	whole bool // a value is one of the list; else the list only helps to begin
	bare  bool // what follows a value's beginning is typed without a space
}

// valuesOf returns the known values of a flag of cmd; list is nil if there are
// none.
func valuesOf(cmd *cobra.Command, flag string) flagValues {
	name := cmd.Name()
	if name == "exec" {
		name = "cloud" // whose flags it has
	}
	own, ok := commandValues[name+" --"+flag]
	if !ok {
		own = commonValues[flag]
	}
	return own
}

func choices(values ...string) func() []string { return func() []string { return values } }

func texts[S ~string](values func() []S) func() []string {
	return func() []string {
		var list []string
		for _, v := range values() {
			list = append(list, string(v))
		}
		return list
	}
}

// commonValues are those of flags that mean the same wherever they are.
var commonValues = map[string]flagValues{
	"profile":   {list: webhook.ProfileNames, whole: true},
	"output":    {list: choices("text", "json"), whole: true},
	"script":    {list: records.Scripts},
	"currency":  {list: records.Currencies, whole: true},
	"dates":     {list: records.DateStyles, whole: true},
	"extension": {list: choices(string(sitemaps.Extension175), string(sitemaps.Extension1107)), whole: true},
	"transport": {list: choices("auto", "epoll", "fast", "nethttp"), whole: true},
}

// commandValues are those of a command's own flags.
var commandValues = map[string]flagValues{
	"conform --filter":      {list: requirementNames, bare: true},
	"conform --unsupported": {list: func() []string { return assigned(requirementIDs()) }, bare: true},
	"conform --probe":       {list: probeNames, bare: true},
	"conform --token":       {list: choices("query:", "header:", "path:"), bare: true},
	"conform --rerun":       {list: choices("failed"), whole: true},
	"send --status":         {list: texts(webhook.EndStatuses), whole: true},
	"traffic --status":      {list: func() []string { return assigned(texts(webhook.EndStatuses)()) }, bare: true},
	"traffic --rate":        {list: choices("10/s", "100/s", "1000/s", "max")},
	"traffic --arrivals":    {list: func() []string { return listed(plan.ArrivalNames) }, bare: true},
	"traffic --mix":         {list: func() []string { return assigned(listed(plan.SpecialNames)) }, bare: true},
	"traffic --dry-run":     {list: func() []string { return plan.Formats }, whole: true},
	"replay --only":         {list: choices("status=", "job=", "reason=", "code="), bare: true},
	"cloud --outcome":       {list: func() []string { return assigned(texts(webhook.EndStatuses)()) }, bare: true},
	"cloud --fault":         {list: texts(fault.All), bare: true},
	"cloud --sender-fault":  {list: texts(fault.SenderKinds), bare: true},
	"cloud --pages":         {list: choices("empty=", "failed=", "full="), bare: true},
	"cloud --rate-limit":    {list: choices("200/15m")},
	"receive --role":        {list: choices(string(receiver.RoleAll), string(receiver.RoleReceive), string(receiver.RoleImport)), whole: true},
	"receive --sink-format": {list: choices(string(filesink.JSONLines), string(filesink.CSV)), whole: true},
	"receive --sink":        {list: choices("dir:"), bare: true},
	"receive --log-level":   {list: choices("debug", "info", "warn", "error"), whole: true},
	"records --format":      {list: choices("json", "csv", "xlsx"), whole: true},
	"records --output":      {},
}

// assigned are the beginnings of NAME=VALUE.
func assigned(values []string) []string {
	list := make([]string, len(values))
	for i, v := range values {
		list[i] = v + "="
	}
	return list
}

// listed are the words of a list such as "constant, burst[:JOBS], trace:FILE",
// without what may follow them.
func listed(text string) []string {
	words := strings.Split(text, ", ")
	for i, word := range words {
		word, _, _ = strings.Cut(word, "[")
		if name, _, needed := strings.Cut(word, ":"); needed {
			word = name + ":"
		}
		words[i] = word
	}
	return words
}

func requirementIDs() []string {
	var ids []string
	for _, s := range catalogue.All() {
		ids = append(ids, s.ID)
	}
	return ids
}

// requirementNames are what --filter takes: levels, groups and IDs.
func requirementNames() []string {
	names := []string{string(scenarios.Must), string(scenarios.Should)}
	for _, s := range catalogue.All() {
		if !slices.Contains(names, s.Group()) {
			names = append(names, s.Group())
		}
	}
	return append(names, requirementIDs()...)
}

func probeNames() []string {
	var names []string
	for _, k := range probeKinds() {
		if k.Argument == "" {
			names = append(names, k.Name)
		} else {
			names = append(names, k.Name+":")
		}
	}
	return names
}

// completeValues has shells complete the values of flags.
func completeValues(root *cobra.Command) {
	for _, cmd := range config.Commands(root) {
		cmd.Flags().VisitAll(func(f *pflag.Flag) {
			values := valuesOf(cmd, f.Name)
			if values.list == nil {
				return
			}
			directive := cobra.ShellCompDirectiveNoFileComp
			if values.bare {
				directive |= cobra.ShellCompDirectiveNoSpace
			}
			_ = cmd.RegisterFlagCompletionFunc(f.Name, cobra.FixedCompletions(values.list(), directive)) // only fails without the flag
		})
	}
}
