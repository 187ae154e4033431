package process_test

// The commands of the tests, for cmd.
const (
	fails = "echo no database>&2& exit 7"
	waits = "ping -n 60 127.0.0.1"
)

func quoted(path string) string  { return `"` + path + `"` }
func alone(self string) string   { return self }
func deaf(self string) string    { return "set SERVE_DEAF=1& " + self }
func inChild(self string) string { return "echo began& " + self }
