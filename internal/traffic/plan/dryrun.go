package plan

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/scrapehook/scrapehook/internal/shell"
	"github.com/scrapehook/scrapehook/webhook"
)

// Formats are those of [Plan.Write].
var Formats = []string{"forms", "curl", "jsonl", "http"}

// planned is one planned send, as JSON lines show it.
type planned struct {
	Index   int64   `json:"index"`
	AtS     float64 `json:"at_s"`
	Part    string  `json:"part"`
	Special string  `json:"special"`
	Form    string  `json:"form"`
}

// Write writes the first attempt of every planned notification to w instead of
// sending it: as forms (a line each), curl commands, JSON lines or the requests
// of an .http file, which editors send. They are in the order of their jobs; a
// job's second notification follows its first one, with the earliest time at
// which it can be due.
func (p *Plan) Write(w io.Writer, format, url string) error {
	show, ok := map[string]func(planned) string{
		"forms": func(s planned) string { return s.Form + "\n" },
		"jsonl": jsonLine,
		"curl": func(s planned) string {
			return fmt.Sprintf("curl -sS -X POST -H 'Content-Type: %s' --data-binary %s %s\n",
				webhook.ContentType, shell.Word(s.Form), shell.Word(url))
		},
		"http": func(s planned) string {
			return fmt.Sprintf("### job %d, %s, at %.6f s\nPOST %s\nContent-Type: %s\n\n%s\n\n",
				s.Index, s.Part, s.AtS, url, webhook.ContentType, s.Form)
		},
	}[format]
	if !ok {
		return fmt.Errorf("no format %q: use one of %v", format, Formats)
	}
	if p.Total() == 0 {
		return errors.New("only time ends this plan: bound it by a number of jobs")
	}
	out := bufio.NewWriter(w)
	for index, at := range p.Jobs() {
		for _, send := range p.sends(index, at) {
			if _, err := out.WriteString(show(send)); err != nil {
				return fmt.Errorf("writing the plan: %w", err)
			}
		}
	}
	if err := out.Flush(); err != nil {
		return fmt.Errorf("writing the plan: %w", err)
	}
	return nil
}

// sends returns a job's notifications.
func (p *Plan) sends(index int64, at time.Duration) []planned {
	j := p.Job(index)
	show := func(part Part, at time.Duration) planned {
		return planned{
			Index: index, AtS: at.Seconds(), Part: part.String(),
			Special: j.Special.String(), Form: string(p.AppendForm(nil, j, part)),
		}
	}
	all := []planned{show(First, at)}
	if part, ok := j.Second(); ok {
		all = append(all, show(part, at+j.Wait))
	}
	return all
}

func jsonLine(s planned) string {
	var line strings.Builder
	encoder := json.NewEncoder(&line)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(s) // strings and numbers always encode
	return line.String()
}
