package config

import (
	"testing"

	"github.com/spf13/cobra"
)

// FuzzParse: whatever stands in the file, it is read or refused.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		"cloud:\n  listen: 127.0.0.1:0\n  endpoint: [a, b]\n", "cloud: {rows: 5, tls: true}\n", "---\n--- \n", "a: &a [*a]\n",
		"cloud:\n  <<: {rows: 1}\n", "cloud:\n  rows: !!binary aGk=\n", "? [a]\n: b\n", "cloud: null", "\t", "cloud:\n  listen: |\n    x\n", "%YAML 1.1\n---\n",
	} {
		f.Add([]byte(seed))
	}
	cmd := &cobra.Command{Use: "cloud"}
	cmd.Flags().String("listen", "", "")
	cmd.Flags().StringArray("endpoint", nil, "")
	cmd.Flags().Int("rows", 0, "")
	cmd.Flags().Bool("tls", false, "")
	commands := map[string]*cobra.Command{"cloud": cmd}
	f.Fuzz(func(t *testing.T, document []byte) {
		read, err := parse(document, commands)
		if err != nil && err.Error() == "" || err == nil && read == nil {
			t.Errorf("%q reads %v, %q", document, read, err)
		}
	})
}
