package e2e_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// create adds jobs to a cloud until one is refused with that status, or there are
// most of them.
func (p *cloudProcess) create(t *testing.T, most, until int) (jobs map[int64]bool) {
	t.Helper()
	jobs = map[int64]bool{}
	for range most {
		code, id := p.add(t)
		if code == until {
			return jobs
		}
		if code != http.StatusOK {
			t.Fatalf("adding a job: %d, after %d were taken", code, len(jobs))
		}
		jobs[id] = true
	}
	return jobs
}

// add adds a job over the control API.
func (p *cloudProcess) add(t *testing.T) (code int, id int64) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, p.ControlURL+"jobs", strings.NewReader("{}"))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := p.client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var job struct{ ID int64 }
	_ = json.NewDecoder(resp.Body).Decode(&job) // a refusal has none
	return resp.StatusCode, job.ID
}

// TestCloudOnAFullDisk fills the disk of a cloud's state while it creates, runs
// and notifies jobs: it refuses new ones, says once that it waits, and when there
// is room again the same process goes on and forgets none that it has answered.
func TestCloudOnAFullDisk(t *testing.T) {
	t.Parallel()
	small := newDisk(t, "size=16m")
	endpoint := &fickle{refused: map[int64]int{}, taken: map[int64]int{}}
	server := httptest.NewServer(endpoint)
	t.Cleanup(server.Close)
	cloud := startCloudOn(t, small, "--state", filepath.Join(small.at, "cloud.db"), "--endpoint", server.URL,
		"--max-attempts", "0", "--time-scale", "500", "--job-time", "2m")
	t.Cleanup(func() {
		if text := cloud.log.String(); t.Failed() {
			t.Logf("the end of the cloud's log:\n%s", text[max(0, len(text)-2000):])
		}
	})
	jobs := cloud.create(t, 200, 0)
	small.fill(t) // some of them have not ended
	for id := range cloud.create(t, 100_000, http.StatusServiceUnavailable) {
		jobs[id] = true
	}
	waitFor(t, "the log says that it waits", func() bool { return strings.Contains(cloud.log.String(), "waiting: ") })
	time.Sleep(5 * time.Second) // of a full disk: 2500 simulated seconds
	if err := cloud.do(t, "GET", cloud.APIURL+"account?api_token="+cloud.Token, "", nil); err != nil {
		t.Errorf("it does not answer while it waits: %v", err)
	}
	small.free(t)
	waitFor(t, "the log says that it goes on", func() bool { return strings.Contains(cloud.log.String(), "the state is written again") })
	for id := range cloud.create(t, 20, 0) {
		jobs[id] = true
	}
	waitFor(t, "every job was notified", func() bool { return endpoint.missing(jobs) == 0 })
	text := cloud.log.String()
	for _, once := range []string{"waiting: ", "the state is written again"} {
		if n := strings.Count(text, once); n != 1 {
			t.Errorf("%q was said %d times", once, n)
		}
	}
	if _, errors, found := strings.Cut(text, "error:"); found {
		t.Errorf("it tells of errors:\n%.2000s", errors)
	}
	if err := cloud.cmd.Process.Signal(syscall.SIGTERM); err != nil || cloud.cmd.Wait() != nil {
		t.Errorf("it ended with %v", cloud.cmd.ProcessState)
	}
}

// script runs a shell's script whose $0 is the command, on a disk of its own in
// which the script begins.
func (d *disk) script(t *testing.T, text string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "sh", "-c", `cd "$1"; `+text, scrapehookBinary, d.at)
	d.mountFor(cmd)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v:\n%s", err, out)
	}
	return string(out)
}

// fillHere is a part of a script that leaves no room on the disk.
const fillHere = `dd if=/dev/zero of=filler bs=1k 2>/dev/null; `

// TestFullDiskKeepsEarlierFiles: what can't be written does not destroy what was
// written before, and leaves nothing beside it.
func TestFullDiskKeepsEarlierFiles(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	t.Cleanup(server.Close)
	for name, args := range map[string]string{
		"traffic": "traffic --duration 300ms --rate 50 --html out --record record " + server.URL,
		"conform": "conform --fast --effect-timeout 1s --retry-timeout 1s --filter ACK-01 --html out --json json --junit record " + server.URL,
		"records": "records --rows 100000 --output out",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			out := newDisk(t, "size=1m").script(t, `for f in out json record; do echo earlier >$f; done; `+fillHere+
				`"$0" `+args+`; echo "exit $?"; rm filler; ls -A; cat out json record`)
			if !strings.HasSuffix(out, "json\nout\nrecord\nearlier\nearlier\nearlier\n") || !strings.Contains(out, "the disk is full") || !strings.Contains(out, "exit 3\n") {
				t.Errorf("it says\n%s", out)
			}
		})
	}
}

// TestCloudStartsOnABadDisk: the file, the cause and what to do, and not the exit
// code of wrong usage.
func TestCloudStartsOnABadDisk(t *testing.T) {
	t.Parallel()
	const cloud = `
"$0" cloud --listen 127.0.0.1:0 --state cloud.db; echo "exit $?"
`
	const stateOfBefore = `"$0" cloud --listen 127.0.0.1:0 --state cloud.db >/dev/null & sleep 2; kill $!; wait || true; `
	for name, tc := range map[string]struct {
		options, prepare, then string
		want                   []string
	}{
		"full, no state yet": {"size=1m", fillHere, "ls cloud.db", []string{"cloud.db: it can't be written: the disk is full", "exit 3", "No such file"}},
		"full of files": {"size=1m,nr_inodes=5", "touch a b c d e 2>/dev/null", "",
			[]string{"exit 3", "disk is full"}},
		"damaged": {"size=4m", stateOfBefore + `dd if=/dev/urandom of=cloud.db bs=512 seek=1 count=60 conv=notrunc 2>/dev/null`, "",
			[]string{"cloud.db: it is damaged: restore it from a copy", "exit 3"}},
		"foreign": {"size=1m", "cp /etc/passwd cloud.db", "cmp cloud.db /etc/passwd && echo same; ls -A",
			[]string{"cloud.db: it is not a state file of this program", "exit 2", "same\ncloud.db\n"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			out := newDisk(t, tc.options).script(t, tc.prepare+cloud+tc.then+"\ntrue")
			for _, want := range tc.want {
				if !strings.Contains(out, want) {
					t.Errorf("it does not say %q:\n%s", want, out)
				}
			}
		})
	}
}
