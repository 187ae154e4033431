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
		Summary: "takes the body apart itself: no decoding, and the fields in the order of the documentation's example",
		mutate:  func(r *Receiver) { r.parse = parseByHand },
	}
}

func parseByHand(body []byte) (webhook.Notification, error) {
	parts := strings.Split(string(body), "&")
	var values [4]string
	for i, field := range []string{webhook.FieldJobID, webhook.FieldStatus, webhook.FieldSitemapID, webhook.FieldSitemapName} {
		if i == len(parts) {
			break
		}
		value, ok := strings.CutPrefix(parts[i], field+"=")
		if !ok {
			return webhook.Notification{}, fmt.Errorf("part %d is not %s", i+1, field)
		}
		values[i] = value
	}
	n := webhook.Notification{Status: webhook.Status(values[1]), SitemapName: values[3]}
	var err error
	if n.JobID, err = strconv.ParseInt(values[0], 10, 64); err != nil || n.JobID <= 0 {
		return n, fmt.Errorf("%s is no id", webhook.FieldJobID)
	}
	if n.SitemapID, err = strconv.ParseInt(values[2], 10, 64); err != nil || n.Status == "" {
		return n, fmt.Errorf("%s is no id, or there is no %s", webhook.FieldSitemapID, webhook.FieldStatus)
	}
	return n, nil
}
