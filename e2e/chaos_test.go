//go:build !windows

package e2e_test

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/scrapehook/scrapehook/internal/pgtest"
	"github.com/scrapehook/scrapehook/receiver/pgstore"
	"github.com/scrapehook/scrapehook/receiver/sqlstore"
)

// chaos is a cloud with two endpoints: a receiver on SQLite and one on PostgreSQL,
// each of which imports from the cloud. Between any two there is a network whose
// weather changes.
type chaos struct {
	dice     *rand.Rand
	args     []string
	cloud    *cloudProcess
	address  string // of the cloud
	networks []*flaky
	fleet    []*process // SQLite first
	postgres *pgtest.Server
	files    string // the receiver's on SQLite
	database string

	mu       sync.Mutex
	answered map[int64]bool // jobs
	unknown  int            // calls without an answer: their jobs may be there
	events   map[string]int
}

// chaosSettings are a short time, or what `make chaos` asks for.
func chaosSettings(t *testing.T) (span time.Duration, seed uint64) {
	t.Helper()
	span, seed = 12*time.Second, rand.Uint64()
	var err error
	if v := os.Getenv("CHAOS_TIME"); v != "" {
		if span, err = time.ParseDuration(v); err != nil {
			t.Fatal(err)
		}
	}
	if v := os.Getenv("CHAOS_SEED"); v != "" {
		if seed, err = strconv.ParseUint(v, 10, 64); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("CHAOS_TIME=%v CHAOS_SEED=%d", span, seed)
	return span, seed
}

// TestChaos kills, stops and freezes a cloud, two receivers and a database at
// random, under networks that delay, cut, reset, swallow and refuse, while jobs are
// created. In the end, each receiver has each job of the cloud, every row of it
// once, and nothing else.
func TestChaos(t *testing.T) {
	t.Parallel()
	span, seed := chaosSettings(t)
	c := newChaos(t, seed)
	ctx, stop := context.WithCancel(t.Context())
	var traffic sync.WaitGroup
	traffic.Go(func() { c.createJobs(ctx) })
	for until := time.Now().Add(span); time.Now().Before(until); {
		pauseUpTo(t, c.dice, 400*time.Millisecond)
		c.strike(t)
	}
	for _, n := range c.networks {
		n.set(fair)
	}
	stop()
	traffic.Wait()
	c.check(t)
}

func newChaos(t *testing.T, seed uint64) *chaos {
	t.Helper()
	c := &chaos{
		dice: rand.New(rand.NewPCG(seed, 0)), answered: map[int64]bool{}, events: map[string]int{},
		postgres: postgres(t), address: freeAddress(t),
	}
	c.files, c.database = filepath.Join(t.TempDir(), "r.db"), c.postgres.Database(t)
	toCloud := newFlaky(t, c.address, seed)
	c.networks = append(c.networks, toCloud)
	c.args = []string{
		"--listen", c.address, "--token", crashToken, "--state", filepath.Join(t.TempDir(), "cloud.db"),
		// A resend follows after 300 ms.
		"--max-attempts", "0", "--time-scale", "100", "--job-time", "20s", "--rows", "20", "--max-pending", "200",
		"--outcome", "finished=8,shelved=1,stopped=1",
	}
	for i, store := range []string{c.files, c.database} {
		address := freeAddress(t)
		flags := []string{}
		if store == c.database {
			flags = []string{"--lease", "2s"}
		}
		p := newProcess(t, t.TempDir(), address, store, flags...)
		p.env = []string{"WEBSCRAPER_API_BASE_URI=http://" + toCloud.address() + "/api/v1/", "WEBSCRAPER_API_TOKEN=" + crashToken}
		p.start(t)
		network := newFlaky(t, address, seed+uint64(i)+1)
		c.fleet, c.networks = append(c.fleet, p), append(c.networks, network)
		c.args = append(c.args, "--endpoint", "http://"+network.address()+"/webhook")
	}
	c.cloud = startCloud(t, c.args...)
	return c
}

// createJobs adds jobs until ctx ends.
func (c *chaos) createJobs(ctx context.Context) {
	client := &http.Client{Timeout: 5 * time.Second}
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for ctx.Err() == nil {
		<-tick.C
		id, err := c.createJob(client)
		c.mu.Lock()
		if err != nil {
			c.unknown++
		} else {
			c.answered[id] = true
		}
		c.mu.Unlock()
	}
}

func (c *chaos) createJob(client *http.Client) (int64, error) {
	req, err := http.NewRequest(http.MethodPost, "http://"+c.address+"/_scrapehook/jobs", strings.NewReader("{}"))
	if err != nil {
		return 0, err
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := client.Do(req)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	var job struct{ ID int64 }
	err = json.NewDecoder(resp.Body).Decode(&job)
	if err == nil && resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("answered %d", resp.StatusCode)
	}
	return job.ID, err
}

// strike does one thing to one part.
func (c *chaos) strike(t *testing.T) {
	t.Helper()
	what := ""
	switch i := c.dice.IntN(len(c.fleet)); c.dice.IntN(12) {
	case 0, 1:
		what = "cloud killed"
		c.cloud.kill()
		c.cloud = startCloud(t, c.args...)
	case 2, 3:
		what = "receiver killed"
		c.fleet[i].kill(t)
		c.fleet[i].start(t)
	case 4:
		what = "receiver stopped"
		c.end(t, c.fleet[i])
		c.fleet[i].start(t)
	case 5:
		what = "frozen"
		victims := []*os.Process{c.cloud.cmd.Process, c.fleet[0].cmd.Process, c.fleet[1].cmd.Process}
		victim := victims[c.dice.IntN(len(victims))]
		_ = victim.Signal(syscall.SIGSTOP)
		pauseUpTo(t, c.dice, 2*time.Second)
		_ = victim.Signal(syscall.SIGCONT)
	case 6:
		if c.dice.IntN(4) == 0 {
			what = "database killed"
			restart(t, c.postgres)
		}
	case 7:
		what = "clock advanced"
		_ = c.cloud.do(t, "POST", c.cloud.ControlURL+"clock", `{"advance":"1m"}`, nil)
	default:
		w := weathers()[c.dice.IntN(len(weathers()))]
		what = "network " + string(w)
		c.networks[c.dice.IntN(len(c.networks))].set(w)
	}
	c.events[what]++
}

// end stops a process politely.
func (c *chaos) end(t *testing.T, p *process) {
	t.Helper()
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	_ = p.cmd.Wait() // its status is of its own test
	p.cmd = nil
}

// check waits until all is quiet, and compares the cloud's truth with what each
// receiver has.
func (c *chaos) check(t *testing.T) {
	t.Helper()
	truth := c.cloud.endsOf(t)
	for id := range c.answered {
		if truth[id] == "" {
			t.Errorf("job %d was answered 200, and the cloud has lost it", id)
		}
	}
	if len(truth) > len(c.answered)+c.unknown {
		t.Errorf("the cloud has %d jobs, and %d calls were answered and %d not", len(truth), len(c.answered), c.unknown)
	}
	waitFor(t, "everything is notified", func() bool {
		var state struct {
			Total int `json:"pending_total"`
		}
		return c.cloud.do(t, "GET", c.cloud.ControlURL+"state", "", &state) == nil && state.Total == 0
	})
	c.awaitImports(t)
	store, err := pgstore.Open(t.Context(), c.database)
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	imported := []func(int64) ([]json.RawMessage, error){
		readRows(sqlstore.RowsPath(c.files)),
		func(id int64) ([]json.RawMessage, error) { return store.Rows.Rows(t.Context(), id, 1000) },
	}
	rows := 0
	for id := range truth {
		want := c.download(t, id)
		rows += len(want)
		for i, read := range imported {
			got, err := read(id)
			if err != nil {
				t.Fatal(err)
			}
			if !sameRows(got, want) {
				t.Errorf("job %d (%s) has %d rows at receiver %d, want these %d", id, truth[id], len(got), i+1, len(want))
			}
		}
	}
	for i, known := range c.jobsWithRows(t) {
		for _, id := range known {
			if truth[id] == "" {
				t.Errorf("receiver %d has rows of job %d, which the cloud does not know", i+1, id)
			}
		}
	}
	t.Logf("%d jobs with %d rows at each of two receivers; %d calls without an answer; %v", len(truth), rows, c.unknown, c.events)
}

// awaitImports waits for as long as an import may be put off that has failed often,
// five minutes, and for the import itself.
func (c *chaos) awaitImports(t *testing.T) {
	t.Helper()
	for deadline := time.Now().Add(8 * time.Minute); ; time.Sleep(200 * time.Millisecond) {
		one, err := backlog(t, c.files)
		two, err2 := backlog(t, c.database)
		switch {
		case err == nil && err2 == nil && one.Wanted+two.Wanted == 0:
			return
		case time.Now().After(deadline):
			t.Fatalf("imports are left: %+v, %v; %+v, %v", one, err, two, err2)
		}
	}
}

func sameRows(got []json.RawMessage, want [][]byte) bool {
	same := len(got) == len(want)
	for i := 0; same && i < len(got); i++ {
		same = bytes.Equal(got[i], want[i])
	}
	return same
}

// download returns a job's rows as the API gives them.
func (c *chaos) download(t *testing.T, id int64) [][]byte {
	t.Helper()
	rows, err := downloadRows(t.Context(), c.cloud.APIURL, id)
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

// jobsWithRows are the jobs that each receiver has rows of.
func (c *chaos) jobsWithRows(t *testing.T) (all [2][]int64) {
	t.Helper()
	const query = `SELECT DISTINCT job_id FROM imported_rows`
	db, err := sql.Open("sqlite", "file:"+sqlstore.RowsPath(c.files)+"?mode=ro")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	found, err := db.QueryContext(t.Context(), query)
	if err != nil {
		t.Fatal(err)
	}
	defer found.Close()
	for found.Next() {
		var id int64
		if err := found.Scan(&id); err != nil {
			t.Fatal(err)
		}
		all[0] = append(all[0], id)
	}
	conn, err := pgx.Connect(t.Context(), c.database)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	result, err := conn.Query(t.Context(), query)
	if err == nil {
		all[1], err = pgx.CollectRows(result, pgx.RowTo[int64])
	}
	if err != nil || found.Err() != nil {
		t.Fatal(err, found.Err())
	}
	return all
}
