package cloud

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// Sitemap is what a job scrapes by.
type Sitemap struct {
	ID   int64
	Name string
	// Body is the sitemap's JSON, byte for byte as it was sent: the API gives it
	// back so (contract, section 2).
	Body string
	// StartURLs are the pages that its jobs begin at; never empty.
	StartURLs []string
	// Columns are the names of its records' columns, in the selectors' order.
	Columns []string
	// Tags are what lists can be restricted to.
	Tags      []string
	Scheduler Scheduler
}

type sitemap struct {
	Sitemap
	layout *layout
	pages  *pageSet
}

// ValidationError names every field of a request that is wrong, with what is
// wrong about it.
type ValidationError struct {
	Fields map[string][]string
}

func (e *ValidationError) Error() string {
	parts := make([]string, 0, len(e.Fields))
	for _, field := range slices.Sorted(maps.Keys(e.Fields)) {
		parts = append(parts, field+": "+strings.Join(e.Fields[field], " "))
	}
	return strings.Join(parts, "; ")
}

// Add notes what is wrong about field.
func (e *ValidationError) Add(field, text string) {
	if e.Fields == nil {
		e.Fields = make(map[string][]string)
	}
	e.Fields[field] = append(e.Fields[field], text)
}

// Err is e, or nil when nothing was added to it.
func (e *ValidationError) Err() error {
	if len(e.Fields) == 0 {
		return nil
	}
	return e
}

// AddSitemap adds a sitemap from its JSON and returns it with its id. An empty
// body stands for the default sitemap, a shop's products, under any name. With
// a body, an empty name stands for the body's own; a name that differs from it
// is an error. A body that is no sitemap is a [*ValidationError].
func (c *Cloud) AddSitemap(name, body string, tags ...string) (Sitemap, error) {
	m, err := newSitemap(name, body, tags...)
	if err != nil {
		return Sitemap{}, fmt.Errorf("adding a sitemap: %w", err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if m.ID, err = c.sitemaps.claim(0); err == nil {
		err = c.commitLocked(nil, m.change)
	}
	if err != nil {
		return Sitemap{}, fmt.Errorf("adding a sitemap: %w", err)
	}
	c.indexSitemapLocked(m)
	return m.Sitemap, nil
}

// newSitemap makes a sitemap, which has no id yet.
func newSitemap(name, body string, tags ...string) (*sitemap, error) {
	if body == "" {
		body = defaultSitemap(name)
	} else if err := validateSitemap(body); err != nil {
		return nil, err
	}
	m, err := parseSitemap(body)
	if err != nil {
		return nil, err
	}
	if name != "" && name != m.Name {
		return nil, fmt.Errorf("it calls itself %q, not %q", m.Name, name)
	}
	m.Tags, m.Scheduler = slices.Clone(tags), DefaultScheduler()
	return m, nil
}

// ReplaceSitemap gives a sitemap another body. Its jobs stay as they are. A body
// that is no sitemap is a [*ValidationError].
func (c *Cloud) ReplaceSitemap(id int64, body string) error {
	if err := validateSitemap(body); err != nil {
		return fmt.Errorf("replacing a sitemap: %w", err)
	}
	parsed, err := parseSitemap(body)
	if err != nil {
		return fmt.Errorf("replacing a sitemap: %w", err)
	}
	return c.updateSitemap(id, "replacing", func(m *sitemap) {
		parsed.ID, parsed.Tags, parsed.Scheduler = m.ID, m.Tags, m.Scheduler
		*m = *parsed
	})
}

// TagSitemap gives a sitemap these tags and no others.
func (c *Cloud) TagSitemap(id int64, tags []string) error {
	return c.updateSitemap(id, "tagging", func(m *sitemap) { m.Tags = slices.Clone(tags) })
}

// updateSitemap changes one sitemap under the lock.
func (c *Cloud) updateSitemap(id int64, doing string, change func(*sitemap)) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	m, err := c.sitemaps.get(id)
	if err != nil {
		return fmt.Errorf("%s a sitemap: %w", doing, err)
	}
	after := *m
	change(&after)
	if err := c.commitLocked(nil, after.change); err != nil {
		return fmt.Errorf("%s a sitemap: %w", doing, err)
	}
	c.replaceSitemapLocked(m, after)
	return nil
}

// Sitemap returns one sitemap, or ErrNotFound.
func (c *Cloud) Sitemap(id int64) (Sitemap, error) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	s, err := c.sitemaps.get(id)
	if err != nil {
		return Sitemap{}, fmt.Errorf("looking for a sitemap: %w", err)
	}
	return s.Sitemap, nil
}

// DeleteSitemap removes a sitemap, or returns ErrNotFound. Its jobs stay.
func (c *Cloud) DeleteSitemap(id int64) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	m, err := c.sitemaps.get(id)
	if err == nil {
		err = c.commitLocked(nil, func() (Change, error) { return c.sitemaps.gone(KindSitemap, id), nil })
	}
	if err != nil {
		return fmt.Errorf("deleting a sitemap: %w", err)
	}
	c.dropSitemapLocked(m)
	return nil
}

