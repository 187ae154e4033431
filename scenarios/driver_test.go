package scenarios

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/scrapehook/scrapehook/scenarios/internal/patience"
)

// TestEvidenceIsBounded: of each kind so much is kept, and the rest counted.
func TestEvidenceIsBounded(t *testing.T) {
	t.Parallel()
	s := &Driver{harness: &harness{traffic: newTraffic(&patience.Rhythm{})}, began: time.Now(), recorded: map[Kind]int{}}
	for i := range evidenceKept + 7 {
		s.Note("note %d", i)
	}
	s.add(time.Now(), OfProbe, "a reading")
	got := s.closing()
	if len(got) != evidenceKept+2 || got[evidenceKept].Text != "a reading" {
		t.Fatalf("%d pieces, the one before the last is %+v", len(got), got[len(got)-2])
	}
	if last := got[len(got)-1]; last.Kind != OfNote || last.Text != "7 more of this kind are left out" {
		t.Errorf("the last is %+v", last)
	}
}

// TestChangesAreBounded: of readings that change without end, the first are
// kept and the last.
func TestChangesAreBounded(t *testing.T) {
	t.Parallel()
	var e Effect
	for i := range 10 * changesKept {
		e.note(change{text: fmt.Sprint(i)})
	}
	if len(e.changes) != changesKept || e.changes[0].text != "0" || e.changes[changesKept-1].text != fmt.Sprint(10*changesKept-1) {
		t.Errorf("kept %+v", e.changes)
	}
}

// TestNothingGoesOnAfterAScenario: what a scenario began beside its Play ends with
// it, also when the harness fails before Play has ended it.
func TestNothingGoesOnAfterAScenario(t *testing.T) {
	t.Parallel()
	rhythm := &patience.Rhythm{}
	h := &harness{rhythm: rhythm, traffic: newTraffic(rhythm)}
	r := newRun(h, Selection{})
	ended := make(chan struct{})
	result, _ := r.perform(t.Context(), Scenario{Play: func(d *Driver) {
		d.WatchDelete(Job{ID: 7})
		d.background.Go(func() {
			<-d.ctx.Done()
			close(ended)
		})
		d.check("looking for an effect", errors.New("the probe is broken"))
	}}, phaseSlot{})
	select {
	case <-ended:
	default:
		t.Error("a goroutine of the scenario is left behind")
	}
	if result.Verdict != Errored {
		t.Errorf("verdict %s of %+v", result.Verdict, result.Findings)
	}
	if deletion := h.traffic.jobs[7].deletion; deletion != nil {
		select {
		case <-deletion.hold.Release:
		default:
			t.Error("a DELETE would still be held")
		}
	}
}
