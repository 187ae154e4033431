package control_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/scrapehook/scrapehook/simulator"
	served "github.com/scrapehook/scrapehook/simulator/internal/control"
)

const openAPI = "../../../docs/control-api.openapi.json"

// described is the OpenAPI document.
type described struct {
	Paths      map[string]map[string]operation
	Components struct{ Responses map[string]any }

	schemas *jsonschema.Compiler
}

type operation struct {
	RequestBody *struct {
		Content map[string]struct{ Example json.RawMessage }
	}
	Responses map[string]struct {
		Ref     string `json:"$ref"`
		Content map[string]any
	}
}

func readOpenAPI(t *testing.T) *described {
	t.Helper()
	text, err := os.ReadFile(openAPI)
	if err != nil {
		t.Fatal(err)
	}
	d := &described{schemas: jsonschema.NewCompiler()}
	if err := json.Unmarshal(text, d); err != nil {
		t.Fatal(err)
	}
	resource, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	if err := d.schemas.AddResource("openapi.json", resource); err != nil {
		t.Fatal(err)
	}
	return d
}

// routes are its operations, written as the server writes them.
func (d *described) routes() []string {
	var all []string
	for path, methods := range d.Paths {
		for method := range methods {
			all = append(all, strings.ToUpper(method)+" "+strings.TrimPrefix(path, "/"))
		}
	}
	slices.Sort(all)
	return all
}

func (d *described) operation(route string) operation {
	method, path, _ := strings.Cut(route, " ")
	return d.Paths["/"+path][strings.ToLower(method)]
}

// example is the body that the document shows.
func (o operation) example() string {
	if o.RequestBody == nil {
		return ""
	}
	return string(o.RequestBody.Content["application/json"].Example)
}

// conforms checks a body with the schema at a pointer into the document.
func (d *described) conforms(t *testing.T, what, pointer string, body []byte) {
	t.Helper()
	schema, err := d.schemas.Compile("openapi.json#" + pointer)
	if err != nil {
		t.Fatalf("%s: %v", what, err)
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(body))
	if err == nil {
		err = schema.Validate(value)
	}
	if err != nil {
		t.Errorf("%s: %s: %v", what, body, err)
	}
}

// pointerTo is where the document has the schema of a part of a route.
func pointerTo(route, part string) string {
	method, path, _ := strings.Cut(route, " ")
	escaped := strings.NewReplacer("/", "~1", "{", "%7B", "}", "%7D").Replace("/" + path)
	return "/paths/" + escaped + "/" + strings.ToLower(method) + "/" + part + "/content/application~1json/schema"
}

// exchange is one call, and what must come of it.
type exchange struct {
	route, query, body string
	id                 any
	header             http.Header
	want               int
}

