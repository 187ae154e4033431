package e2e_test

import (
	"encoding/base64"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// echo is a receiver that tells everybody everything that it is sent and told.
const echo = `
import http.server, os, sys, urllib.parse, urllib.request
class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        seen = [self.path, urllib.parse.unquote_plus(self.path), str(self.headers), os.environ["WEBSCRAPER_API_TOKEN"]]
        print("\n".join(seen), "Bearer", seen[-1], flush=True)
        if "half" in sys.argv: # it calls the API, and imports nothing
            urllib.request.urlopen(os.environ["WEBSCRAPER_API_BASE_URI"] + "account?api_token=" + seen[-1]).read()
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        body = "\n".join(seen).encode()
        self.send_response(200 if sys.argv[1] in ("half", "quiet") else 500)
        self.send_header("X-Seen", urllib.parse.quote(seen[1]))
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    do_GET = do_POST
http.server.HTTPServer(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_forever()
`

// TestConformKeepsSecrets: whatever the receiver does with the secrets that it
// is given, none of them is in any form of the report.
func TestConformKeepsSecrets(t *testing.T) {
	t.Parallel()
	needs(t, "python3")
	const secret, password, apiToken = "s3cr'et/ü+v", "pa55 w0rd", "t0ken-of-the-api"
	for _, tc := range []struct {
		name, token, secret, path, mode string
		code                            int
	}{
		{"in the query", "query:token=", secret, "/hook", "half", 1},
		{"in the head", "header:X-Token=", "s3cr'et/u+v", "/hook", "half", 1},
		{"in the path", "path:", secret, "/hook/" + url.PathEscape(secret) + "/in", "half", 1},
		{"when it never calls the API", "path:", secret, "/hook/" + url.PathEscape(secret) + "/in", "quiet", 3},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			if err := os.WriteFile(filepath.Join(dir, "echo.py"), []byte(echo), 0o600); err != nil {
				t.Fatal(err)
			}
			endpoint := "http://me:" + url.PathEscape(password) + "@" + freeAddress(t) + tc.path
			o := scrapehookIn(t, dir, nil, "conform", "--fast", "--effect-timeout", "1s", "--retry-timeout", "1s",
				"--filter", "ACK-01,ACK-02,DATA-01,FORM-06,FORM-07,SEC-01", "--token", tc.token+tc.secret, "--api-token", apiToken,
				"--run", "MY_PASSWORD=hunter2 python3 echo.py "+tc.mode, "--probe", "cmd:echo 0 # --password hunter2",
				"--unsupported", "ACK-02=it is for "+tc.secret, "--json", "r.json", "--junit", "r.xml", "--html", "r.html", endpoint)
			if o.code != tc.code {
				t.Fatalf("exit %d\n%s%s", o.code, o.stdout, o.stderr)
			}
			forms := map[string]string{"stdout": o.stdout, "stderr": o.stderr}
			for _, name := range []string{"r.json", "r.xml", "r.html"} {
				body, err := os.ReadFile(filepath.Join(dir, name))
				if err != nil {
					t.Fatal(err)
				}
				forms[name] = string(body)
			}
			if !strings.Contains(forms["r.json"], "REDACTED") || tc.code == 1 && !strings.Contains(forms["r.json"], `\"$TOKEN`) {
				t.Error("nothing was replaced")
			}
			for form, text := range forms {
				for _, part := range []string{
					// The beginning of the secret is enough, however the rest is spelled.
					"s3cr", "pa55", "hunter2", apiToken, base64.StdEncoding.EncodeToString([]byte("me:" + password)),
				} {
					if at := strings.Index(text, part); at >= 0 {
						t.Errorf("%s holds %q: …%s…", form, part, text[max(0, at-100):min(len(text), at+50)])
					}
				}
			}
		})
	}
}
