package e2e_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// cloudProcess is `scrapehook cloud` as a process.
type cloudProcess struct {
	APIURL     string `json:"api_url"`
	ControlURL string `json:"control_url"`
	ConsoleURL string `json:"console_url"`
	Token      string
	cmd        *exec.Cmd
	client     *http.Client
	log        *output
}

// output is what a process has said so far.
type output struct {
	mu   sync.Mutex
	text strings.Builder
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// startCloud runs the command and returns when it has said where it is.
func startCloud(t *testing.T, args ...string) *cloudProcess {
	t.Helper()
	return startCloudOn(t, nil, args...)
}

// startCloudOn does so where the process has a disk of its own, unless it is nil.
func startCloudOn(t *testing.T, small *disk, args ...string) *cloudProcess {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	cmd := command(ctx, t.TempDir(), nil, append([]string{"cloud", "--listen", "127.0.0.1:0", "--output", "json"}, args...)...)
	if small != nil {
		small.mountFor(cmd)
	}
	p := &cloudProcess{cmd: cmd, client: http.DefaultClient, log: &output{}}
	cmd.Stderr = p.log
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cancel()
		_ = cmd.Wait() // a second time, where the test has stopped it
	})
	line, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil || json.Unmarshal([]byte(line), p) != nil {
		_ = cmd.Wait()
		t.Fatalf("it said %q, %v: %s", line, err, p.log)
	}
	return p
}

// kill ends the process as a crash does.
func (p *cloudProcess) kill() {
	_ = p.cmd.Process.Kill() // it may have ended
	_ = p.cmd.Wait()         // killed
}

// do performs a call of either API and decodes its answer. Its error is of the
// connection: a process that is killed answers no more.
func (p *cloudProcess) do(t *testing.T, method, url, body string, into any) error {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := p.client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	got, err := io.ReadAll(resp.Body)
	if err != nil {
		return err
	}
	if resp.StatusCode != http.StatusOK {
		t.Fatalf("%s %s: %d %s", method, url, resp.StatusCode, got)
	}
	if into != nil {
		if err := json.Unmarshal(got, into); err != nil {
			t.Fatalf("%s %s: %v in %s", method, url, err, got)
		}
	}
	return nil
}

// fickle is an endpoint that refuses each job's notification a few times, by a
// 500 or by hanging up, and then takes it.
type fickle struct {
	mu      sync.Mutex
	refused map[int64]int
	taken   map[int64]int
}

func (f *fickle) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	form, _ := url.ParseQuery(string(body))
	job, _ := strconv.ParseInt(form.Get("scrapingjob_id"), 10, 64)
	f.mu.Lock()
	refuse := f.refused[job] < 2+int(job%3)
	if refuse {
		f.refused[job]++
	} else {
		f.taken[job]++
	}
	hangUp := f.refused[job]%2 == 0
	f.mu.Unlock()
	switch {
	case refuse && hangUp:
		panic(http.ErrAbortHandler)
	case refuse:
		w.WriteHeader(http.StatusInternalServerError)
	default:
		w.WriteHeader(http.StatusNoContent)
	}
}

// missing is how many of the jobs it has not taken.
func (f *fickle) missing(jobs map[int64]bool) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	missing := 0
	for id := range jobs {
		if f.taken[id] == 0 {
			missing++
		}
	}
	return missing
}

// TestKilledCloudForgetsNothing kills the cloud 20 times while it delivers 200
// notifications to an endpoint that refuses each of them some times: in the
// end, each was taken.
func TestKilledCloudForgetsNothing(t *testing.T) {
	t.Parallel()
	const jobs, kills = 200, 20
	endpoint := &fickle{refused: map[int64]int{}, taken: map[int64]int{}}
	server := httptest.NewServer(endpoint)
	t.Cleanup(server.Close)
	args := []string{
		"--state", filepath.Join(t.TempDir(), "cloud.db"), "--endpoint", server.URL,
		// Resends follow after 60 ms, until the endpoint has had enough of them.
		"--max-attempts", "0", "--time-scale", "500", "--job-time", "2m",
	}
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	dice := rand.New(rand.NewPCG(seed, 0))

	cloud := startCloud(t, args...)
	var sitemap struct{ Data struct{ ID int64 } }
	if err := cloud.do(t, "POST", cloud.APIURL+"sitemap?api_token="+cloud.Token,
		`{"_id":"my-sitemap","startUrl":["https://a.example/"],"selectors":[]}`, &sitemap); err != nil {
		t.Fatal(err)
	}
	created := map[int64]bool{}
	create := func() error {
		var made struct{ Data struct{ ID int64 } }
		err := cloud.do(t, "POST", cloud.APIURL+"scraping-job?api_token="+cloud.Token,
			fmt.Sprintf(`{"sitemap_id":%d,"driver":"fast","page_load_delay":0,"request_interval":0}`, sitemap.Data.ID), &made)
		if err == nil {
			created[made.Data.ID] = true // what was answered, is never lost
		}
		return err
	}
	for round := range kills {
		victim := cloud
		killed := make(chan struct{})
		go func() {
			defer close(killed)
			time.Sleep(time.Duration(dice.IntN(200)) * time.Millisecond) // any moment is right
			victim.kill()
		}()
		for len(created) < jobs*(round+1)/kills && create() == nil {
			continue
		}
		<-killed
		cloud = startCloud(t, args...)
	}
	for len(created) < jobs {
		if err := create(); err != nil {
			t.Fatal(err)
		}
	}
	for until := time.Now().Add(2 * time.Minute); endpoint.missing(created) > 0 && time.Now().Before(until); {
		time.Sleep(20 * time.Millisecond)
	}
	if lost := endpoint.missing(created); lost > 0 {
		t.Errorf("%d of %d notifications were lost or forgotten:\n%s", lost, len(created), cloud.log)
	}
	// Kills that strike no attempt would prove little.
	var seen struct {
		Deliveries []struct{ Attempts []struct{ Reason string } }
	}
	if err := cloud.do(t, "GET", cloud.ControlURL+"deliveries?limit=1000", "", &seen); err != nil {
		t.Fatal(err)
	}
	all, unknown := 0, 0
	for _, d := range seen.Deliveries {
		for _, a := range d.Attempts {
			if all++; a.Reason == "unknown" {
				unknown++
			}
		}
	}
	t.Logf("%d attempts, %d of them under way at a kill", all, unknown)
}
