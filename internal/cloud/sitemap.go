package cloud

import (
	"fmt"
	"reflect"
	"slices"

	"github.com/scrapehook/scrapehook/internal/records"
	"github.com/scrapehook/scrapehook/internal/sitemaps"
)

// Sitemap is what a job scrapes by.
type Sitemap struct {
	ID   int64
	Name string
	// Body is the sitemap's JSON as the API gives it back: compact, with its keys
	// in their order and slashes unescaped (contract, section 2a).
	Body string
	// StartURLs are the pages that its jobs begin at; never empty.
	StartURLs []string
	// Columns are the names of its data's columns, in the selectors' order.
	Columns []string
	// Tags are what lists can be restricted to.
	Tags      []string
	Scheduler Scheduler
}

type sitemap struct {
	Sitemap
	layout *records.Layout
	pages  *sitemaps.Pages
}

// ValidationError names every field of a request that is wrong, with what is
// wrong about it.
type ValidationError = sitemaps.Error

// AddSitemap adds a sitemap from its JSON and returns it with its id. An empty
// body stands for the default sitemap, see [Config], under any name. With
// a body, an empty name stands for the body's own; a name that differs from it
// is an error. A body that is no sitemap is a [*ValidationError].
func (c *Cloud) AddSitemap(name, body string, tags ...string) (Sitemap, error) {
	m, err := c.newSitemap(name, body, tags...)
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
func (c *Cloud) newSitemap(name, body string, tags ...string) (m *sitemap, err error) {
	if body == "" {
		m = c.defaultSitemap(name)
	} else {
		m, err = c.parseSitemap(body)
	}
	if err != nil {
		return nil, err
	}
	if name != "" && name != m.Name {
		return nil, fmt.Errorf("it calls itself %q, not %q", m.Name, name)
	}
	if err := checkTags(tags); err != nil {
		return nil, err
	}
	m.Tags, m.Scheduler = slices.Clone(tags), DefaultScheduler()
	return m, checkText("name", m.Name)
}

// ReplaceSitemap gives a sitemap another body. Its jobs stay as they are. A body
// that is no sitemap is a [*ValidationError].
func (c *Cloud) ReplaceSitemap(id int64, body string) error {
	parsed, err := c.parseSitemap(body)
	if err == nil {
		err = checkText("_id", parsed.Name)
	}
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
	if err := checkTags(tags); err != nil {
		return err
	}
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

// parseSitemap reads a body; one that is wrong is a [*ValidationError].
func (c *Cloud) parseSitemap(body string) (*sitemap, error) {
	parsed, err := sitemaps.Parse([]byte(body))
	if err != nil {
		return nil, err
	}
	return c.sitemapOf(parsed)
}

func (c *Cloud) sitemapOf(parsed *sitemaps.Sitemap) (*sitemap, error) {
	layout, err := c.layoutOf(parsed.Selectors)
	if err != nil {
		return nil, fmt.Errorf("its records: %w", err)
	}
	s := Sitemap{Name: parsed.Name, Body: parsed.JSON, StartURLs: parsed.StartURLs, Columns: layout.Header()[2:]}
	return &sitemap{s, layout, parsed.Pages}, nil
}

// standIn is a sitemap that stands for the default one, with its layout, which
// every copy shares.
type standIn struct {
	sitemap *sitemaps.Sitemap
	layout  *records.Layout
}

// makeStandIns makes them of the user's sitemaps, or of the shop.
func (c *Cloud) makeStandIns() error {
	all := c.cfg.Sitemaps
	if len(all) == 0 {
		parsed, err := sitemaps.Parse([]byte(shop))
		if err != nil {
			return fmt.Errorf("the default sitemap: %w", err)
		}
		all = []*sitemaps.Sitemap{parsed}
	}
	for _, parsed := range all {
		layout, err := records.NewLayout(parsed.Selectors, c.cfg.Data)
		if err != nil {
			return fmt.Errorf("sitemap %s: %w", parsed.Name, err)
		}
		c.standIns = append(c.standIns, standIn{parsed, layout})
	}
	return nil
}

// layoutOf is the layout of selectors. Most are those of a stand-in, and share
// its layout.
func (c *Cloud) layoutOf(selectors []sitemaps.Selector) (*records.Layout, error) {
	for _, s := range c.standIns {
		if reflect.DeepEqual(s.sitemap.Selectors, selectors) {
			return s.layout, nil
		}
	}
	return records.NewLayout(selectors, c.cfg.Data)
}

// shop is the default sitemap, a shop's products.
const shop = `{"_id":"shop","startUrl":["https://shop.example/products?page=[1-100]"],"selectors":[` +
	`{"id":"product","parentSelectors":["_root"],"type":"SelectorElement","selector":".product","multiple":true},` +
	`{"id":"title","parentSelectors":["product"],"type":"SelectorText","selector":"h2","multiple":false,"regex":""},` +
	`{"id":"price","parentSelectors":["product"],"type":"SelectorText","selector":".price","multiple":false,"regex":""},` +
	`{"id":"link","parentSelectors":["product"],"type":"SelectorLink","selector":"a","multiple":false,"linkType":"linkFromHref"},` +
	`{"id":"image","parentSelectors":["product"],"type":"SelectorImage","selector":"img","multiple":false},` +
	`{"id":"sku","parentSelectors":["product"],"type":"SelectorElementAttribute","selector":"_parent_","multiple":false,"extractAttribute":"data-sku"},` +
	`{"id":"in_stock","parentSelectors":["product"],"type":"SelectorText","selector":".stock","multiple":false,"regex":""},` +
	`{"id":"date","parentSelectors":["product"],"type":"SelectorText","selector":"time","multiple":false,"regex":""},` +
	`{"id":"colours","parentSelectors":["product"],"type":"SelectorGroup","selector":".colour","extractAttribute":""}]}`

// defaultSitemap is the next of the stand-ins under any name, also one that the
// vendor would refuse; an empty name is its own.
func (c *Cloud) defaultSitemap(name string) *sitemap {
	turn := c.turn.Add(1) - 1
	s := c.standIns[turn%uint64(len(c.standIns))]
	body := s.sitemap.JSON
	if name == "" {
		name = s.sitemap.Name
	} else {
		body = s.sitemap.JSONAs(name)
	}
	return &sitemap{
		Sitemap{Name: name, Body: body, StartURLs: s.sitemap.StartURLs, Columns: s.layout.Header()[2:]},
		s.layout, s.sitemap.Pages,
	}
}
