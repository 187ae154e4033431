package page_test

import (
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"html/template"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/scrapehook/scrapehook/internal/page"
)

// TestOnlyItsOwnScriptRuns: the policy names the style and the script that are
// on the page, by their hashes, and lets nothing be fetched.
func TestOnlyItsOwnScriptRuns(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	err := page.Write(&b, page.Document{
		Title: `</title><script>`, Kind: "<b>", Foot: "<i>", Color: `"/><script>`,
		Body: "<p>hello</p>", Style: "p{color:red}", Script: "'</'+'x'",
	})
	if err != nil {
		t.Fatal(err)
	}
	text := b.String()
	policy := regexp.MustCompile(`Content-Security-Policy" content="([^"]*)"`).FindStringSubmatch(text)
	if policy == nil || !strings.HasPrefix(policy[1], "default-src &#39;none&#39;;") || strings.Contains(policy[1], "unsafe") || strings.Contains(policy[1], "http") {
		t.Fatalf("policy %q", policy)
	}
	for _, element := range []string{"style", "script"} {
		content := regexp.MustCompile("(?s)<"+element+">(.*?)</"+element+">").FindAllStringSubmatch(text, -1)
		if len(content) != 1 {
			t.Fatalf("%d of %s", len(content), element)
		}
		sum := sha256.Sum256([]byte(content[0][1]))
		hash := strings.ReplaceAll(base64.StdEncoding.EncodeToString(sum[:]), "+", "&#43;")
		if !strings.Contains(policy[1], element+"-src &#39;sha256-"+hash) {
			t.Errorf("the policy %s does not allow the %s with hash %s", policy[1], element, hash)
		}
	}
}

func TestLanesKeepWithinTheirRows(t *testing.T) {
	t.Parallel()
	row := func(from, to time.Duration, marks ...page.Mark) page.LaneRow {
		return page.LaneRow{Name: `<script>"x"&`, Href: "#a", Class: "v-pass", Icon: "i-pass", From: from, To: to, Marks: marks}
	}
	var many []page.Mark
	for i := range 10_000 {
		many = append(many, page.Mark{At: time.Duration(i) * time.Millisecond, Place: page.Place(i % 3)})
	}
	for name, lanes := range map[string][]page.Lane{
		"nothing":        nil,
		"an empty lane":  {{Name: "a"}},
		"no time at all": {{Rows: []page.LaneRow{row(0, 0)}}},
		"at the end":     {{Rows: []page.LaneRow{row(time.Minute, time.Minute), row(0, time.Second)}}},
		"marks outside":  {{Rows: []page.LaneRow{row(0, time.Second, page.Mark{At: -time.Second}, page.Mark{At: time.Hour})}}},
		"many marks":     {{Rows: []page.LaneRow{row(0, 10*time.Second, many...)}}},
	} {
		text := string(page.Lanes("title", lanes))
		wellFormed(t, text)
		if strings.Contains(text, "<script") {
			t.Errorf("%s: not escaped: %s", name, text)
		}
		for _, place := range regexp.MustCompile(`x1?="([^"]*)%"(?: y="\d+" width="([^"]*)%")?`).FindAllStringSubmatch(text, -1) {
			if at, wide := number(t, place[1]), number(t, place[2]); at < 0 || at+wide > 100.1 {
				t.Errorf("%s: %s", name, place[0])
			}
		}
		if n := strings.Count(text, `class="mark"`); n > 200 {
			t.Errorf("%s: %d marks", name, n)
		}
	}
}

// full is a disk that is.
type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("no space left on device") }

func TestWriteErrorsAreToldOf(t *testing.T) {
	t.Parallel()
	if err := page.Write(full{}, page.Document{Body: template.HTML("x")}); err == nil || !strings.Contains(err.Error(), "no space left") {
		t.Error(err)
	}
}
