package cloud

import "fmt"

const (
	// MaxRows is how many rows a job can have. Rows are made when they are read,
	// so the bound is for those who would wait for the last one.
	MaxRows = 100_000_000
	// MaxText is how long a name, a custom id and a tag can be, in bytes: each is
	// in every notification or list.
	MaxText = 4096
	// maxTags is how many tags a sitemap can have.
	maxTags = 100
)

func checkRows(rows int) error {
	if rows < 0 || rows > MaxRows {
		return fmt.Errorf("%w: a job can't have %d rows, only 0 to %d", ErrEnding, rows, MaxRows)
	}
	return nil
}

// checkText returns a [*ValidationError] for a text that is too long.
func checkText(field string, texts ...string) error {
	var wrong ValidationError
	for _, text := range texts {
		if len(text) > MaxText {
			wrong.Add(field, fmt.Sprintf("The %s may not be longer than %d bytes.", field, MaxText))
			break
		}
	}
	return wrong.Err()
}

func checkTags(tags []string) error {
	if len(tags) > maxTags {
		var wrong ValidationError
		wrong.Add("tags", fmt.Sprintf("The tags may not be more than %d.", maxTags))
		return &wrong
	}
	return checkText("tags", tags...)
}
