package scenarios

import (
	"slices"
	"strings"

	"github.com/scrapehook/scrapehook/internal/redact"
)

// redactorOf knows the secrets of a configuration. The default token of the API
// is none: everybody knows it.
func redactorOf(c Config) redact.Redactor {
	var r redact.Redactor
	r.Know("TOKEN", c.Token.Value)
	for _, near := range c.Token.near() {
		// So much of the secret would tell it; what is wrong as a whole tells nothing.
		if v := near.Token.Value; len(v) >= nearAtLeast-1 && v != c.Token.wrong().Value {
			r.Know("NEARLY_TOKEN", near.Token.Value)
		}
	}
	r.KnowURL("", c.Endpoint)
	r.KnowURL("API_", c.APIURL)
	if c.APIToken != DefaultToken {
		r.Know("API_TOKEN", c.APIToken)
	}
	for _, p := range c.Probes {
		r.KnowCommand(p.Name())
	}
	for _, command := range []string{c.Run, c.StartCommand, c.KillCommand} {
		r.KnowCommand(command)
	}
	r.Compile()
	return r
}

// redacted is a result without secrets. Its evidence's exchanges have none any
// more.
func redacted(r redact.Redactor, result Result) Result {
	result.Known = r.Text(result.Known)
	result.Findings = slices.Clone(result.Findings)
	for i, f := range result.Findings {
		f.Subject, f.Expected, f.Actual = r.Text(f.Subject), r.Text(f.Expected), r.Text(f.Actual)
		f.WantRow, f.GotRow = r.Text(f.WantRow), r.Text(f.GotRow)
		result.Findings[i] = f
	}
	for i := range result.Evidence {
		result.Evidence[i].Text = r.Text(result.Evidence[i].Text)
	}
	return result
}

// declared is what the user said of the receiver.
func (c Config) declared(r redact.Redactor) Declared {
	reasons := func(byID map[string]string) map[string]string {
		out := map[string]string{}
		for id, reason := range byID {
			out[id] = r.Text(reason)
		}
		return out
	}
	d := Declared{
		Unsupported: reasons(c.Unsupported), KnownFailing: reasons(c.KnownFailing),
		Run: r.Command(c.Run), StartCommand: r.Command(c.StartCommand), KillCommand: r.Command(c.KillCommand),
	}
	if c.Token != (Token{}) {
		d.Token = strings.TrimSuffix(c.Token.Kind+":"+c.Token.Name, ":")
	}
	return d
}
