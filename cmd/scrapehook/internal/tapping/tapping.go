// Package tapping shows what passes a tap while it passes, and writes it into a
// record.
package tapping

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/scrapehook/scrapehook/cmd/scrapehook/internal/answer"
	"github.com/scrapehook/scrapehook/cmd/scrapehook/internal/sending"
	"github.com/scrapehook/scrapehook/internal/delivery"
	"github.com/scrapehook/scrapehook/internal/human"
	"github.com/scrapehook/scrapehook/internal/tap"
	"github.com/scrapehook/scrapehook/internal/term"
	"github.com/scrapehook/scrapehook/internal/traffic/record"
)

// View shows exchanges on out: in lines, or each as a line of JSON, as a record has
// it. Its methods are called one at a time.
type View struct {
	Out     io.Writer
	JSON    bool
	Verbose bool
	Began   time.Time // of the record
	// KeepSecrets shows them, and has them in what Line returns.
	KeepSecrets bool

	requests, acked int64
	differing       int64
	differences     map[string]int64
}

// Show shows an exchange, and returns what a record has of it.
func (v *View) Show(x tap.Exchange) record.Delivery {
	if !v.KeepSecrets {
		x = x.Redacted()
	}
	v.count(x)
	delivered := deliveryOf(x, v.Began)
	if v.JSON {
		encoder := json.NewEncoder(v.Out)
		encoder.SetEscapeHTML(false)
		_ = encoder.Encode(delivered) // what is shown does not decide what passes
		return delivered
	}
	width, _ := term.Size(v.Out)
	paint := func(line string, _ delivery.Reason) string { return line }
	if term.Color(v.Out) {
		paint = colored
	}
	for _, line := range lines(x, width, v.Verbose, paint) {
		_, _ = fmt.Fprintln(v.Out, line)
	}
	return delivered
}

// maxDifferences is how many different differences are counted apart.
const maxDifferences = 100

func (v *View) count(x tap.Exchange) {
	v.requests++
	if x.Reason == delivery.Acked {
		v.acked++
	}
	if len(x.Differs) > 0 {
		v.differing++
	}
	if v.differences == nil {
		v.differences = map[string]int64{}
	}
	for _, d := range x.Differs {
		if _, known := v.differences[d]; !known && len(v.differences) >= maxDifferences {
			d = "others"
		}
		v.differences[d]++
	}
}

// Summary shows what passed in all, for the end.
func (v *View) Summary(profile string) {
	if v.JSON {
		return
	}
	width, _ := term.Size(v.Out)
	for _, line := range v.summary(profile) {
		indent := line[:len(line)-len(strings.TrimLeft(line, " "))]
		_, _ = fmt.Fprintln(v.Out, strings.Join(answer.Broken(indent, line[len(indent):], width), "\n"))
	}
}

func (v *View) summary(profile string) []string {
	if v.requests == 0 {
		return []string{"", "nothing passed"}
	}
	lines := []string{"", fmt.Sprintf("%s passed, %d of them acknowledged", human.Count(v.requests, "request"), v.acked)}
	if v.differing == 0 {
		return append(lines, "each was as profile "+profile+" says")
	}
	lines = append(lines, fmt.Sprintf("%d not as profile %s says, because", v.differing, profile))
	byCount := func(a, b string) int {
		return cmp.Or(cmp.Compare(v.differences[b], v.differences[a]), strings.Compare(a, b))
	}
	for _, d := range slices.SortedFunc(maps.Keys(v.differences), byCount) {
		lines = append(lines, fmt.Sprintf("  %s: %s", human.Count(v.differences[d], "time"), answer.Printable(d)))
	}
	return lines
}

// mark begins the lines that say how a request differs from the contract.
const mark = "   ! "

// lines are an exchange in lines of a width.
func lines(x tap.Exchange, width int, verbose bool, paint func(string, delivery.Reason) string) []string {
	style := answer.Style{Width: width, All: verbose}
	text := answer.Broken("", x.Started.Format("15:04:05.000")+" "+answer.Printable(x.Request.Method+" "+x.Target), width)
	if verbose {
		text = append(text, answer.Answer{Header: x.Request.Header}.Lines(style)...)
	}
	const most = 1000 // characters of a form
	form := answer.Printable(string(x.Request.Body))
	if !verbose {
		form = human.Fit(form, most)
	}
	if form != "" {
		text = append(text, answer.Broken("     ", form, width)...)
	}
	if x.Cut() {
		text = append(text, answer.Broken("     ", fmt.Sprintf("… %s in all", human.Count(x.FormBytes, "byte")), width)...)
	}
	for _, d := range x.Differs {
		for _, line := range answer.Broken(mark, answer.Printable(d), width) {
			text = append(text, paint(line, delivery.Canceled))
		}
	}
	for i, line := range answer.Broken("     ", sending.Ending(x.Attempt), width) {
		if i == 0 {
			line = paint(line, x.Reason)
		}
		text = append(text, line)
	}
	got := answer.Answer{Header: x.Header, Body: x.Body, Bytes: x.BodyBytes}
	text = append(text, got.Lines(style)...)
	if x.Reason == delivery.Acked && got.LooksBroken() {
		text = append(text, answer.Broken("     ", sending.BrokenButAcked, width)...)
	}
	return text
}

// colored is a line about how an exchange ended, or, for canceled, that it differs.
func colored(line string, reason delivery.Reason) string {
	if before, after, ok := strings.Cut(line, string(reason)+" after"); ok {
		return before + sending.Paint(reason) + " after" + after
	}
	return "\x1b[33m" + line + "\x1b[0m"
}

// deliveryOf is an exchange as a record has it.
func deliveryOf(x tap.Exchange, began time.Time) record.Delivery {
	d := record.DeliveryOf(x.Notification.JobID, began, x.Attempt, x.Request.Body)
	d.Seen = &record.Seen{
		Method: x.Request.Method, Target: x.Target, Header: x.Request.Header,
		AnswerHeader: x.Header, AnswerBytes: x.BodyBytes, Differs: x.Differs,
	}
	if x.Cut() {
		d.Seen.FormBytes = x.FormBytes
	}
	if utf8.Valid(x.Body) {
		d.Seen.Answer = string(x.Body)
	} else {
		d.Seen.AnswerBinary = x.Body
	}
	return d
}
