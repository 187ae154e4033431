package e2e_test

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/scrapehook/scrapehook/internal/pgtest"

	"github.com/scrapehook/scrapehook/scenarios/catalogue"
)

// program builds one of the programs that only some tests need.
func program(t *testing.T, name string) string {
	t.Helper()
	binary := filepath.Join(t.TempDir(), name)
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", binary, module+"/e2e/"+name).CombinedOutput(); err != nil {
		t.Fatalf("building %s: %v\n%s", name, err, out)
	}
	return binary
}

// postgres returns a server for one test.
func postgres(t *testing.T) *pgtest.Server {
	t.Helper()
	server := &pgtest.Server{}
	t.Cleanup(func() {
		if err := server.Stop(); err != nil {
			t.Error(err)
		}
	})
	return server
}

const rowsQuery = "SELECT data FROM scrapehook.imported_rows WHERE job_id = {job} ORDER BY n"

// TestConformPostgres judges one receiver on PostgreSQL.
func TestConformPostgres(t *testing.T) {
	t.Parallel()
	url := postgres(t).Database(t)
	mustConform(t, url, fmt.Sprintf("exec '%s' receive --store '%s'", scrapehookBinary, url))
}

// TestConformFleet judges three receivers on one database, behind a balancer.
func TestConformFleet(t *testing.T) {
	t.Parallel()
	url := postgres(t).Database(t)
	var line strings.Builder
	line.WriteString("trap : TERM; ") // it waits for the others
	backends := []string{freeAddress(t), freeAddress(t), freeAddress(t)}
	for _, address := range backends {
		fmt.Fprintf(&line, "'%s' receive --listen %s --store '%s' & ", scrapehookBinary, address, url)
	}
	fmt.Fprintf(&line, "'%s' 127.0.0.1:$PORT %s & until wait; do :; done", program(t, "roundrobin"), strings.Join(backends, " "))
	mustConform(t, url, line.String())
}

func mustConform(t *testing.T, database, run string) {
	t.Helper()
	o := scrapehook(t, "conform", "--fast", "--run", run, "--probe", "sql:"+database, "--probe-query", rowsQuery,
		"http://"+freeAddress(t)+"/webhook")
	all := len(catalogue.All())
	if o.code != 0 || !strings.Contains(o.stdout, fmt.Sprintf("\npassed  (%d pass, 1 left out of %d ", all-1, all)) {
		t.Errorf("exit %d\n%s%s", o.code, o.stdout, o.stderr)
	}
}