// play makes a call and checks its answer against the document.
func (d *described) play(t *testing.T, c *simulator.TestCloud, e exchange) (answer map[string]any) {
	t.Helper()
	method, path, _ := strings.Cut(e.route, " ")
	what := fmt.Sprintf("%s, %d wanted", e.route, e.want)
	where := strings.ReplaceAll(path, "{id}", fmt.Sprint(e.id)) + e.query
	req, err := http.NewRequestWithContext(t.Context(), method, c.ControlURL()+where, strings.NewReader(e.body))
	if err != nil {
		t.Fatal(err)
	}
	if req.Header = e.header; req.Header == nil {
		req.Header = http.Header{"Content-Type": {"application/json"}}
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	response, known := d.operation(e.route).Responses[fmt.Sprint(resp.StatusCode)]
	if resp.StatusCode != e.want || !known {
		body, _ := io.ReadAll(io.LimitReader(resp.Body, 1000))
		t.Fatalf("%s: %d (in the document: %v): %s", what, resp.StatusCode, known, body)
	}
	if _, stream := response.Content["text/event-stream"]; stream {
		if kind := resp.Header.Get("Content-Type"); kind != "text/event-stream" {
			t.Errorf("%s: the answer is %s", what, kind)
		}
		return nil
	}
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	pointer := pointerTo(e.route, "responses/200")
	if name, shared := strings.CutPrefix(response.Ref, "#/components/responses/"); shared {
		if d.Components.Responses[name] == nil {
			t.Errorf("%s: the document has no response %s", what, name)
		}
		pointer = "/components/schemas/Error"
	}
	d.conforms(t, what, pointer, body)
	_ = json.Unmarshal(body, &answer) // the schema says that it is an object
	return answer
}

// TestOpenAPIHasEveryRoute: what is served is in the document, and the other way
// round.
func TestOpenAPIHasEveryRoute(t *testing.T) {
	t.Parallel()
	if written, routes := readOpenAPI(t).routes(), served.Routes(); !slices.Equal(written, routes) {
		t.Errorf("the document has\n%s\nand served is\n%s", strings.Join(written, "\n"), strings.Join(routes, "\n"))
	}
}

// TestOpenAPIAnswers calls every route with the body that the document shows, and
// checks each answer with its schema.
func TestOpenAPIAnswers(t *testing.T) {
	t.Parallel()
	d := readOpenAPI(t)
	c := simulator.Start(t, simulator.Config{Seed: 1})
	played := map[string]bool{}
	play := func(route string, id any) map[string]any {
		t.Helper()
		played[route] = true
		return d.play(t, c, exchange{route: route, id: id, body: d.operation(route).example(), want: http.StatusOK})
	}
	number := func(answer map[string]any, member string) int64 {
		t.Helper()
		n, ok := answer[member].(float64)
		if !ok {
			t.Fatalf("%s is not a number in %v", member, answer)
		}
		return int64(n)
	}
	play("GET health", nil)
	play("GET ready", nil)
	play("POST seed", nil)
	sitemap := number(play("POST sitemaps", nil), "id")
	play("PUT sitemaps/{id}/tags", sitemap)
	play("PUT endpoints", nil)
	url, _ := endpoint(t, http.StatusOK)
	c.SetEndpoints(url)
	play("GET endpoints", nil)

	job := number(play("POST jobs", nil), "id")
	play("GET jobs/{id}", job)
	play("POST jobs/{id}/end", job)
	c.AwaitAcknowledged(job)
	d.play(t, c, exchange{route: "POST jobs/{id}/end", id: job, want: http.StatusConflict})
	play("POST jobs/{id}/continue", job)
	d.play(t, c, exchange{route: "POST jobs/{id}/continue", id: job, want: http.StatusConflict})
	play("POST jobs/{id}/stop", job)
	c.AwaitAcknowledged(job)

	play("GET deliveries", nil)
	d.play(t, c, exchange{route: "GET deliveries", query: "?limit=0", want: http.StatusBadRequest})
	d.play(t, c, exchange{route: "GET deliveries", query: "?limit=1", want: http.StatusOK})
	play("GET deliveries/{id}", 1)
	play("POST deliveries/{id}/resend", 1)
	play("POST deliveries/{id}/send", 1)
	play("GET deliveries/events", nil)
	play("POST test-notification", nil)

	rule := number(play("POST faults", nil), "id")
	play("GET faults", nil)
	senders := number(play("POST sender-faults", nil), "id")
	play("GET sender-faults", nil)
	play("GET state", nil)
	play("DELETE sender-faults/{id}", senders)
	play("DELETE sender-faults", nil)
	play("DELETE faults/{id}", rule)
	play("DELETE faults", nil)
	play("GET clock", nil)
	play("POST clock", nil)
	play("POST reset", nil)
	for _, route := range d.routes() {
		if !played[route] {
			t.Errorf("%s is never called", route)
		}
	}
}

// TestOpenAPIRefusals: each route refuses as the document says.
func TestOpenAPIRefusals(t *testing.T) {
	t.Parallel()
	d := readOpenAPI(t)
	c := simulator.Start(t, simulator.Config{Seed: 1})
	for _, route := range d.routes() {
		o := d.operation(route)
		e := exchange{route: route, id: 999_999_999, body: o.example()}
		if _, says := o.Responses["404"]; says && strings.Contains(route, "{id}") {
			e.want = http.StatusNotFound
			d.play(t, c, e)
		}
		if o.example() != "" {
			d.play(t, c, exchange{route: route, id: e.id, body: `{"nonsense":1}`, want: http.StatusBadRequest})
		}
		if !strings.HasPrefix(route, "GET ") {
			e.header, e.want = http.Header{"Content-Type": {"text/plain"}}, http.StatusUnsupportedMediaType
			d.play(t, c, e)
		}
		e.header, e.want = http.Header{"Origin": {"https://elsewhere.example"}}, http.StatusForbidden
		d.play(t, c, e)
	}
}

// TestOpenAPIExamples: the document's own bodies are what its schemas say.
func TestOpenAPIExamples(t *testing.T) {
	t.Parallel()
	d := readOpenAPI(t)
	for _, route := range d.routes() {
		if body := d.operation(route).example(); body != "" {
			d.conforms(t, route, pointerTo(route, "requestBody"), []byte(body))
		}
	}
}
