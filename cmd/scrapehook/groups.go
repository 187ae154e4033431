package main

import (
	"github.com/spf13/cobra"

	"github.com/scrapehook/scrapehook/internal/commandline"
)

// groupFlags orders the flags of the commands that have many. What no group
// names is shown as other flags.
func groupFlags(root *cobra.Command) {
	data := commandline.Group{Title: "What rows look like", Flags: []string{"missing", "script", "currency", "dates", "raw-unicode", "extension"}}
	sending := commandline.Group{Title: "How it is sent", Flags: []string{"connections", "transport", "profile", "allow-remote", "insecure", "ca"}}
	cloud := []commandline.Group{
		{Title: "Who is notified, and how", Flags: []string{"endpoint", "profile", "max-attempts", "concurrency", "max-pending", "insecure", "ca", "record"}},
		{Title: "The API", Flags: []string{"listen", "token", "tls", "tls-ca", "rate-limit", "allow-remote", "allow-remote-control", "allow-host"}},
		{Title: "Jobs and time", Flags: []string{"job-time", "rows", "outcome", "seed", "time-scale", "state"}},
		{Title: "What goes wrong", Flags: []string{"fault", "sender-fault", "pages"}},
		{Title: "Data of your own", Flags: []string{"sitemap", "records"}},
		data,
	}
	groups := map[string][]commandline.Group{
		"cloud": cloud,
		"exec":  cloud,
		"conform": {
			{Title: "Your receiver", Flags: []string{"run", "token", "insecure", "ca", "start-timeout", "kill-cmd", "start-cmd", "unsupported", "known-failing"}},
			{Title: "How imported rows are seen", Flags: []string{"probe", "probe-job-field", "probe-query", "probe-map"}},
			{Title: "What is played", Flags: []string{"filter", "list", "check", "profile", "fast", "seed", "burst", "allow-remote", "sitemap", "records", "sitemap-name", "fail-fast", "max-fail", "watch", "rerun", "sent"}},
			{Title: "The simulated API", Flags: []string{"api-listen", "api-url", "api-token", "api-tls", "api-tls-ca"}},
			{Title: "How long it waits", Flags: []string{"effect-timeout", "retry-timeout", "concurrency"}},
			{Title: "The report", Flags: []string{"output", "html", "json", "junit", "markdown", "badge", "compare", "record", "allow-partial"}},
		},
		"receive": {
			{Title: "The endpoint", Flags: []string{"listen", "path", "token", "signature-key", "tls-cert", "tls-key", "queue", "drain"}},
			{Title: "The cloud's API", Flags: []string{"api-url", "api-token", "delete-after-import", "import-failed", "workers"}},
			{Title: "Where things are kept", Flags: []string{"store", "wait-for-store", "sink", "sink-format", "spool-dir", "retain", "role", "lease"}},
			{Title: "Limits", Flags: []string{"max-download", "max-row", "min-download-rate"}},
		},
		"traffic": {
			{Title: "How much, and when", Flags: []string{"rate", "duration", "jobs", "arrivals", "warmup", "start-at", "shard", "seed", "dry-run"}},
			{Title: "What is sent", Flags: []string{"status", "mix", "custom-ids", "sitemaps", "late-after", "continue-after", "attempts", "resend-delay"}},
			sending,
			{Title: "A cloud to import from", Flags: []string{"cloud", "cloud-token", "rows", "linger", "sitemap", "records"}},
			data,
		},
		"records": {
			{Title: "What is printed", Flags: []string{"format", "output", "rows", "job", "seed"}},
			data,
		},
		"replay": {{Title: "What is sent", Flags: []string{"only", "fresh-ids", "speed"}}, sending},
	}
	for _, cmd := range root.Commands() {
		commandline.GroupFlags(cmd, groups[cmd.Name()]...)
	}
}
