package mutants

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/scrapehook/scrapehook/webhook"
)

func parsesByHand() Mutant {
	return Mutant{
		Name: "parses-by-hand", Requirement: "FORM-01",
		Summary: "takes the form apart at & and =, and decodes nothing",
		mutate:  func(r *Receiver) { r.parse = parseByHand },
	}
}

func parseByHand(body []byte) (webhook.Notification, error) {
	form := map[string]string{}
	for pair := range strings.SplitSeq(string(body), "&") {
		field, value, _ := strings.Cut(pair, "=")
		form[field] = value
	}
	n := webhook.Notification{Status: webhook.Status(form[webhook.FieldStatus]), SitemapName: form[webhook.FieldSitemapName]}
	var err error
	if n.JobID, err = strconv.ParseInt(form[webhook.FieldJobID], 10, 64); err != nil || n.JobID <= 0 {
		return n, fmt.Errorf("%s is no id", webhook.FieldJobID)
	}
	if n.SitemapID, err = strconv.ParseInt(form[webhook.FieldSitemapID], 10, 64); err != nil || n.Status == "" {
		return n, fmt.Errorf("%s is no id, or there is no %s", webhook.FieldSitemapID, webhook.FieldStatus)
	}
	return n, nil
}
