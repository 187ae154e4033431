package dispatch

import (
	"errors"
	"testing"

	"github.com/scrapehook/scrapehook/internal/delivery/history"
)

func TestEditedForms(t *testing.T) {
	t.Parallel()
	const older = "scrapingjob_id=7&status=finished&sitemap_name=a%20b"
	empty, odd := "", "a=%zz&&b"
	for _, tc := range []struct {
		name string
		edit Edit
		want string
	}{
		{"a copy", Edit{}, older},
		{"a field changed", Edit{Set: map[string]string{"status": "ü&="}}, "scrapingjob_id=7&status=%C3%BC%26%3D&sitemap_name=a%20b"},
		{"fields added", Edit{Set: map[string]string{"z": "1", "y": ""}}, older + "&y=&z=1"},
		{"a field dropped", Edit{Drop: []string{"status"}}, "scrapingjob_id=7&sitemap_name=a%20b"},
		{"all fields dropped", Edit{Drop: []string{"status", "scrapingjob_id", "sitemap_name"}}, ""},
		{"a field doubled", Edit{Double: []string{"status"}}, "scrapingjob_id=7&status=finished&status=finished&sitemap_name=a%20b"},
		{"a field changed and doubled", Edit{Set: map[string]string{"status": "x"}, Double: []string{"status"}}, "scrapingjob_id=7&status=x&status=x&sitemap_name=a%20b"},
		{"a field four times", Edit{Double: []string{"status", "status", "status"}, Drop: []string{"scrapingjob_id"}}, "status=finished&status=finished&status=finished&status=finished&sitemap_name=a%20b"},
		{"nothing at all", Edit{Form: &empty}, ""},
		{"nonsense, which stays as it is", Edit{Form: &odd, Set: map[string]string{"c": "1"}}, odd + "&c=1"},
		{"a form of one field", Edit{Form: &empty, Set: map[string]string{"c": "1"}}, "c=1"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if got, err := tc.edit.form(older); err != nil || got != tc.want {
				t.Errorf("it is %q, %v, want %q", got, err, tc.want)
			}
		})
	}
	for field, edit := range map[string]Edit{"drop": {Drop: []string{"x"}}, "double": {Double: []string{"x"}}} {
		var wrong *history.FieldError
		if got, err := edit.form(older); !errors.As(err, &wrong) || wrong.Field != field {
			t.Errorf("%s: %q, %v", field, got, err)
		}
	}
}
