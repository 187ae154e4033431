// A receiver in Go's standard library whose queue is a folder.
//
//	STATE_DIR=/tmp/s scrapehook conform --run 'exec ./go-files' --probe 'cmd:cat /tmp/s/rows/{job}' \
//	    http://127.0.0.1:8080/webhook
//
// Each notification is a file in queue/, named by its moment, synced before the
// answer. Each job's rows are a file in rows/, replaced by a rename: {"rows": n,
// "state": "…", "records": [{"source": "webscraper", "record": {…}}]}. After the
// rename the cloud's copy is deleted (KEEP=1 leaves it there), and then the
// notifications that were seen before are removed. Killed anywhere, it begins
// again and comes to the same.
package main

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log"
	"mime"
	"net/http"
	"net/url"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"time"
)

var (
	folder = cmp.Or(os.Getenv("STATE_DIR"), ".")
	queue  = filepath.Join(folder, "queue")
	rows   = filepath.Join(folder, "rows")
	wake   = make(chan struct{}, 1)
	serial atomic.Int64
)

func main() {
	for _, dir := range []string{queue, rows} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			log.Fatal(err)
		}
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	server := &http.Server{Addr: "127.0.0.1:" + cmp.Or(os.Getenv("PORT"), "8080"), Handler: http.HandlerFunc(webhook), ReadTimeout: 15 * time.Second}
	done := make(chan struct{})
	go func() {
		defer close(done)
		work(ctx)
	}()
	go func() {
		<-ctx.Done()
		server.Shutdown(context.Background())
	}()
	if err := server.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
		log.Fatal(err)
	}
	<-done
}

func webhook(w http.ResponseWriter, r *http.Request) {
	if subtle.ConstantTimeCompare([]byte(r.URL.Query().Get("token")), []byte(os.Getenv("WEBHOOK_TOKEN"))) != 1 {
		http.Error(w, "the token is missing or wrong", http.StatusForbidden)
		return
	}
	if r.Method != http.MethodPost {
		http.Error(w, "POST only", http.StatusMethodNotAllowed)
		return
	}
	if kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); kind != "application/x-www-form-urlencoded" {
		http.Error(w, "a form is needed", http.StatusUnsupportedMediaType)
		return
	}
	r.Body = http.MaxBytesReader(w, r.Body, 64<<10)
	if err := r.ParseForm(); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	id, err := strconv.ParseInt(r.PostForm.Get("scrapingjob_id"), 10, 64)
	if err != nil || id <= 0 || r.PostForm.Get("status") == "" {
		http.Error(w, "scrapingjob_id or status is missing", http.StatusBadRequest)
		return
	}
	name := fmt.Sprintf("%d-%d-%d", id, time.Now().UnixNano(), serial.Add(1))
	if err := write(filepath.Join(queue, name), []byte(r.PostForm.Encode())); err != nil {
		log.Print(err)
		http.Error(w, "try again later", http.StatusServiceUnavailable)
		return
	}
	select {
	case wake <- struct{}{}:
	default:
	}
}

// write makes a file that is whole, or not there, and stays.
func write(path string, body []byte) error {
	f, err := os.Create(filepath.Join(folder, "new-"+filepath.Base(path)))
	if err != nil {
		return err
	}
	_, err = f.Write(body)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return err
	}
	dir, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}

// work imports what is in the queue, one job at a time.
func work(ctx context.Context) {
	failures, notBefore := map[string]int{}, map[string]time.Time{}
	for ctx.Err() == nil {
		files, err := os.ReadDir(queue)
		if err != nil {
			log.Print(err)
		}
		jobs := map[string][]string{}
		for _, f := range files {
			id, _, _ := strings.Cut(f.Name(), "-")
			jobs[id] = append(jobs[id], f.Name())
		}
		for id, names := range jobs {
			if time.Now().Before(notBefore[id]) || ctx.Err() != nil {
				continue
			}
			if err := bring(id); err != nil {
				failures[id]++
				wait := min(time.Second<<min(failures[id]-1, 6), time.Minute)
				var refused refusal
				if errors.As(err, &refused) {
					wait = max(wait, refused.wait)
				}
				notBefore[id] = time.Now().Add(wait)
				log.Printf("job %s: %v; again in %s", id, err, wait)
				continue
			}
			delete(failures, id)
			delete(notBefore, id)
			for _, name := range names {
				os.Remove(filepath.Join(queue, name))
			}
		}
		select {
		case <-ctx.Done():
		case <-wake:
		case <-time.After(500 * time.Millisecond):
		}
	}
}

