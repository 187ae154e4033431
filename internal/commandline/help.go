package commandline

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/scrapehook/scrapehook/internal/term"
)

// Group is some flags of a command under a title.
type Group struct {
	Title string
	Flags []string
}

const groupsOf = "commandline.groups" // the annotation's key

// GroupFlags says under which titles cmd's help shows its flags. What no group
// names comes last.
func GroupFlags(cmd *cobra.Command, groups ...Group) {
	for i, g := range groups {
		for j, name := range g.Flags {
			flag := cmd.Flags().Lookup(name)
			if flag == nil {
				flag = cmd.PersistentFlags().Lookup(name)
			}
			if flag == nil {
				panic(fmt.Sprintf("%s: a group names --%s, which is not a flag", cmd.Name(), name))
			}
			if flag.Annotations == nil {
				flag.Annotations = map[string][]string{}
			}
			flag.Annotations[groupsOf] = []string{fmt.Sprintf("%03d", i), g.Title, fmt.Sprintf("%03d", j)}
		}
	}
}

// WriteHelp writes what cmd is and does, at the width of w's terminal.
func WriteHelp(w io.Writer, cmd *cobra.Command) {
	fmt.Fprintln(w, strings.Join(helpLines(cmd, Width(w)), "\n"))
}

// Width is how many columns text for w should have.
func Width(w io.Writer) int {
	if columns, _ := term.Size(w); columns > 0 {
		return max(narrowest, min(widest, columns))
	}
	return widest
}

func helpLines(cmd *cobra.Command, width int) []string {
	about := cmd.Long
	if about == "" {
		about = cmd.Short + "."
	}
	lines := append(Reflow(about, width), "", "Usage:")
	if cmd.Runnable() && cmd.HasParent() {
		lines = append(lines, Hang("  "+cmd.UseLine(), width)...)
	}
	if cmd.HasAvailableSubCommands() {
		lines = append(lines, "  "+cmd.CommandPath()+" COMMAND [flags]")
	}
	if cmd.Example != "" {
		lines = append(lines, "", "Examples:")
		for _, line := range strings.Split(cmd.Example, "\n") {
			lines = append(lines, shellLines(line, width)...)
		}
	}
	lines = append(lines, commandLines(cmd, width)...)
	for _, g := range flagGroups(cmd) {
		lines = append(lines, "", g.title+":")
		lines = append(lines, flagLines(g.flags, width)...)
	}
	if cmd.HasAvailableSubCommands() {
		lines = append(lines, "")
		lines = append(lines, wrap("'"+cmd.CommandPath()+" COMMAND --help' says more of a command.", width)...)
	}
	return lines
}

