package record_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/scrapehook/scrapehook/internal/delivery"
	"github.com/scrapehook/scrapehook/internal/traffic/record"
)

// some is a record of a few deliveries.
const some = header +
	`{"index":1,"attempt":1,"sent_us":1,"reason":"rejected","code":500,"form":"scrapingjob_id=11&status=failed&sitemap_id=1&sitemap_name=%61bc"}` + "\n" +
	`{"index":1,"attempt":2,"sent_us":2,"reason":"acked","code":200,"form":"scrapingjob_id=11&status=failed&sitemap_id=1&sitemap_name=%61bc"}` + "\n" +
	`{"index":2,"attempt":1,"sent_us":3,"reason":"timeout","form":"status=finished&scrapingjob_id=12&sitemap_id=11&sitemap_name=scrapingjob_id"}` + "\n" +
	`{"index":3,"attempt":1,"sent_us":4,"reason":"rejected","code":400,"form":"a=11"}` + "\n"

func someReplay(t *testing.T) *record.Replay {
	t.Helper()
	replay, err := record.Read(strings.NewReader(some), 1)
	if err != nil {
		t.Fatal(err)
	}
	return replay
}

func TestOnly(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, only string
		want       int // how many; 0 is refused
		says       string
	}{
		{"everything", "", 4, ""},
		{"a status", "status=failed", 2, ""},
		{"either status", "status=failed status=finished", 3, ""},
		{"a status and a reason", "status=failed reason=rejected", 1, ""},
		{"a code", "code=400", 1, ""},
		{"a job", "job=12", 1, ""},
		{"no such job", "job=13", 0, "no delivery of the record is like that"},
		{"a word", "failed", 0, `"failed": write it like status=failed`},
		{"a key", "state=failed", 0, "write it like"},
		{"a value that is none", "status=broken", 0, `"broken" is not a status`},
		{"a reason that is none", "reason=bad", 0, `"bad" is not a reason`},
		{"a code that is none", "code=ok", 0, `"ok" is not an HTTP status`},
		{"a job that is none", "job=x", 0, `"x" is not a job id`},
	} {
		only, err := record.ParseOnly(strings.Fields(tc.only))
		replay := someReplay(t)
		if err == nil {
			err = replay.Select(only)
		}
		if err != nil {
			if tc.want != 0 || !strings.Contains(err.Error(), tc.says) {
				t.Errorf("%s: %v", tc.name, err)
			}
		} else if got := len(forms(replay)); got != tc.want {
			t.Errorf("%s: %d, want %d", tc.name, got, tc.want)
		}
	}
}

func TestFreshIDs(t *testing.T) {
	t.Parallel()
	replay := someReplay(t)
	before := forms(replay)
	replay.FreshIDs()
	after := forms(replay)
	offset := replay.Replayed().IDOffset
	if offset <= 0 || after[0] != after[1] || after[3] != before[3] {
		t.Errorf("offset %d: %q", offset, after)
	}
	for i, id := range []int64{11, 11, 12} {
		if n := replay.Job(int64(i)).Notification; n.JobID != id+offset {
			t.Errorf("job %d is now %d", id, n.JobID)
		}
	}
	if !strings.HasSuffix(after[0], "&status=failed&sitemap_id=1&sitemap_name=%61bc") || !strings.HasSuffix(after[2], "&sitemap_id=11&sitemap_name=scrapingjob_id") {
		t.Errorf("more than the id has changed: %q", after)
	}
	replay.Compare(0, delivery.Acked, 200)
	replay.Compare(1, delivery.Acked, 200)
	replay.Compare(2, delivery.Acked, 200)
	replay.Compare(3, delivery.Acked, 200)
	got := replay.Replayed()
	jobs := map[string][]int64{}
	for _, c := range got.Changes {
		jobs[c.Before] = c.Jobs
	}
	if got.Recorded != 4 || got.Same != 1 || !slices.Equal(jobs["rejected 500"], []int64{11}) || !slices.Equal(jobs["timeout"], []int64{12}) || jobs["rejected 400"] != nil {
		t.Errorf("compared: %+v", got)
	}
}

func TestFreshIDsWithoutRoomOrIDs(t *testing.T) {
	t.Parallel()
	for _, form := range []string{"a=1", "scrapingjob_id=9223372036854775807", "scrapingjob_id=-1", "scrapingjob_id=x", ""} {
		replay, err := record.Read(strings.NewReader(header+`{"index":1,"attempt":1,"sent_us":1,"reason":"acked","code":200,"form":"`+form+`"}`+"\n"), 1)
		if err != nil {
			t.Fatal(err)
		}
		replay.FreshIDs()
		if got := forms(replay); got[0] != form || replay.Replayed().IDOffset != 0 {
			t.Errorf("%q became %q", form, got)
		}
	}
}
