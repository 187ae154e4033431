package api

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// RateLimit is how many calls its user may make in each stretch of time.
//
// The vendor's is 200 calls per 15 minutes (contract, section 2). That the
// stretches follow upon each other, the first beginning with the first call, is
// an assumption. They are of real time, because the caller's waiting is real.
type RateLimit struct {
	Calls int
	Per   time.Duration
}

// ParseRateLimit reads a limit as users write it: "200/15m".
func ParseRateLimit(text string) (RateLimit, error) {
	calls, per, _ := strings.Cut(text, "/")
	n, err := strconv.Atoi(calls)
	d, wrong := time.ParseDuration(per)
	if err = errors.Join(err, wrong); err != nil || n < 1 || d < time.Second {
		return RateLimit{}, fmt.Errorf("%q is no rate limit: write it like 200/15m, at least 1 call in at least 1s", text)
	}
	return RateLimit{n, d}, nil
}

// limiter counts calls. A nil one lets every call pass.
type limiter struct {
	limit RateLimit

	mu    sync.Mutex
	used  int
	reset time.Time // when the present stretch ends
}

func newLimiter(limit RateLimit) *limiter {
	if limit.Calls == 0 {
		return nil
	}
	return &limiter{limit: limit}
}

// pass counts a call and tells its answer's head how many are left. It is false
// when there was none left.
func (l *limiter) pass(h http.Header, now time.Time) bool {
	if l == nil {
		return true
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if !now.Before(l.reset) {
		l.used, l.reset = 0, now.Add(l.limit.Per)
	}
	passes := l.used < l.limit.Calls
	if passes {
		l.used++
	}
	// As the vendor spells them, which Set would not.
	h["X-RateLimit-Limit"] = []string{strconv.Itoa(l.limit.Calls)}
	h["X-RateLimit-Remaining"] = []string{strconv.Itoa(l.limit.Calls - l.used)}
	if !passes {
		seconds := int((l.reset.Sub(now) + time.Second - 1) / time.Second)
		h.Set("Retry-After", strconv.Itoa(seconds))
		h["X-RateLimit-Reset"] = []string{strconv.FormatInt(now.Unix()+int64(seconds), 10)}
	}
	return passes
}