// Sitemaps returns up to limit sitemaps after the first offset, oldest first,
// and how many there are in all. A tag restricts both to the sitemaps that bear
// it.
func (c *Cloud) Sitemaps(tag string, offset, limit int) (page []Sitemap, total int) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	list := &c.sitemaps.order
	if tag != "" {
		list = c.byTag[tag]
	}
	for _, m := range list.page(offset, limit) {
		page = append(page, m.object.Sitemap)
	}
	return page, list.len()
}

// sitemapName is what the vendor's editor allows as a sitemap's name.
var sitemapName = regexp.MustCompile(`^[a-z][a-z0-9_$()+\-/]+$`)

// sitemapJSON is as much of a sitemap's JSON as the cloud understands. The
// fields are raw, so that each one that is wrong can be named.
type sitemapJSON struct {
	ID        json.RawMessage `json:"_id"`
	StartURL  json.RawMessage `json:"startUrl"`
	Selectors json.RawMessage `json:"selectors"`
}

type selectorJSON struct {
	ID   string `json:"id"`
	Type string `json:"type"`
}

// validateSitemap names every field of body that is wrong.
func validateSitemap(body string) error {
	var wrong ValidationError
	var raw sitemapJSON
	if json.Unmarshal([]byte(body), &raw) != nil {
		wrong.Add("sitemap", "The sitemap must be a JSON object.")
		return &wrong
	}
	var name string
	switch {
	case json.Unmarshal(raw.ID, &name) != nil || name == "":
		wrong.Add("_id", "The _id field is required.")
	case !sitemapName.MatchString(name):
		wrong.Add("_id", "The _id must begin with a lower-case letter and have at least two of a-z, 0-9, _, $, (, ), +, - and /.")
	}
	var urls []string
	switch {
	case json.Unmarshal(raw.StartURL, &urls) != nil || len(urls) == 0:
		wrong.Add("startUrl", "The startUrl must be an array with at least one URL.")
	case slices.Contains(urls, ""):
		wrong.Add("startUrl", "The startUrl must not hold an empty URL.")
	default:
		if _, err := newPageSet(urls); err != nil {
			wrong.Add("startUrl", fmt.Sprintf("The startUrl stands for %s.", err))
		}
	}
	var selectors []selectorJSON
	if json.Unmarshal(raw.Selectors, &selectors) != nil || selectors == nil {
		wrong.Add("selectors", "The selectors must be an array.")
	}
	for i, s := range selectors {
		if s.ID == "" {
			wrong.Add(fmt.Sprintf("selectors.%d.id", i), "The id field is required.")
		}
	}
	return wrong.Err()
}

// parseSitemap reads a body that is valid.
func parseSitemap(body string) (*sitemap, error) {
	var v struct {
		ID        string         `json:"_id"`
		StartURL  []string       `json:"startUrl"`
		Selectors []selectorJSON `json:"selectors"`
	}
	if err := json.Unmarshal([]byte(body), &v); err != nil {
		return nil, fmt.Errorf("parsing its JSON: %w", err)
	}
	pages, err := newPageSet(v.StartURL)
	if err != nil {
		return nil, fmt.Errorf("its start URLs: %w", err)
	}
	s := Sitemap{Name: v.ID, Body: body, StartURLs: v.StartURL}
	for _, sel := range v.Selectors {
		if yieldsValues(sel.Type) && !slices.Contains(s.Columns, sel.ID) {
			s.Columns = append(s.Columns, sel.ID)
		}
	}
	return &sitemap{s, newLayout(s.Columns), pages}, nil
}

// yieldsValues reports whether a selector of this type fills a column of the
// records. Those that only lead to other selectors do not.
func yieldsValues(selectorType string) bool {
	switch selectorType {
	case "SelectorElement", "SelectorElementScroll", "SelectorElementClick", "SelectorPagination":
		return false
	}
	return true
}

// defaultSitemap is the JSON of a shop's products, called name.
func defaultSitemap(name string) string {
	if name == "" {
		name = "shop"
	}
	body := strings.Builder{}
	enc := json.NewEncoder(&body)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(name) // a string always encodes
	text := func(id string) string {
		return `{"id":"` + id + `","parentSelectors":["product"],"type":"SelectorText","selector":".` + id + `","multiple":false,"regex":""}`
	}
	return `{"_id":` + strings.TrimSuffix(body.String(), "\n") +
		`,"startUrl":["https://shop.example/products?page=[1-100]"],"selectors":[` +
		`{"id":"product","parentSelectors":["_root"],"type":"SelectorElement","selector":".product","multiple":true},` +
		text("title") + `,` + text("price") + `,` +
		`{"id":"url","parentSelectors":["product"],"type":"SelectorElementAttribute","selector":"a","multiple":false,"extractAttribute":"href"},` +
		text("sku") + `,` + text("in_stock") + `,` + text("date") + `]}`
}
