package console

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/scrapehook/scrapehook/internal/delivery"
	"github.com/scrapehook/scrapehook/internal/human"
	"github.com/scrapehook/scrapehook/webhook"
)

// endpointKey names an endpoint in the console's addresses, where its URL would
// show its secret.
func endpointKey(url string) string {
	sum := sha256.Sum256([]byte(url))
	return hex.EncodeToString(sum[:6])
}

// endpointForm is the form that adds or changes an endpoint, with what is wrong
// with each field.
type endpointForm struct {
	URL, Token           string
	URLError, TokenError string
}

// tokenParameter is how a secret token stands in an endpoint's URL. The vendor
// leaves its name to the user; ours is what the reference receiver reads.
const tokenParameter = "token"

// endpoint is the URL that the form stands for. Without one, the form says why.
func (f *endpointForm) endpoint() (string, bool) {
	if f.URL == "" {
		f.URLError = "Write the address of your handler, like http://127.0.0.1:8080/webhook."
		return "", false
	}
	if err := delivery.CheckURL(f.URL); err != nil {
		f.URLError = sentence(err)
		return "", false
	}
	if f.Token == "" {
		return f.URL, true
	}
	u, err := url.Parse(f.URL)
	if err != nil {
		f.URLError = sentence(err)
		return "", false
	}
	query := u.Query()
	if query.Has(tokenParameter) {
		f.TokenError = "The address has a token already: leave this empty, or take it out of the address."
		return "", false
	}
	addition := tokenParameter + "=" + url.QueryEscape(f.Token)
	u.RawQuery = strings.Trim(u.RawQuery+"&"+addition, "&") // not Encode: it would sort the rest
	return u.String(), true
}

// sentence is an error as a sentence.
func sentence(err error) string {
	text := err.Error()
	return strings.ToUpper(text[:1]) + text[1:] + "."
}

// endpointView is one endpoint in the list.
type endpointView struct{ URL, Key string }

// endpointsView is the page of the endpoints.
type endpointsView struct {
	Endpoints []endpointView
	Profile   webhook.Profile
	Rules     string
	Form      endpointForm
	Test      testForm
	Answer    *answerView
	// API and Token are what a handler downloads a job's rows with.
	API, Token string
}

func (s *server) endpointPage(w http.ResponseWriter, r *http.Request) {
	v := s.endpointsView(r)
	if number := r.URL.Query().Get("test"); number != "" {
		if t, ok := s.trials.get(number); ok {
			answer := s.answerView(t)
			v.Answer, v.Test = &answer, t.form
		}
	}
	s.showEndpoints(w, r, http.StatusOK, v)
}

func (s *server) endpointsView(r *http.Request) endpointsView {
	v := endpointsView{
		Profile: s.cfg.Profile, Rules: rules(s.cfg.Profile), Test: s.newTestForm(),
		API: origin(r) + "/api/v1/", Token: s.cfg.Token,
	}
	for _, u := range s.cfg.Cloud.Endpoints() {
		v.Endpoints = append(v.Endpoints, endpointView{u, endpointKey(u)})
	}
	return v
}

func (s *server) showEndpoints(w http.ResponseWriter, r *http.Request, status int, v endpointsView) {
	v.Test.Endpoints = v.Endpoints
	if v.Test.Endpoint == "" && len(v.Endpoints) > 0 {
		v.Test.Endpoint = v.Endpoints[0].Key
	}
	s.show(w, r, status, "endpoints", "Endpoints", "Endpoints", v)
}

// origin is how the browser calls the cloud.
func origin(r *http.Request) string {
	if r.TLS != nil {
		return "https://" + r.Host
	}
	return "http://" + r.Host
}

func (s *server) addEndpoint(w http.ResponseWriter, r *http.Request) {
	if !s.parseForm(w, r) {
		return
	}
	form := endpointForm{URL: field(r, "url"), Token: field(r, "token")}
	if added, ok := form.endpoint(); ok {
		s.endpoints.Lock()
		defer s.endpoints.Unlock()
		if form.URLError = s.setEndpoints(append(slices.Clone(s.cfg.Cloud.Endpoints()), added)); form.URLError == "" {
			seeOther(w, r, "?done=added")
			return
		}
	}
	v := s.endpointsView(r)
	v.Form = form
	s.showEndpoints(w, r, http.StatusUnprocessableEntity, v)
}

