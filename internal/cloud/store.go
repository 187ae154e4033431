package cloud

import "slices"

// indexJobLocked adds a job that was made to last.
func (c *Cloud) indexJobLocked(j *job) {
	m := c.jobs.put(j.ID, j)
	list := c.bySitemap[j.SitemapID]
	if list == nil {
		list = &ordered[job]{}
		c.bySitemap[j.SitemapID] = list
	}
	list.add(m)
}

// dropJobLocked takes out a job whose deletion was made to last.
func (c *Cloud) dropJobLocked(j *job) {
	m := c.jobs.remove(j.ID)
	list := c.bySitemap[j.SitemapID]
	if list.remove(m.number); list.len() == 0 {
		delete(c.bySitemap, j.SitemapID)
	}
	c.byStatus[j.Status]--
	c.due.remove(j.key())
	c.retries.succeeded(j.key())
}

// indexSitemapLocked adds a sitemap that was made to last.
func (c *Cloud) indexSitemapLocked(m *sitemap) {
	c.tagLocked(c.sitemaps.put(m.ID, m))
	c.setSchedulerDueLocked(m)
}

// replaceSitemapLocked puts a change of a sitemap into effect.
func (c *Cloud) replaceSitemapLocked(m *sitemap, after sitemap) {
	entry := c.sitemaps.byID[m.ID]
	c.untagLocked(entry)
	*m = after
	c.tagLocked(entry)
	c.retries.succeeded(m.key())
	c.setSchedulerDueLocked(m)
}

// dropSitemapLocked takes out a sitemap whose deletion was made to last.
func (c *Cloud) dropSitemapLocked(m *sitemap) {
	c.untagLocked(c.sitemaps.remove(m.ID))
	c.due.remove(m.key())
	c.retries.succeeded(m.key())
}

func (c *Cloud) tagLocked(m made[sitemap]) {
	for i, tag := range m.object.Tags {
		if slices.Contains(m.object.Tags[:i], tag) {
			continue
		}
		if c.byTag[tag] == nil {
			c.byTag[tag] = &ordered[sitemap]{}
		}
		c.byTag[tag].add(m)
	}
}

func (c *Cloud) untagLocked(m made[sitemap]) {
	for _, tag := range m.object.Tags {
		if list := c.byTag[tag]; list != nil {
			if list.remove(m.number); list.len() == 0 {
				delete(c.byTag, tag)
			}
		}
	}
}

// retireLocked has a chosen id not be given again.
func (c *Cloud) retireLocked(change Change) {
	switch change.Kind {
	case KindJob:
		c.jobs.retired[change.ID] = true
	case KindSitemap:
		c.sitemaps.retired[change.ID] = true
	}
}
