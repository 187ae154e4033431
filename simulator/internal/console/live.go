package console

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"
)

// picture is what a page shows at a moment: elements by their ids, and lists of
// them, which are bounded as the page is.
type picture struct {
	elements map[string]element
	lists    map[string][]string // ids of the elements in them, by the list's id
}

// element is an element of a page. It has changed when its key has.
type element struct{ key, html string }

// add renders an element by a template of a page. Its key is its HTML.
func (p *picture) add(s *server, page, name, id string, data any) {
	var b bytes.Buffer
	if err := s.views[page].ExecuteTemplate(&b, name, data); err != nil {
		panic(err) // the templates are ours, and a buffer takes all
	}
	if p.elements == nil {
		p.elements = map[string]element{}
	}
	p.elements[id] = element{b.String(), b.String()}
}

// list adds an element to a list as well.
func (p *picture) list(list, id string) {
	if p.lists == nil {
		p.lists = map[string][]string{}
	}
	p.lists[list] = append(p.lists[list], id)
}

// update is what has changed of a picture, as the page's script takes it.
type update struct {
	Set   map[string]string   `json:"set,omitempty"`
	Lists map[string][]string `json:"lists,omitempty"`
}

// since is what has changed since another picture. Elements that are in no list
// any more go with it.
func (p picture) since(before picture) update {
	u := update{Set: map[string]string{}, Lists: map[string][]string{}}
	for id, e := range p.elements {
		if old, there := before.elements[id]; !there || old.key != e.key {
			u.Set[id] = e.html
		}
	}
	for id, order := range p.lists {
		if fmt.Sprint(order) != fmt.Sprint(before.lists[id]) {
			u.Lists[id] = order
		}
	}
	for id := range before.lists {
		if len(p.lists[id]) == 0 && len(before.lists[id]) > 0 {
			u.Lists[id] = []string{}
		}
	}
	return u
}

func (u update) empty() bool { return len(u.Set) == 0 && len(u.Lists) == 0 }

// patience is how long a tab may take nothing of what it is sent.
const patience = 20 * time.Second

// breath is the least time between two updates of a tab: what changes meanwhile
// comes in one.
const breath = 200 * time.Millisecond

// stream keeps a page up to date by server-sent events: it takes a picture
// whenever wait returns and sends what has changed since the last one. The first
// event is the whole picture, so that a tab that was away has missed nothing. A
// slow tab holds up nobody: it gets fewer pictures.
func stream(w http.ResponseWriter, r *http.Request, take func() picture, wait func(context.Context) error) {
	out := http.NewResponseController(w)
	w.Header().Set("Content-Type", "text/event-stream")
	_, _ = fmt.Fprint(w, "retry: 1000\n\n") // where it fails, so does what follows
	var before picture
	for number := 1; ; number++ {
		now := take()
		if u := now.since(before); !u.empty() || number == 1 {
			data, err := json.Marshal(u)
			if err != nil {
				panic(err) // texts alone
			}
			_ = out.SetWriteDeadline(time.Now().Add(patience)) // a test's recorder has none
			if _, err := fmt.Fprintf(w, "id: %d\ndata: %s\n\n", number, data); err != nil {
				return
			}
			if err := out.Flush(); err != nil {
				return
			}
		}
		before = now
		if err := wait(r.Context()); err != nil {
			return
		}
	}
}

// pause waits; its error is ctx's.
func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

// nowAndThen is the wait of what nobody tells of.
func nowAndThen(ctx context.Context) error { return pause(ctx, 2*breath) }
