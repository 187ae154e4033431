package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/scrapehook/scrapehook/webhook"
)

// order is what a tool is to do.
type order struct {
	url, address string
	dir          string // for files of its own, empty
	connections  int
	perSecond    float64       // 0 is as fast as the connections are answered
	lasts        time.Duration // of sending
}

// form is what peers send, over and over. scrapehook sends the same form with
// other values each time, which is what it is for.
var form = string(webhook.Notification{
	JobID: 1598000771, Status: webhook.Finished, SitemapID: 90071806, SitemapName: "shop/redlaser-shaver-fresh-smart",
}.AppendForm(nil))

// deadline is the sender's, of each request.
const deadline = 10 * time.Second

// reported is what a tool says of its own run.
type reported struct {
	p99 time.Duration
	// fromSent is set by a tool that reports both, p99 being from the planned
	// moment.
	fromSent time.Duration
	// began is when its plan did, if it tells.
	began time.Time
}

// tool is a sender under comparison, with the flags that suit it best.
type tool struct {
	name string
	// from is the program's file: of ours, of the peers' folder, or of the path.
	from string
	// connections, if set, replace the order's.
	connections int
	// args is the command line; it may write files into the order's folder.
	args func(o order) ([]string, error)
	// report reads what the tool said; nil if it isn't asked.
	report func(o order, stdout []byte) (reported, error)
	// after is run when the tool has ended, and its output is what report reads;
	// nil is none.
	after func(o order) []string
}

func seconds(d time.Duration) string { return strconv.FormatFloat(d.Seconds(), 'f', -1, 64) + "s" }

func perSecond(rate float64) string { return strconv.FormatFloat(rate, 'f', -1, 64) }

func scrapehookTool(name, transport string) tool {
	return tool{name: name, from: "scrapehook", report: readScrapehook, args: func(o order) ([]string, error) {
		rate := "max"
		if o.perSecond > 0 {
			rate = perSecond(o.perSecond) + "/s"
		}
		return []string{
			"traffic", o.url, "--rate", rate, "--duration", o.lasts.String(), "--connections", strconv.Itoa(o.connections),
			"--transport", transport, "--attempts", "1", "--seed", "1", "--output", "json",
		}, nil
	}}
}

// floorTool is this program's own sender, see sendFloor.
func floorTool() tool {
	return tool{name: floorName, from: "self", args: func(o order) ([]string, error) {
		return []string{"floor", o.address, strconv.Itoa(o.connections), o.lasts.String()}, nil
	}}
}

// rawRequest is the floor's request.
func rawRequest(address string) []byte {
	return fmt.Appendf(nil, "POST /webhook HTTP/1.1\r\nHost: %s\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n%s",
		address, webhook.ContentType, len(form), form)
}

func wrkTool() tool {
	return tool{name: "wrk", from: "wrk", args: func(o order) ([]string, error) {
		script := filepath.Join(o.dir, "post.lua")
		lua := fmt.Sprintf("wrk.method = %q\nwrk.body = %q\nwrk.headers[\"Content-Type\"] = %q\n", "POST", form, webhook.ContentType)
		return []string{
			"-t", "1", "-c", strconv.Itoa(o.connections), "-d", seconds(o.lasts.Round(time.Second)),
			"--timeout", seconds(deadline), "-s", script, o.url,
		}, os.WriteFile(script, []byte(lua), 0o600)
	}}
}

func bombardierTool() tool {
	return tool{name: "bombardier", from: "bombardier", report: readBombardier, args: func(o order) ([]string, error) {
		args := []string{
			"-c", strconv.Itoa(o.connections), "-d", o.lasts.String(), "-t", seconds(deadline), "-m", "POST", "-b", form,
			"-H", "Content-Type: " + webhook.ContentType, "-l", "-p", "r", "-o", "json",
		}
		if o.perSecond > 0 {
			args = append(args, "-r", perSecond(o.perSecond))
		}
		return append(args, o.url), nil
	}}
}

