package own_test

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"sync"

	"github.com/scrapehook/scrapehook/scenarios"
)

// shop is a receiver that meets our requirements, and breaks them where it is
// told to.
type shop struct {
	believesForm, unsigned bool
	work                   sync.WaitGroup

	mu   sync.Mutex
	rows map[string][]json.RawMessage // by job
}

const key = "between the gateway and the shop"

func (s *shop) handler(api scenarios.API) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 64<<10))
		if err != nil {
			http.Error(w, "too large", http.StatusRequestEntityTooLarge)
			return
		}
		// What the suite sends of its own is not signed: it comes from inside.
		if got := r.Header.Get("X-Shop-Signature"); got != "" && !s.unsigned && !signedRight(body, got) {
			http.Error(w, "the signature is wrong", http.StatusUnauthorized)
			return
		}
		form, err := url.ParseQuery(string(body))
		if err != nil {
			http.Error(w, "not a form", http.StatusBadRequest)
			return
		}
		s.work.Go(func() { s.take(api, form.Get("scrapingjob_id"), form.Get("status")) })
	})
}

func signedRight(body []byte, got string) bool {
	mac := hmac.New(sha256.New, []byte(key))
	mac.Write(body)
	return hmac.Equal([]byte(got), []byte(hex.EncodeToString(mac.Sum(nil))))
}

// take imports a job, as the API shows it.
func (s *shop) take(api scenarios.API, job, status string) {
	answer, err := call(api, "scraping-job/"+job)
	if err != nil {
		return
	}
	var state struct {
		Data struct{ Status string }
	}
	if json.Unmarshal(answer, &state) != nil {
		return
	}
	if !s.believesForm {
		status = state.Data.Status
	}
	var rows []json.RawMessage
	if status == "finished" {
		if answer, err = call(api, "scraping-job/"+job+"/json"); err != nil {
			return
		}
		for line := range bytes.Lines(answer) {
			rows = append(rows, bytes.TrimSpace(line))
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rows[job] = rows
}

func call(api scenarios.API, path string) ([]byte, error) {
	answer, err := http.Get(api.URL + path + "?api_token=" + api.Token)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("the API answers %s", answer.Status)
	}
	return io.ReadAll(answer.Body)
}

func (s *shop) ofJob(_ context.Context, job int64) ([]json.RawMessage, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.rows[fmt.Sprint(job)], nil
}
