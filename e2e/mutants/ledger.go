package mutants

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"github.com/scrapehook/scrapehook/webhook"
)

// ledger is what lasts of a receiver: a journal of what was notified and what
// was imported. Everything else, the file of rows included, is made from it.
type ledger struct {
	out string

	mu     sync.Mutex
	file   *os.File
	size   int64 // of what is whole and synced; the next entry goes there
	jobs   map[int64]*jobState
	active int // jobs with an importJob of their own, begun or due

	publishing sync.Mutex // one writer of the file of rows at a time
}

// jobState is what the journal says of one job.
type jobState struct {
	imported
	notified int   // notifications so far
	settled  int   // how many of them the last import has answered to
	stored   int64 // where in the journal its rows are: later ones are farther on
	active   bool
}

// imported is what is stored of a job: the cloud's state of it that the rows
// belong to, and the rows.
type imported struct {
	State string
	Rows  [][]byte

	job jobInfo // what State was made from, while it is new
}

// entry is one line of the journal.
type entry struct {
	Notified *webhook.Notification `json:"notified,omitempty"`
	Settled  *settlement           `json:"settled,omitempty"`
}

// settlement says that everything was done that a job's notifications, up to
// that number, asked for. With a State, its rows replace the earlier ones.
type settlement struct {
	Job   int64             `json:"job"`
	UpTo  int               `json:"upTo"`
	State string            `json:"state,omitempty"`
	Rows  []json.RawMessage `json:"rows,omitempty"`
}

// openLedger reads the journal, or begins one, and writes the file of rows: a
// kill may have come between the two.
func openLedger(journal, out string) (*ledger, error) {
	file, err := os.OpenFile(journal, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("opening the journal: %w", err)
	}
	l := &ledger{out: out, file: file, jobs: map[int64]*jobState{}}
	if err := errors.Join(l.replay(), syncFolder(journal), l.publish()); err != nil {
		_ = file.Close()
		return nil, fmt.Errorf("reading the journal: %w", err)
	}
	return l, nil
}

// syncFolder makes the journal's name as durable as its entries.
func syncFolder(journal string) error {
	folder, err := os.Open(filepath.Dir(journal))
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}

// replay reads up to the first entry that is not whole: what a kill cut was
// never acknowledged.
func (l *ledger) replay() error {
	for r := bufio.NewReader(l.file); ; {
		line, err := r.ReadBytes('\n')
		var e entry
		if errors.Is(err, io.EOF) || err == nil && json.Unmarshal(line, &e) != nil {
			return l.file.Truncate(l.size)
		}
		if err != nil {
			return err
		}
		l.size += int64(len(line))
		l.applyLocked(e)
	}
}

func (l *ledger) applyLocked(e entry) {
	if e.Notified != nil {
		l.jobLocked(e.Notified.JobID).notified++
	}
	if s := e.Settled; s != nil {
		j := l.jobLocked(s.Job)
		j.settled = s.UpTo
		if s.State != "" {
			j.State, j.Rows, j.stored = s.State, nil, l.size
			for _, row := range s.Rows {
				j.Rows = append(j.Rows, row)
			}
		}
	}
}

func (l *ledger) jobLocked(id int64) *jobState {
	j := l.jobs[id]
	if j == nil {
		j = &jobState{}
		l.jobs[id] = j
	}
	return j
}

// appendLocked writes an entry, durably. A failed write is overwritten by the
// next one.
func (l *ledger) appendLocked(e entry) error {
	var line bytes.Buffer
	encoder := json.NewEncoder(&line)
	encoder.SetEscapeHTML(false) // a row comes back byte for byte
	if err := encoder.Encode(e); err != nil {
		return fmt.Errorf("encoding a journal entry: %w", err)
	}
	_, err := l.file.WriteAt(line.Bytes(), l.size)
	if err == nil {
		err = l.file.Sync()
	}
	if err != nil {
		return fmt.Errorf("writing the journal: %w", err)
	}
	l.size += int64(line.Len())
	l.applyLocked(e)
	return nil
}

// errBusy means that too many jobs wait for their import.
var errBusy = errors.New("too many imports are waiting")

// notify stores a notification. begin tells the caller to begin the job's
// importing; otherwise it is under way and will look again.
func (l *ledger) notify(n webhook.Notification) (begin bool, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	j := l.jobLocked(n.JobID)
	if !j.active && l.active >= most {
		return false, errBusy
	}
	if err := l.appendLocked(entry{Notified: &n}); err != nil {
		return false, err
	}
	if j.active {
		return false, nil
	}
	j.active = true
	l.active++
	return true, nil
}

// busy is the number of jobs that are being imported, or wait for it.
func (l *ledger) busy() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.active
}

// pending returns the jobs that the journal left unsettled, which are the
// caller's to import. It is for the start.
func (l *ledger) pending() []int64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	var ids []int64
	for id, j := range l.jobs {
		if !j.active && j.settled < j.notified {
			j.active = true
			l.active++
			ids = append(ids, id)
		}
	}
	return ids
}

// unsettled returns the jobs that notifications have asked something for which
// is not done.
func (l *ledger) unsettled() []int64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	var ids []int64
	for id, j := range l.jobs {
		if j.settled < j.notified {
			ids = append(ids, id)
		}
	}
	return ids
}

// next says what a job's import has to answer to: how many notifications, and
// what is stored. When all are settled, the job's importing ends.
func (l *ledger) next(id int64) (upTo int, have imported, more bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	j := l.jobLocked(id)
	if j.settled >= j.notified {
		j.active = false
		l.active--
		return 0, imported{}, false
	}
	return j.notified, j.imported, true
}

// settle stores the end of an import and shows its rows. Rows without a State
// leave what is stored as it is.
func (l *ledger) settle(id int64, upTo int, got imported) error {
	s := &settlement{Job: id, UpTo: upTo, State: got.State}
	for _, row := range got.Rows {
		s.Rows = append(s.Rows, row)
	}
	l.mu.Lock()
	err := l.appendLocked(entry{Settled: s})
	l.mu.Unlock()
	if err != nil || got.State == "" {
		return err
	}
	return l.publish()
}

// strike says that nothing is to be done for a job's notifications so far.
func (l *ledger) strike(id int64) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.appendLocked(entry{Settled: &settlement{Job: id, UpTo: l.jobLocked(id).notified}})
}

// publish writes the file of rows beside the one that is read, and puts it in
// its place. It needs no sync: the journal has everything.
func (l *ledger) publish() error {
	l.publishing.Lock()
	defer l.publishing.Unlock()
	var all bytes.Buffer
	l.mu.Lock()
	for _, id := range slices.Sorted(maps.Keys(l.jobs)) {
		for _, row := range l.jobs[id].Rows {
			all.Write(row)
			all.WriteByte('\n')
		}
	}
	l.mu.Unlock()
	temporary := l.out + ".new"
	if err := os.WriteFile(temporary, all.Bytes(), 0o644); err != nil { //nolint:gosec // a probe may be somebody else
		return fmt.Errorf("writing the rows: %w", err)
	}
	if err := os.Rename(temporary, l.out); err != nil {
		return fmt.Errorf("showing the rows: %w", err)
	}
	return nil
}

func (l *ledger) close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.file.Close()
}
