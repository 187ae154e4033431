package scenarios

import (
	"encoding/base64"
	"strings"
	"unicode"
)

// NearToken is a token that is nearly the receiver's secret.
type NearToken struct {
	What  string // completes "with …"
	Token Token
}

// nearAtLeast is how long a secret must be to have such tokens: a part of a shorter
// one says little, and hiding it in reports would hide much else.
const nearAtLeast = 6

// near are tokens that only a careless comparison takes for this one. The right
// token in another place is none of them, neither in the body nor twice: whoever
// sends it knows it, and frameworks mix query and body.
func (t Token) near() []NearToken {
	var all []NearToken
	add := func(what string, change func(secret string) string) {
		if value := t.changed(change); value != t.Value {
			all = append(all, NearToken{what, Token{t.Kind, t.Name, value}})
		}
	}
	if len(t.secret()) >= nearAtLeast {
		add("the beginning of the token", func(s string) string { return s[:len(s)-1] })
		add("the token and a letter more", func(s string) string { return s + "x" })
	}
	if t.Kind != "path" && !isHex(t.secret()) { // some routers take a path in any case, and a number's digits mean the same
		add("the token in other letter case", otherCase)
	}
	if t.Kind != "path" {
		add("an empty token", func(string) string { return "" })
	}
	if t.Kind == "query" {
		all = append(all, NearToken{"an array for the token", Token{t.Kind, t.Name + "[]", t.wrong().Value}})
	}
	return all
}

// secret is what is secret in the value: a header may have a scheme before it, and
// a user's name.
func (t Token) secret() (secret string) {
	t.changed(func(s string) string { secret = s; return s })
	return secret
}

// changed is the value with another secret in it.
func (t Token) changed(change func(secret string) string) string {
	if t.Kind != "header" {
		return change(t.Value)
	}
	scheme, secret, found := strings.Cut(t.Value, " ")
	if !found {
		return change(t.Value)
	}
	if strings.EqualFold(scheme, "basic") {
		if pair, err := base64.StdEncoding.DecodeString(secret); err == nil {
			user, password, _ := strings.Cut(string(pair), ":")
			return scheme + " " + base64.StdEncoding.EncodeToString([]byte(user+":"+change(password)))
		}
	}
	return scheme + " " + change(secret)
}

// otherCase has large letters for small ones, and the other way round.
func otherCase(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsUpper(r) {
			return unicode.ToLower(r)
		}
		return unicode.ToUpper(r)
	}, s)
}

// isHex reports whether a text is a number as programs write it, such as a UUID.
func isHex(s string) bool { return strings.Trim(s, "0123456789abcdefABCDEF-") == "" }
