package receiver

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"strconv"

	"github.com/scrapehook/scrapehook/webhook"
)

// SignatureHeader holds the hex HMAC-SHA256 of the notification's fields, as
// they are before they are escaped, joined like a form. That the vendor signs
// so, or at all, is an assumption: no document says it, one public receiver
// checks it (contract, section 1, "authenticity").
const SignatureHeader = "Signature"

// signed reports whether signature is that of n.
func signed(n webhook.Notification, key []byte, signature string) bool {
	got, err := hex.DecodeString(signature)
	return err == nil && hmac.Equal(got, sign(n, key))
}

func sign(n webhook.Notification, key []byte) []byte {
	text := webhook.FieldJobID + "=" + strconv.FormatInt(n.JobID, 10) +
		"&" + webhook.FieldStatus + "=" + string(n.Status) +
		"&" + webhook.FieldSitemapID + "=" + strconv.FormatInt(n.SitemapID, 10) +
		"&" + webhook.FieldSitemapName + "=" + n.SitemapName
	if n.CustomID != "" {
		text += "&" + webhook.FieldCustomID + "=" + n.CustomID
	}
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(text))
	return mac.Sum(nil)
}
