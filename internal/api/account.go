package api

import "net/http"

// account is GET account.
func (s *server) account(*http.Request) (any, error) {
	return struct {
		Email       string `json:"email"`
		FirstName   string `json:"firstname"`
		LastName    string `json:"lastname"`
		PageCredits int    `json:"page_credits"`
	}{"developer@scrapehook.example", "Ada", "Developer", 1_000_000}, nil
}
