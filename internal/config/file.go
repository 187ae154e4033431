package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"go.yaml.in/yaml/v3"

	"github.com/scrapehook/scrapehook/internal/commandline"
)

const maxFile = 1 << 20 // bytes

// settings are the entries of a file by section and key.
type settings map[string]map[string]entry

// entry is the value of one key: several values for a list.
type entry struct {
	values []string
	line   int
}

// readFile reads the file at path. Its sections and keys must all be those of
// commands.
func readFile(path string, required bool, commands map[string]*cobra.Command) (settings, error) {
	file, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) && !required {
		return settings{}, nil
	}
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }() // it is only read
	document, err := io.ReadAll(io.LimitReader(file, maxFile+1))
	if err != nil {
		return nil, err
	}
	if len(document) > maxFile {
		return nil, fmt.Errorf("%s: larger than %d bytes", path, maxFile)
	}
	sections, err := parse(document, commands)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return sections, nil
}

func parse(document []byte, commands map[string]*cobra.Command) (settings, error) {
	decoder := yaml.NewDecoder(bytes.NewReader(document))
	var root, second yaml.Node
	if err := decoder.Decode(&root); errors.Is(err, io.EOF) {
		return settings{}, nil // nothing but comments
	} else if err != nil {
		return nil, err
	}
	if err := decoder.Decode(&second); err == nil {
		return nil, fmt.Errorf("line %d: a second document begins; the file must be a single YAML document", second.Line)
	} else if !errors.Is(err, io.EOF) {
		return nil, err
	}
	top, err := mapping(root.Content[0], "the file")
	if err != nil {
		return nil, err
	}
	sections := settings{}
	for _, section := range top {
		cmd := commands[section.key]
		if cmd == nil {
			return nil, fmt.Errorf("line %d: %q is not a command that has flags%s; the file has a section for each command", section.value.Line, section.key, commandline.DidYouMean(section.key, slices.Sorted(maps.Keys(commands))))
		}
		if sections[section.key], err = parseSection(section, cmd); err != nil {
			return nil, err
		}
	}
	return sections, nil
}

func parseSection(section pair, cmd *cobra.Command) (map[string]entry, error) {
	keys, err := mapping(section.value, "section "+section.key)
	if err != nil {
		return nil, err
	}
	entries := map[string]entry{}
	for _, p := range keys {
		if !slices.ContainsFunc(Flags(cmd), func(f *pflag.Flag) bool { return f.Name == p.key }) {
			var names []string
			for _, f := range Flags(cmd) {
				names = append(names, f.Name)
			}
			return nil, fmt.Errorf("line %d: %s: %q is not a flag of this command%s", p.value.Line, section.key, p.key, commandline.DidYouMean(p.key, names))
		}
		values, err := scalars(p.value)
		if err != nil {
			return nil, fmt.Errorf("line %d: %s: %s: %w", p.value.Line, section.key, p.key, err)
		}
		entries[p.key] = entry{values, p.value.Line}
	}
	return entries, nil
}

// pair is a key of a YAML mapping and its value.
type pair struct {
	key   string
	value *yaml.Node
}

// mapping returns the pairs of a YAML mapping in their order. An empty one may
// be left out ("send:" and nothing below).
func mapping(node *yaml.Node, what string) ([]pair, error) {
	if node.Kind == yaml.ScalarNode && node.Tag == "!!null" {
		return nil, nil
	}
	if node.Kind != yaml.MappingNode {
		return nil, fmt.Errorf("line %d: %s is not a mapping of keys to values", node.Line, what)
	}
	pairs := make([]pair, 0, len(node.Content)/2)
	for i := 0; i+1 < len(node.Content); i += 2 {
		key := node.Content[i]
		if slices.ContainsFunc(pairs, func(p pair) bool { return p.key == key.Value }) {
			return nil, fmt.Errorf("line %d: %s has the key %q twice", key.Line, what, key.Value)
		}
		pairs = append(pairs, pair{key.Value, node.Content[i+1]})
	}
	return pairs, nil
}

// scalars returns the text of a value or of a list's values, as it is written:
// the flag parses it, so 2020 and "2020" are the same.
func scalars(node *yaml.Node) ([]string, error) {
	nodes := []*yaml.Node{node}
	if node.Kind == yaml.SequenceNode {
		nodes = node.Content
	}
	values := make([]string, 0, len(nodes))
	for _, n := range nodes {
		if n.Kind != yaml.ScalarNode || n.Tag == "!!null" {
			return nil, errors.New("is neither a value nor a list of values")
		}
		values = append(values, n.Value)
	}
	return values, nil
}
