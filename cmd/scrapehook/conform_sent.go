package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"

	"github.com/scrapehook/scrapehook/internal/tap"
	"github.com/scrapehook/scrapehook/internal/traffic/record"
	"github.com/scrapehook/scrapehook/webhook"
)

// differing is a request of a record that is not as the contract says.
type differing struct {
	Line    int      `json:"line"` // of the file
	Form    string   `json:"form"`
	Differs []string `json:"differs"`
}

// compareSent compares the requests of a record with the contract: it judges the
// sender, and no receiver.
func (f conformFlags) compareSent(stdout io.Writer) error {
	profile, err := webhook.ProfileByName(f.profile)
	if err != nil {
		return usageError("--profile: %w", err)
	}
	file, err := os.Open(f.sent)
	if err != nil {
		return usageError("--sent: %w", err)
	}
	defer func() { _ = file.Close() }() // it is only read
	_, deliveries, err := record.ReadAll(file)
	if err != nil {
		return usageError("--sent %s: %w", f.sent, err)
	}
	found := []differing{}
	for i, d := range deliveries {
		method, contentType := http.MethodPost, webhook.ContentType
		if d.Seen != nil {
			method, contentType = d.Seen.Method, d.Seen.Header.Get("Content-Type")
		}
		if differs := tap.Compare(profile, method, contentType, d.Form); len(differs) > 0 {
			found = append(found, differing{i + 2, string(d.Form), differs})
		}
	}
	if err := writeSent(stdout, f.output == "json", profile.Name, len(deliveries), found); err != nil {
		return harnessError("writing the comparison: %w", err)
	}
	if len(found) > 0 {
		return &exitError{code: exitBroken}
	}
	return nil
}

func writeSent(w io.Writer, asJSON bool, profile string, of int, found []differing) error {
	if asJSON {
		out := json.NewEncoder(w)
		out.SetEscapeHTML(false)
		out.SetIndent("", "  ")
		return out.Encode(struct {
			Profile   string      `json:"profile"`
			Requests  int         `json:"requests"`
			Differing []differing `json:"differing"`
		}{profile, of, found})
	}
	for _, d := range found {
		fmt.Fprintf(w, "line %d\n", d.Line)
		for _, why := range d.Differs {
			fmt.Fprintf(w, "   ! %s\n", why)
		}
	}
	_, err := fmt.Fprintf(w, "%d of %d requests are as profile %s says\n", of-len(found), of, profile)
	return err
}
