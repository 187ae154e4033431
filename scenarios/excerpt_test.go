package scenarios

import "testing"

func TestExcerpt(t *testing.T) {
	t.Parallel()
	const text = "one\njob 7 begins\ntwo\nthree\njob 7 ends\nfour\nfive\n"
	for _, tc := range []struct {
		name string
		most int
		want string
	}{
		{"all of it", len(text), text},
		{"what it is about, and the end", 34, "… 1 line left out …\njob 7 begins\n… 2 lines left out …\njob 7 ends\nfour\nfive\n"},
		{"nothing", 0, "… 7 lines left out …\n"},
	} {
		if got := excerpt(text, []string{"7"}, tc.most); got != tc.want {
			t.Errorf("%s: %q", tc.name, got)
		}
	}
}
