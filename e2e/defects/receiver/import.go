package main

import (
	"errors"
	"log/slog"
	"sync"
	"time"
)

// importable says whether a job's rows are to be imported.
func (i *importer) importable(status string) bool {
	switch {
	case i.is("failed-imported"):
		return ended(status)
	case i.is("finished-only"):
		return status == "finished"
	case i.is("any-status-imported"):
		return true
	}
	return status == "finished" || status == "stopped" || status == "shelved"
}

// importJob brings a job's rows up to date with the cloud.
func (i *importer) importJob(d due) error {
	id := i.wrongJob(d)
	j, err := i.cloud.job(id)
	var gone goneError
	switch {
	case errors.As(err, &gone) && i.is("gone-removes-rows"):
		i.store.db.Exec("DELETE FROM imported WHERE job = ?", d.job)
		return i.store.settle(d)
	case errors.As(err, &gone) && i.is("gone-for-ever"):
		return tryAgainError{reason: "404"}
	case errors.As(err, &gone):
		slog.Info("the job is gone", "job", d.job)
		return i.store.settle(d)
	case err != nil && i.is("status-error-is-no-job"):
		return i.store.settle(d)
	case err != nil:
		return err
	}
	if i.is("form-status-counts") {
		j.Status = d.status
	}
	if !i.importable(j.Status) {
		return i.store.settle(d)
	}
	state := j.state()
	if i.imported(d, state) {
		return i.store.settle(d)
	}
	records, err := i.cloud.records(id, j.Records)
	if err != nil {
		return i.partial(d, state, records, err)
	}
	if !i.as("looks-once", "asks-before-answering") && !i.is("swallowed-while-imported", "form-status-counts") {
		again, err := i.cloud.job(id)
		if err != nil {
			return err
		}
		if again.state() != state {
			return tryAgainError{reason: "the job has changed meanwhile"}
		}
	}
	if i.is("deletes-before-commit") {
		i.cloud.remove(id)
		time.Sleep(500 * time.Millisecond)
	}
	if err := i.store.replace(d, state, records); err != nil {
		return err
	}
	i.store.remember(d.job, state)
	if i.is("failed-delete-imports-again") {
		if err := i.cloud.remove(id); err != nil {
			i.store.db.Exec("UPDATE jobs SET done = 0, state = '' WHERE job = ?", d.job)
			return err
		}
	}
	if i.as("deletes-after-import") || i.is("gone-removes-rows") {
		i.cloud.remove(id)
	}
	return nil
}

// wrongJob is the job whose rows are downloaded: another one with a defect.
func (i *importer) wrongJob(d due) int64 {
	switch {
	case i.is("first-job-for-all"):
		return i.store.first()
	case i.is("newest-job-of-sitemap"):
		if id := i.cloud.list(d.sitemap); id != 0 {
			return id
		}
	case i.is("list-with-each-import"):
		i.cloud.list(0)
		i.cloud.list(d.sitemap)
	}
	return d.job
}

// imported says whether these rows are there.
func (i *importer) imported(d due, state string) bool {
	switch {
	case i.is("append-always"):
		return false
	case i.is("check-then-insert"):
		time.Sleep(50 * time.Millisecond) // the look is before, the write is after
	case i.is("remembers-100", "remembers-20s", "remembers-until-restart"):
		return i.store.remembers(d.job, state)
	case i.is("key-rows-by-status"):
		return i.store.hasPart(d.job, state)
	}
	return d.state == state
}

// partial is where rows of a download that broke off are kept by mistake.
func (i *importer) partial(d due, state string, records []record, err error) error {
	if i.is("partial-then-again") && len(records) > 0 {
		i.store.write(i.store.db, d, state, records)
	}
	return err
}

// look asks the cloud for a job, two seconds at most.
func (i *importer) look(id int64) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		i.cloud.job(id)
	}()
	select {
	case <-done:
	case <-time.After(2 * time.Second):
	}
}

// importNow is the import in the handler.
func (i *importer) importNow(id int64) error {
	j, err := i.cloud.job(id)
	if err != nil || !i.importable(j.Status) {
		return err
	}
	records, err := i.cloud.records(id, j.Records)
	if err != nil {
		return err
	}
	return i.store.replace(due{job: id}, j.state(), records)
}

// inMemory imports in a goroutine that nothing remembers.
func (i *importer) inMemory(n notification) {
	go func() {
		d := due{job: n.job}
		if i.is("commonest") {
			records, err := i.cloud.records(n.job, -1)
			if err != nil {
				slog.Error("import failed", "job", n.job, "error", err)
				return
			}
			i.store.write(i.store.db, d, "", records)
			return
		}
		i.mu.Lock()
		lock := i.jobs[n.job]
		if lock == nil {
			lock = &sync.Mutex{}
			i.jobs[n.job] = lock
		}
		i.mu.Unlock()
		lock.Lock()
		defer lock.Unlock()
		i.store.add(n)
		for {
			d = i.store.due(n.job)
			err := i.importJob(d)
			if err == nil {
				return
			}
			var again tryAgainError
			errors.As(err, &again)
			d.failures++
			time.Sleep(max(time.Second, again.wait))
		}
	}()
}