type refusal struct {
	code int
	wait time.Duration
}

func (r refusal) Error() string { return fmt.Sprint("answered ", r.code) }

func call(method, path string) (*http.Response, error) {
	address := os.Getenv("WEBSCRAPER_API_BASE_URI") + path + "?api_token=" + url.QueryEscape(os.Getenv("WEBSCRAPER_API_TOKEN"))
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Minute)
	r, err := http.NewRequestWithContext(ctx, method, address, nil)
	if err != nil {
		cancel()
		return nil, err
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		cancel()
		return nil, err
	}
	answer.Body = body{answer.Body, cancel}
	if answer.StatusCode != http.StatusOK {
		answer.Body.Close()
		seconds, _ := strconv.Atoi(answer.Header.Get("Retry-After"))
		return nil, refusal{answer.StatusCode, time.Duration(seconds) * time.Second}
	}
	return answer, nil
}

type body struct {
	io.ReadCloser
	cancel func()
}

func (b body) Close() error {
	defer b.cancel()
	return b.ReadCloser.Close()
}

type file struct {
	Rows    int              `json:"rows"`
	State   string           `json:"state"`
	Records []map[string]any `json:"records"`
}

// about is what the cloud says of a job.
type about struct {
	Status  string
	Records int         `json:"stored_record_count"`
	Took    json.Number `json:"scraping_duration"`
}

func (a about) state() string { return fmt.Sprint(a.Status, " ", a.Records, " ", a.Took) }

// ask returns what the cloud says of a job; there is false when it has none.
func ask(id string) (a about, there bool, err error) {
	answer, err := call(http.MethodGet, "scraping-job/"+id)
	var refused refusal
	if errors.As(err, &refused) && refused.code == http.StatusNotFound {
		return a, false, nil
	}
	if err != nil {
		return a, false, err
	}
	defer answer.Body.Close()
	envelope := struct{ Data about }{}
	err = json.NewDecoder(answer.Body).Decode(&envelope)
	return envelope.Data, true, err
}

// bring makes the rows' file what the cloud has.
func bring(id string) error {
	job, there, err := ask(id)
	if err != nil || !there || !slices.Contains([]string{"finished", "stopped", "shelved"}, job.Status) {
		return err
	}
	path := filepath.Join(rows, id)
	var stored file
	if old, err := os.ReadFile(path); err == nil {
		if err := json.Unmarshal(old, &stored); err != nil {
			return err
		}
	} else if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if stored.State != job.state() {
		records, err := download(id)
		if err != nil {
			return err
		}
		if len(records) != job.Records {
			return fmt.Errorf("%d rows of %d", len(records), job.Records)
		}
		text, err := json.Marshal(file{len(records), job.state(), records})
		if err != nil {
			return err
		}
		if err := write(path, text); err != nil {
			return err
		}
	}
	if os.Getenv("KEEP") != "" {
		return nil
	}
	return remove(id, job.state())
}

// remove deletes the cloud's copy, unless somebody has continued the job since: then
// it is another one, and its rows are yet to come.
func remove(id, state string) error {
	job, there, err := ask(id)
	if err != nil || !there {
		return err
	}
	if job.state() != state {
		return errors.New("it has changed meanwhile")
	}
	answer, err := call(http.MethodDelete, "scraping-job/"+id)
	var refused refusal
	if errors.As(err, &refused) && refused.code == http.StatusNotFound {
		return nil
	}
	if err != nil {
		return err
	}
	return answer.Body.Close()
}

func download(id string) (records []map[string]any, err error) {
	answer, err := call(http.MethodGet, "scraping-job/"+id+"/json")
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	lines := bufio.NewReader(answer.Body)
	records = []map[string]any{}
	for {
		line, err := lines.ReadBytes('\n')
		if err != nil && err != io.EOF {
			return nil, err
		}
		if len(bytes.TrimSpace(line)) > 0 {
			object := map[string]json.RawMessage{}
			if err := json.Unmarshal(line, &object); err != nil {
				return nil, err
			}
			records = append(records, map[string]any{"source": "webscraper", "record": object})
		}
		if err == io.EOF {
			return records, nil
		}
	}
}
