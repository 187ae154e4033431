package plan

import "github.com/scrapehook/scrapehook/internal/fault"

// AppendForm appends the body that is sent for a job's part to dst.
func (p *Plan) AppendForm(dst []byte, j Job, part Part) []byte {
	if j.Special == Malformed {
		return append(dst, fault.MalformedForm(j.Notification)...)
	}
	return p.cfg.Profile.AppendForm(dst, j.Notified(part))
}