// shellLines breaks a command line as a shell lets it be broken: before a flag,
// so that its value stays with it, or else at any space outside of quotes.
func shellLines(line string, width int) []string {
	if columns(line) <= width || strings.HasPrefix(strings.TrimSpace(line), "#") {
		return Hang(line, width)
	}
	const end = ` \`
	var lines []string
	current := " "
	add := func(piece string) {
		if columns(current)+1+columns(piece)+len(end) > width && strings.TrimSpace(current) != "" {
			lines = append(lines, current+end)
			current = "   "
		}
		current += " " + piece
	}
	for _, piece := range shellPieces(line) {
		if len("    ")+columns(piece)+len(end) <= width {
			add(piece)
			continue
		}
		for _, word := range shellWords(piece) {
			add(word)
		}
	}
	return append(lines, current)
}

// shellPieces are the words of a command line, each flag with its value.
func shellPieces(line string) []string {
	var pieces []string
	for _, word := range shellWords(line) {
		last := len(pieces) - 1
		if last >= 0 && strings.HasPrefix(pieces[last], "--") && !strings.Contains(pieces[last], " ") && !strings.HasPrefix(word, "-") {
			pieces[last] += " " + word
		} else {
			pieces = append(pieces, word)
		}
	}
	return pieces
}

// shellWords splits at spaces outside of quotes, and keeps the quotes.
func shellWords(line string) []string {
	quote := rune(0)
	return strings.FieldsFunc(line, func(r rune) bool {
		switch {
		case quote != 0:
			if r == quote {
				quote = 0
			}
			return false
		case r == '\'' || r == '"':
			quote = r
			return false
		}
		return r == ' '
	})
}

func commandLines(cmd *cobra.Command, width int) []string {
	var lines []string
	groups := append(slices.Clone(cmd.Groups()), &cobra.Group{Title: "Commands:"})
	for i, g := range groups {
		var children []*cobra.Command
		for _, child := range cmd.Commands() {
			if child.IsAvailableCommand() && child.GroupID == g.ID {
				children = append(children, child)
			}
		}
		if len(children) == 0 {
			continue
		}
		if i == len(groups)-1 && i > 0 {
			g.Title = "More commands:"
		}
		lines = append(lines, "", g.Title)
		for _, child := range children {
			lines = append(lines, Hang(fmt.Sprintf("  %-*s  %s", cmd.NamePadding(), child.Name(), child.Short), width)...)
		}
	}
	return lines
}

type flagGroup struct {
	order, title string
	flags        []*pflag.Flag
}

// flagGroups returns the flags of cmd by their groups; those of every command are
// the last.
func flagGroups(cmd *cobra.Command) []flagGroup {
	var groups []flagGroup
	add := func(order, title string, f *pflag.Flag) {
		if f.Hidden {
			return
		}
		for i := range groups {
			if groups[i].title == title {
				groups[i].flags = append(groups[i].flags, f)
				return
			}
		}
		groups = append(groups, flagGroup{order, title, []*pflag.Flag{f}})
	}
	grouped := false
	cmd.Flags().VisitAll(func(f *pflag.Flag) { grouped = grouped || f.Annotations[groupsOf] != nil })
	visit := func(f *pflag.Flag) {
		switch in := f.Annotations[groupsOf]; {
		case in != nil:
			add(in[0], in[1], f)
		case f.Name == "help" || cmd.InheritedFlags().Lookup(f.Name) != nil || !cmd.HasParent():
			add("z", "General flags", f)
		case grouped:
			add("y", "Other flags", f)
		default:
			add("y", "Flags", f)
		}
	}
	cmd.LocalFlags().VisitAll(visit)
	cmd.InheritedFlags().VisitAll(visit)
	slices.SortStableFunc(groups, func(a, b flagGroup) int { return strings.Compare(a.order, b.order) })
	for _, g := range groups {
		slices.SortStableFunc(g.flags, func(a, b *pflag.Flag) int { return strings.Compare(placeOf(a), placeOf(b)) })
	}
	return groups
}

// placeOf is the place of a flag in its group, if it has one.
func placeOf(f *pflag.Flag) string {
	if in := f.Annotations[groupsOf]; in != nil {
		return in[2]
	}
	return ""
}

func flagLines(flags []*pflag.Flag, width int) []string {
	const most = 28 // columns of a flag with its value, before what it means
	heads := make([]string, len(flags))
	column := 0
	for i, f := range flags {
		heads[i] = flagHead(f)
		if n := columns(heads[i]); n <= most {
			column = max(column, n)
		}
	}
	if column = max(column, 16); width < 60 {
		column = width // a line of its own for the flag
	}
	var lines []string
	for i, f := range flags {
		text := flagText(f)
		if column == width || columns(heads[i]) > column {
			indent := 8
			if column < width {
				indent = column + 4
			}
			lines = append(lines, "  "+heads[i])
			for _, line := range wrap(text, width-indent) {
				lines = append(lines, strings.Repeat(" ", indent)+line)
			}
			continue
		}
		for j, line := range wrap(text, width-column-4) {
			head := ""
			if j == 0 {
				head = heads[i]
			}
			lines = append(lines, fmt.Sprintf("  %-*s  %s", column, head, line))
		}
	}
	return lines
}

func flagHead(f *pflag.Flag) string {
	head := "--" + f.Name
	if f.Shorthand != "" {
		head = "-" + f.Shorthand + ", " + head
	}
	if what := valueName(f); what != "" {
		head += " " + what
	}
	return head
}

// valueName is what the usage of f calls its value, in the same letters as the
// arguments of commands.
func valueName(f *pflag.Flag) string {
	what, _ := pflag.UnquoteUsage(f)
	switch what {
	case "":
		return ""
	case "int", "uint", "float":
		return "N"
	case "duration":
		return "TIME"
	case "string":
		return "VALUE"
	case "strings", "stringArray":
		return "VALUE"
	}
	if strings.ContainsAny(what, "=[/") {
		return what
	}
	return strings.ToUpper(what)
}

// flagText is what f means, with its default where that is not plain.
func flagText(f *pflag.Flag) string {
	_, usage := pflag.UnquoteUsage(f)
	switch f.DefValue {
	case "", "[]", "0", "0s", "false":
		return usage
	}
	if strings.Contains(usage, "(default") {
		return usage
	}
	return usage + " (default " + f.DefValue + ")"
}