// setEndpoints replaces the endpoints, or says what is wrong with them.
func (s *server) setEndpoints(urls []string) (wrong string) {
	for i, u := range urls {
		if slices.Contains(urls[:i], u) {
			return "This address is an endpoint already."
		}
	}
	if err := s.cfg.Cloud.SetEndpoints(urls); err != nil {
		return sentence(err)
	}
	return ""
}

// editView is the page that changes an endpoint.
type editView struct {
	endpointView
	Form endpointForm
}

func (s *server) editEndpointPage(w http.ResponseWriter, r *http.Request) {
	u, ok := s.endpoint(r.PathValue("key"))
	if !ok {
		s.fail(w, r, http.StatusNotFound, goneEndpoint)
		return
	}
	s.show(w, r, http.StatusOK, "endpoint", "Edit an endpoint", "Endpoints",
		editView{endpointView{u, endpointKey(u)}, endpointForm{URL: u}})
}

const goneEndpoint = "This endpoint does not exist any more: it was changed or removed since."

// endpoint is the URL with a key, if there is one.
func (s *server) endpoint(key string) (string, bool) {
	all := s.cfg.Cloud.Endpoints()
	i := slices.IndexFunc(all, func(u string) bool { return endpointKey(u) == key })
	if i < 0 {
		return "", false
	}
	return all[i], true
}

func (s *server) editEndpoint(w http.ResponseWriter, r *http.Request) {
	if !s.parseForm(w, r) {
		return
	}
	s.endpoints.Lock()
	defer s.endpoints.Unlock()
	before, ok := s.endpoint(r.PathValue("key"))
	if !ok {
		s.fail(w, r, http.StatusNotFound, goneEndpoint)
		return
	}
	form := endpointForm{URL: field(r, "url"), Token: field(r, "token")}
	if after, ok := form.endpoint(); ok {
		all := slices.Clone(s.cfg.Cloud.Endpoints())
		all[slices.Index(all, before)] = after
		if form.URLError = s.setEndpoints(all); form.URLError == "" {
			seeOther(w, r, "?done=changed")
			return
		}
	}
	s.show(w, r, http.StatusUnprocessableEntity, "endpoint", "Edit an endpoint", "Endpoints",
		editView{endpointView{before, endpointKey(before)}, form})
}

func (s *server) removeEndpoint(w http.ResponseWriter, r *http.Request) {
	s.endpoints.Lock()
	defer s.endpoints.Unlock()
	// One that is gone already is as its user wants it.
	if u, ok := s.endpoint(r.PathValue("key")); ok {
		all := slices.DeleteFunc(slices.Clone(s.cfg.Cloud.Endpoints()), func(other string) bool { return other == u })
		if err := s.cfg.Cloud.SetEndpoints(all); err != nil {
			s.fail(w, r, http.StatusInternalServerError, sentence(err))
			return
		}
	}
	seeOther(w, r, "?done=removed")
}

// rules says in words by what rules a profile sends.
func rules(p webhook.Profile) string {
	text := fmt.Sprintf("A 2xx answer within %s acknowledges a notification", human.Duration(p.Timeout))
	delay, resends := p.ResendDelay(1)
	if !resends {
		return text + ". It is never resent."
	}
	text += fmt.Sprintf("; after any other it is resent in %s", human.Duration(delay))
	for i, delay := range p.ResendDelays {
		if i > 0 {
			text += fmt.Sprintf(", then in %s", human.Duration(delay))
		}
	}
	return text + ". " + cmp.Or(attemptsInAll(p), "It is never given up.")
}

func attemptsInAll(p webhook.Profile) string {
	if p.MaxAttempts == 0 {
		return ""
	}
	return fmt.Sprintf("It is given up after %d attempts.", p.MaxAttempts)
}
