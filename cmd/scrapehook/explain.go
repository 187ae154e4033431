package main

import (
	"encoding/json"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/scrapehook/scrapehook/cmd/scrapehook/internal/explain"
	"github.com/scrapehook/scrapehook/internal/commandline"
	"github.com/scrapehook/scrapehook/internal/config"
)

func newExplainCmd() *cobra.Command {
	var output string
	cmd := &cobra.Command{
		Use:   "explain [TOPIC]...",
		Short: "Explain a requirement, an exit code, a verdict or a message",
		Long: `Explain what a word, a number or a message means, why it matters, and what to do.

TOPIC is a requirement (IDEM-01, or IDEM for all of its group), an exit code, a
verdict, how an attempt ended, a status, a profile, or some words of a message.
Without a topic, all are listed.

Exit codes: 0 explained, 2 there is nothing of that name.`,
		Example: `  scrapehook explain IDEM-01
  scrapehook explain 4
  scrapehook explain timeout
  scrapehook explain did not call the simulated API`,
		Annotations:       map[string]string{config.Without: "it explains"},
		ValidArgsFunction: cobra.FixedCompletions(explain.IDs(), cobra.ShellCompDirectiveNoFileComp),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := checkOutput(output); err != nil {
				return err
			}
			topics := explain.All()
			if len(args) > 0 {
				var err error
				if topics, err = explained(args); err != nil {
					return err
				}
			}
			if output == "json" {
				return writeJSON(cmd.OutOrStdout(), topics)
			}
			if len(args) == 0 {
				explain.WriteList(cmd.OutOrStdout(), topics, commandline.Width(cmd.OutOrStdout()))
				return nil
			}
			explain.Write(cmd.OutOrStdout(), topics, commandline.Width(cmd.OutOrStdout()))
			return nil
		},
	}
	cmd.Flags().StringVarP(&output, "output", "o", "text", "text, or json")
	return cmd
}

// explained finds the topics that the words name: all of them together, as a
// message does, or else each of them.
func explained(words []string) ([]explain.Topic, error) {
	together := strings.Join(words, " ")
	topics, _ := explain.Find(together)
	if len(topics) > 0 {
		return topics, nil
	}
	for _, word := range words {
		found, near := explain.Find(word)
		switch {
		case len(found) == 0 && near != "":
			return nil, usageError("there is nothing to explain by the name %q: did you mean %s?", word, near)
		case len(found) == 0:
			return nil, usageError("there is nothing to explain by the name %q: 'scrapehook explain' lists all", word)
		}
		topics = append(topics, found...)
	}
	return topics, nil
}

func checkOutput(output string) error {
	if output != "text" && output != "json" {
		return usageError("--output %q: use text or json", output)
	}
	return nil
}

func writeJSON(w io.Writer, document any) error {
	out := json.NewEncoder(w)
	out.SetEscapeHTML(false)
	out.SetIndent("", "  ")
	if err := out.Encode(document); err != nil {
		return harnessError("writing: %w", err)
	}
	return nil
}
