package sitemaps

import (
	"encoding/json"
	"fmt"
	"strings"
)

// readSelectors reads the list of selectors and checks how they hang together.
func (s *Sitemap) readSelectors(raw json.RawMessage, wrong *Error) {
	const field = Object + ".selectors"
	if absent(raw) {
		wrong.Add(field, required(field))
		return
	}
	list, err := elements(raw, MaxSelectors)
	if err != nil {
		wrong.Add(field, fmt.Sprintf("The %s %s.", field, err))
		return
	}
	for i, one := range list {
		s.Selectors = append(s.Selectors, readSelector(one, fmt.Sprintf("%s.%d", field, i), wrong))
	}
	byID := map[string]int{}
	for i, one := range s.Selectors {
		if first, twice := byID[one.ID]; twice && one.ID != "" {
			at := fmt.Sprintf("%s.%d.id", field, i)
			wrong.Add(at, fmt.Sprintf("The %s %s is taken by selector %d.", at, shown(one.ID), first))
			continue
		}
		byID[one.ID] = i
	}
	for i, one := range s.Selectors {
		for _, parent := range one.Parents {
			if _, there := byID[parent]; !there && parent != Root {
				at := fmt.Sprintf("%s.%d.parentSelectors", field, i)
				wrong.Add(at, fmt.Sprintf("The %s name %s, which is not a selector.", at, shown(parent)))
			}
		}
	}
	if wrong.Err() == nil {
		s.checkReach(wrong)
	}
}

// checkReach refuses selectors that are only each other's parents. A selector
// below itself is fine when a start page leads to it: so do sitemaps follow the
// link to the next page.
func (s *Sitemap) checkReach(wrong *Error) {
	children := map[string][]int{}
	for i, one := range s.Selectors {
		for _, parent := range one.Parents {
			children[parent] = append(children[parent], i)
		}
	}
	reached := make([]bool, len(s.Selectors))
	for queue := []string{Root}; len(queue) > 0; queue = queue[1:] {
		for _, i := range children[queue[0]] {
			if !reached[i] {
				reached[i] = true
				queue = append(queue, s.Selectors[i].ID)
			}
		}
	}
	for i, one := range s.Selectors {
		if !reached[i] {
			at := fmt.Sprintf("%s.selectors.%d.parentSelectors", Object, i)
			wrong.Add(at, fmt.Sprintf("The %s of %s are circular: no start page leads to %s.",
				at, shown(one.ID), shown(strings.Join(one.Parents, ", "))))
		}
	}
}