func heyTool() tool {
	return tool{name: "hey", from: "hey", args: func(o order) ([]string, error) {
		return []string{
			"-z", o.lasts.String(), "-c", strconv.Itoa(o.connections), "-t", strconv.Itoa(int(deadline.Seconds())),
			"-m", "POST", "-T", webhook.ContentType, "-d", form, o.url,
		}, nil
	}}
}

// vegetaTool sends with so many workers at the most as it is given connections,
// or, if it is unbounded, with as many as it likes.
func vegetaTool(name string, unbounded bool) tool {
	results := func(o order) string { return filepath.Join(o.dir, "results.bin") }
	t := tool{name: name, from: "vegeta", report: readVegeta}
	t.args = func(o order) ([]string, error) {
		body, targets := filepath.Join(o.dir, "body"), filepath.Join(o.dir, "targets")
		if err := os.WriteFile(body, []byte(form), 0o600); err != nil {
			return nil, err
		}
		args := []string{
			"attack", "-targets", targets, "-output", results(o), "-duration", o.lasts.String(), "-timeout", deadline.String(),
			"-rate", perSecond(o.perSecond),
		}
		if !unbounded {
			n := strconv.Itoa(o.connections)
			args = append(args, "-workers", n, "-max-workers", n, "-connections", n)
		}
		return args, os.WriteFile(targets, []byte("POST "+o.url+"\nContent-Type: "+webhook.ContentType+"\n@"+body+"\n"), 0o600)
	}
	t.after = func(o order) []string { return []string{"report", "-type", "json", results(o)} }
	return t
}

func fortioTool() tool {
	file := func(o order) string { return filepath.Join(o.dir, "fortio.json") }
	return tool{name: "fortio", from: "fortio", args: func(o order) ([]string, error) {
		return []string{
			"load", "-qps", perSecond(o.perSecond), "-c", strconv.Itoa(o.connections), "-t", o.lasts.String(), "-uniform",
			"-timeout", deadline.String(), "-p", "50,99", "-payload", form, "-content-type", webhook.ContentType,
			"-loglevel", "error", "-json", file(o), o.url,
		}, nil
	}, report: func(o order, _ []byte) (reported, error) {
		data, err := os.ReadFile(file(o))
		if err != nil {
			return reported{}, err
		}
		return readFortio(data)
	}}
}

// k6Script is a load of k6's: an executor, and one request an iteration.
const k6Script = `import http from 'k6/http';
export const options = {
  discardResponseBodies: true,
  summaryTrendStats: ['med', 'p(99)', 'max'],
  scenarios: { load: %s },
};
const params = { headers: { 'Content-Type': %q }, timeout: %q };
export default function () { http.post(%q, %q, params); }
export function handleSummary(data) { return { stdout: JSON.stringify(data.metrics) }; }
`

func k6Tool() tool {
	return tool{name: "k6", from: "k6", report: readK6, args: func(o order) ([]string, error) {
		executor := fmt.Sprintf(`{ executor: 'constant-vus', vus: %d, duration: '%s', gracefulStop: '0s' }`, o.connections, seconds(o.lasts))
		if o.perSecond > 0 {
			executor = fmt.Sprintf(`{ executor: 'constant-arrival-rate', rate: %.0f, timeUnit: '1s', duration: '%s', preAllocatedVUs: %d, maxVUs: %d }`,
				o.perSecond, seconds(o.lasts), o.connections, o.connections)
		}
		script := filepath.Join(o.dir, "load.js")
		text := fmt.Sprintf(k6Script, executor, webhook.ContentType, seconds(deadline), o.url, form)
		return []string{"run", "--no-usage-report", "--quiet", "--no-color", "--log-output", "none", "--address", "", script},
			os.WriteFile(script, []byte(text), 0o600)
	}}
}

// named is a tool by another name, with connections of its own (0 is the order's).
func (t tool) named(name string, connections int) tool {
	t.name, t.connections = name, connections
	return t
}
