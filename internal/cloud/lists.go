package cloud

// JobFilter restricts a list of jobs; its zero value does not.
type JobFilter struct {
	SitemapID int64  // 0: of every sitemap
	Tag       string // of the job's sitemap; empty: any
}

// Jobs returns up to limit jobs after the first offset, oldest first, and how
// many there are in all. The filter restricts both. Its time hardly depends on
// how many jobs there are.
func (c *Cloud) Jobs(filter JobFilter, offset, limit int) (page []Job, total int) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	lists := c.jobListsLocked(filter)
	for _, list := range lists {
		total += list.len()
	}
	var found []made[job]
	switch {
	case offset >= total:
	case len(lists) == 1:
		found = lists[0].page(offset, limit)
	default:
		found = mergedPage(lists, offset, limit, c.jobs.last)
	}
	for _, j := range found {
		page = append(page, j.object.Job)
	}
	return page, total
}

// jobListsLocked returns the lists of jobs that the filter lets through; none of
// them is empty.
func (c *Cloud) jobListsLocked(filter JobFilter) (lists []*ordered[job]) {
	switch {
	case filter.SitemapID == 0 && filter.Tag == "":
		return []*ordered[job]{&c.jobs.order}
	case filter.Tag == "":
		if list := c.bySitemap[filter.SitemapID]; list != nil {
			lists = append(lists, list)
		}
		return lists
	}
	tagged := c.byTag[filter.Tag]
	for _, m := range tagged.page(0, tagged.len()) {
		list := c.bySitemap[m.object.ID]
		if list != nil && (filter.SitemapID == 0 || filter.SitemapID == m.object.ID) {
			lists = append(lists, list)
		}
	}
	return lists
}
