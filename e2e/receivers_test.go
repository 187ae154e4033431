package e2e_test

import (
	"context"
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"
)

// TestReceivers judges correct receivers of every kind that was thought of: with
// queues, batches, typed tables, a proxy, and databases of their own. "make
// receivers" judges those as well that need more than a test should.
func TestReceivers(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name  string
		tools []string
		// wrong is how the suite misjudges it today; it is not played then.
		wrong string
	}{
		{"flask-batch", []string{"flask"}, "a boolean made of words is taken for another value"},
		{"go-files", nil, "nested rows are taken for an error's body"},
		{"nginx-slow-start", []string{"nginx", "python3"}, "502 of a proxy while the program starts is taken for its answer"},
		{"node-bullmq", []string{"node", "npm", "redis-server"}, ""},
		{"perl-postgres", []string{"perl", "postgres"}, "NULL and numbers are taken for other values than absent and text"},
		{"ruby-csv", []string{"webrick"}, "a receiver that believes the cloud is warned of an unknown status in the form"},
	} {
		if tc.wrong != "" {
			continue
		}
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			for _, tool := range tc.tools {
				needs(t, tool)
			}
			ctx, cancel := context.WithTimeout(t.Context(), 8*time.Minute)
			defer cancel()
			cmd := exec.CommandContext(ctx, "receivers/judge.sh", tc.name, "--fast")
			cmd.Env = append(os.Environ(), "SCRAPEHOOK="+scrapehookBinary)
			ownGroup(cmd, syscall.SIGTERM)
			cmd.WaitDelay = 20 * time.Second
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Errorf("%v\n%s", err, out)
			}
		})
	}
}
