package plan

import (
	"strconv"

	"github.com/scrapehook/scrapehook/webhook"
)

// AppendForm appends the body that is sent for a job's part to dst.
func (p *Plan) AppendForm(dst []byte, j Job, part Part) []byte {
	if j.Special == Malformed {
		return append(dst, malformed(j.Notification)...)
	}
	return p.cfg.Profile.AppendForm(dst, j.Notified(part))
}

// malformed returns a body that is not a notification; which kind follows from the
// job's id.
func malformed(n webhook.Notification) string {
	number := strconv.FormatInt(n.JobID, 10)
	rest := "&status=finished&sitemap_id=" + strconv.FormatInt(n.SitemapID, 10) + "&sitemap_name=malformed"
	const id = webhook.FieldJobID + "="
	kinds := [...]string{
		rest[1:],                   // no id
		id + rest,                  // an empty one
		id + "0" + rest,            // one that no job has
		id + "-" + number + rest,   // a negative one
		id + "job" + rest,          // no number
		id + number,                // nothing but the id
		id + number + "%zz" + rest, // a broken escape
		id + number + "&status=" + rest[len("&status=finished"):], // no status
		`{"scrapingjob_id":` + number + `}`,                       // JSON under a form's name
		"",                                                        // nothing at all
	}
	return kinds[n.JobID%int64(len(kinds))]
}
