package main

import (
	"os"
	"strings"
	"testing"
)

// TestConfiguration runs `send` with a profile that does not notify `shelved`
// or with one that does not exist: what it complains of tells which value won.
func TestConfiguration(t *testing.T) {
	for _, tc := range []struct {
		name  string
		file  string // of ./scrapehook.yaml; "" is none
		env   map[string]string
		args  []string
		code  int
		wants []string // on stderr
	}{
		{"a flag beats a variable", "", map[string]string{"SCRAPEHOOK_PROFILE": "of-env"}, []string{"--profile", "of-flag"}, 2, []string{`"of-flag"`}},
		{"a variable beats the file", "send: {profile: of-file}", map[string]string{"SCRAPEHOOK_PROFILE": "of-env"}, nil, 2, []string{`"of-env"`}},
		{"the file beats the default", "send: {profile: of-file}", nil, nil, 2, []string{`"of-file"`}},
		{"a command's own variable beats the general one", "", map[string]string{"SCRAPEHOOK_PROFILE": "general", "SCRAPEHOOK_SEND_PROFILE": "own"}, nil, 2, []string{`"own"`}},
		{"the file is named", "send: {profile: of-file}", nil, nil, 2, []string{"scrapehook.yaml sets --profile"}},
		{"a variable with several meanings", "", map[string]string{"SCRAPEHOOK_OUTPUT": "x"}, nil, 2, []string{"SCRAPEHOOK_OUTPUT has another meaning in", "records", "use SCRAPEHOOK_SEND_OUTPUT", `--output "x"`}},
		{"an empty variable is none", "send: {profile: of-file}", map[string]string{"SCRAPEHOOK_PROFILE": ""}, nil, 2, []string{`"of-file"`}},
		{"hyphens become underscores", "", map[string]string{"SCRAPEHOOK_JOB_ID": "-7"}, nil, 2, []string{"-7"}},
		{"numbers need no quotes", "send:\n  profile: 2022\n  status: shelved\n", nil, nil, 2, []string{"profile 2022 does not notify it"}},
		{"a variable that the flag refuses", "", map[string]string{"SCRAPEHOOK_JOB_ID": "x1"}, nil, 2, []string{`SCRAPEHOOK_JOB_ID="x1" is refused`}},
		{"a value that the flag refuses", "send:\n  profile: 2020\n  resend-delay: soon\n", nil, nil, 2, []string{"scrapehook.yaml: line 3", "send: resend-delay", `"soon" is refused`}},
		{"a list for a single value", "send:\n  profile: [a, b]\n", nil, nil, 2, []string{"line 2", "takes one value"}},
		{"an unknown section", "sned: {}\n", nil, nil, 2, []string{"line 1", `"sned" is not a command`, "did you mean send?"}},
		{"an unknown key", "send:\n  profil: x\n", nil, nil, 2, []string{"line 2", "send", `"profil" is not a flag`, "did you mean profile?"}},
		{"an unknown key for another command", "receive:\n  profil: x\n", nil, nil, 2, []string{"receive", `"profil" is not a flag`}},
		{"a key twice", "send:\n  profile: a\n  profile: b\n", nil, nil, 2, []string{"line 3", `"profile" twice`}},
		{"a file in a file", "send: {config: x}", nil, nil, 2, []string{`"config" is not a flag`}},
		{"no mapping", "- send\n", nil, nil, 2, []string{"is not a mapping"}},
		{"a section without a mapping", "send: 3\n", nil, nil, 2, []string{"section send is not a mapping"}},
		{"no YAML", "send: {", nil, nil, 2, []string{"scrapehook.yaml", "yaml: "}},
		{"a mapping for a value", "send:\n  profile: {a: b}\n", nil, nil, 2, []string{"line 2", "profile", "neither a value nor a list"}},
		{"nothing but comments", "# later\n", nil, []string{"--profile", "of-flag"}, 2, []string{`"of-flag"`}},
		{"an empty section", "send:\n", nil, []string{"--profile", "of-flag"}, 2, []string{`"of-flag"`}},
		{"a second document", "send:\n  profile: a\n---\nsend:\n  profile: b\n", nil, nil, 2, []string{"line 3", "second document"}},
		{"a missing file of --config", "", nil, []string{"--config", "no.yaml"}, 2, []string{"--config", "no.yaml", "no.yaml does not exist"}},
		{"a missing file of a variable", "", map[string]string{"SCRAPEHOOK_CONFIG": "no.yaml"}, nil, 2, []string{"SCRAPEHOOK_CONFIG", "no.yaml"}},
		{"a mistyped variable", "", map[string]string{"SCRAPEHOOK_PROFIL": "2022"}, []string{"--profile", "x"}, 2, []string{"warning: SCRAPEHOOK_PROFIL sets no flag", "did you mean SCRAPEHOOK_PROFILE?"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Chdir(t.TempDir())
			if tc.file != "" {
				if err := os.WriteFile("scrapehook.yaml", []byte(tc.file), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			for name, value := range tc.env {
				t.Setenv(name, value)
			}
			var stdout, stderr strings.Builder
			if code := run(t.Context(), append([]string{"send", refusing}, tc.args...), &stdout, &stderr); code != tc.code {
				t.Errorf("exit code %d, want %d", code, tc.code)
			}
			for _, want := range tc.wants {
				if !strings.Contains(stderr.String(), want) {
					t.Errorf("stderr\n%s lacks %q", stderr.String(), want)
				}
			}
			for line := range strings.Lines(stderr.String()) {
				if !strings.HasPrefix(line, "scrapehook: ") {
					t.Errorf("a line of stderr that nobody signs: %s", line)
				}
			}
		})
	}
}

// TestHelpNeedsNoConfiguration: whoever broke the file must be able to ask.
func TestHelpNeedsNoConfiguration(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := os.WriteFile("scrapehook.yaml", []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{}, {"help"}, {"help", "send"}, {"send", "--help"}, {"--version"}, {"version"}, {"explain"}, {"completion", "bash"}} {
		var stdout, stderr strings.Builder
		if code := run(t.Context(), args, &stdout, &stderr); code != 0 || stdout.Len() == 0 {
			t.Errorf("%v: exit code %d, stderr %s", args, code, stderr.String())
		}
	}
}
