package commandline

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"
)

// WriteManual writes the manual page of cmd in the language of man(7). values
// returns the known values of a flag, or nil.
func WriteManual(w io.Writer, cmd *cobra.Command, values func(cmd *cobra.Command, flag string) []string) {
	name := strings.ReplaceAll(cmd.CommandPath(), " ", "-")
	fmt.Fprintf(w, ".TH %s 1 \"\" \"scrapehook\" \"User Commands\"\n", roffWord(strings.ToUpper(name)))
	fmt.Fprintf(w, ".SH NAME\n%s \\- %s\n", roff(name), roff(cmd.Short))
	fmt.Fprintf(w, ".SH SYNOPSIS\n.B %s\n", roff(cmd.UseLine()))
	about := cmd.Long
	if about == "" {
		about = cmd.Short + "."
	}
	fmt.Fprint(w, ".SH DESCRIPTION\n")
	manualProse(w, about)
	for _, g := range flagGroups(cmd) {
		fmt.Fprintf(w, ".SH %s\n", roffWord(strings.ToUpper(g.title)))
		for _, f := range g.flags {
			fmt.Fprintf(w, ".TP\n.B %s\n%s\n", roff(flagHead(f)), roff(strings.Join(strings.Fields(flagText(f)), " ")))
			if known := values(cmd, f.Name); known != nil {
				fmt.Fprintf(w, ".br\nKnown values: %s.\n", roff(strings.Join(known, ", ")))
			}
		}
	}
	if cmd.Example != "" {
		fmt.Fprintf(w, ".SH EXAMPLES\n.nf\n%s\n.fi\n", roff(cmd.Example))
	}
	var also []string
	cmd.VisitParents(func(parent *cobra.Command) {
		also = append(also, strings.ReplaceAll(parent.CommandPath(), " ", "-")+"(1)")
	})
	for _, child := range cmd.Commands() {
		if child.IsAvailableCommand() {
			also = append(also, strings.ReplaceAll(child.CommandPath(), " ", "-")+"(1)")
		}
	}
	if len(also) > 0 {
		fmt.Fprintf(w, ".SH SEE ALSO\n%s\n", roff(strings.Join(also, ", ")))
	}
}

// manualProse writes paragraphs; lines that begin with spaces stay as they are.
func manualProse(w io.Writer, text string) {
	table := false
	for _, line := range strings.Split(text, "\n") {
		if inTable := strings.HasPrefix(line, " "); inTable != table && line != "" {
			table = inTable
			fmt.Fprintln(w, map[bool]string{true: ".nf", false: ".fi"}[table])
		}
		if line == "" {
			fmt.Fprintln(w, ".PP")
		} else {
			fmt.Fprintln(w, roff(line))
		}
	}
	if table {
		fmt.Fprintln(w, ".fi")
	}
}

// roff escapes text: a backslash, a hyphen that is to stay one, and what would
// be a request at the beginning of a line.
func roff(text string) string {
	text = strings.NewReplacer(`\`, `\e`, "-", `\-`).Replace(text)
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		if strings.HasPrefix(line, ".") || strings.HasPrefix(line, "'") {
			lines[i] = `\&` + line
		}
	}
	return strings.Join(lines, "\n")
}

func roffWord(text string) string { return `"` + strings.ReplaceAll(roff(text), `"`, `\(dq`) + `"` }
