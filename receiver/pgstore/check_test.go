package pgstore_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/scrapehook/scrapehook/receiver"
	"github.com/scrapehook/scrapehook/receiver/pgstore"
	"github.com/scrapehook/scrapehook/receiver/storetest"
)

// TestMissingRows has rows taken away that the inbox calls done: they are found,
// and imported again.
func TestMissingRows(t *testing.T) {
	t.Parallel()
	url := server.Database(t)
	s := open(t, url)
	for id := range int64(3) {
		storetest.Accept(t, s.Inbox, id+1)
		l := storetest.Lease(t, s.Inbox, "a")
		if err := s.Rows.Replace(t.Context(), "", receiver.Import{JobID: id + 1, Fingerprint: "f", Rows: 1}, storetest.RowsOf(nil, "{}")); err != nil {
			t.Fatal(err)
		}
		if err := s.Inbox.Done(t.Context(), l, receiver.OutcomeImported); err != nil {
			t.Fatal(err)
		}
	}
	desk, err := pgstore.OpenDesk(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer desk.Close()
	check := func(says ...string) {
		t.Helper()
		problems, err := desk.Check(t.Context())
		if err != nil || len(problems) != len(says) {
			t.Fatalf("found %q, %v, want %q", problems, err, says)
		}
		for i, want := range says {
			if !strings.Contains(problems[i], want) {
				t.Errorf("found %q, want %q", problems[i], want)
			}
		}
	}
	check()
	execute(t, url, `DELETE FROM scrapehook.imported_jobs WHERE job_id < 3; DELETE FROM scrapehook.imported_rows WHERE job_id = 1`)
	check("the rows of 2 imports are missing, such as job 1")
	if jobs, err := desk.Missing(t.Context(), 10); err != nil || !slices.Equal(jobs, []int64{1, 2}) {
		t.Errorf("missing %v, %v", jobs, err)
	}
	if n, err := desk.RetryMissing(t.Context()); n != 2 || err != nil {
		t.Errorf("%d are imported again, %v", n, err)
	}
	storetest.Lease(t, s.Inbox, "b")
	storetest.Lease(t, s.Inbox, "b")
	check()
	execute(t, url, `UPDATE scrapehook.imported_jobs SET row_count = 2`)
	check("job 3 has 1 rows, and had 2")
}

// TestDocumentedQuery asks for a field as the documentation does, with rows among
// them of which PostgreSQL can't have every text.
func TestDocumentedQuery(t *testing.T) {
	t.Parallel()
	url := server.Database(t)
	s := open(t, url)
	rows := []struct{ row, title string }{
		{`{"title":"plain","price":1}`, "plain"},
		{`{"title":"a\u0000b"}`, "a\uFFFDb"},
		{`{"title":"elsewhere","other":"\u0000"}`, "elsewhere"},
		{`{"title":"half \ud800","x":1}`, "half \uFFFD"},
		{`{"title":"other half \udc00\ud83d"}`, "other half \uFFFD\uFFFD"},
		{`{"title":"pair \ud83d\ude00"}`, "pair \U0001F600"},
		{`{"title":"no escape \\u0000 \\\u0000"}`, `no escape \u0000 \` + "\uFFFD"},
		{`{"title":"quote \" \n \\"}`, "quote \" \n \\"},
	}
	texts := make([]string, 0, len(rows))
	for _, r := range rows {
		texts = append(texts, r.row)
	}
	if err := s.Rows.Replace(t.Context(), "", receiver.Import{JobID: 7, SitemapName: "shop", Fingerprint: "f"}, storetest.RowsOf(nil, texts...)); err != nil {
		t.Fatal(err)
	}
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	result, err := conn.Query(t.Context(), `SELECT scrapehook.field(r.data, 'title')
		FROM scrapehook.imported_jobs j JOIN scrapehook.imported_rows r USING (job_id)
		WHERE j.sitemap_name = 'shop' AND NOT j.partial ORDER BY j.job_id, r.n`)
	if err != nil {
		t.Fatal(err)
	}
	titles, err := pgx.CollectRows(result, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	for i, r := range rows {
		if i < len(titles) && titles[i] != r.title {
			t.Errorf("%s has the title %q, want %q", r.row, titles[i], r.title)
		}
	}
	if len(titles) != len(rows) {
		t.Errorf("%d titles", len(titles))
	}
}
