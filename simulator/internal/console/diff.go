package console

import (
	"fmt"
	"strings"

	"github.com/scrapehook/scrapehook/internal/delivery"
)

// diffLine is a line of a difference: of both texts, or of one.
type diffLine struct {
	Kind string // "same", "gone" or "new"
	Text string
}

// Sign marks the line for those who see no colours.
func (l diffLine) Sign() string {
	switch l.Kind {
	case "gone":
		return "−"
	case "new":
		return "+"
	}
	return " "
}

// answerText is an answer as lines that can be compared.
func answerText(a delivery.Attempt) []string {
	text := []string{statusText(a)}
	for _, h := range headerLines(a.Header) {
		if h.Name != "Date" { // it always differs
			text = append(text, h.Name+": "+h.Value)
		}
	}
	if a.Status == 0 && a.Err != "" {
		text = append(text, harmless(a.Err))
	}
	body := newBodyView(a.Body, a.BodyBytes)
	if body.Text == "" {
		return text
	}
	text = append(text, "")
	return append(text, strings.Split(strings.TrimRight(body.Text, "\n"), "\n")...)
}

// linesCompared bounds the lines of each text: the work grows by their square.
const linesCompared = 500

// difference compares two texts line by line, by their longest common
// subsequence.
func difference(before, after []string) []diffLine {
	before, after = capped(before), capped(after)
	// common[i][j] is how many lines before[i:] and after[j:] share.
	common := make([][]int, len(before)+1)
	for i := range common {
		common[i] = make([]int, len(after)+1)
	}
	for i := len(before) - 1; i >= 0; i-- {
		for j := len(after) - 1; j >= 0; j-- {
			if common[i][j] = max(common[i+1][j], common[i][j+1]); before[i] == after[j] {
				common[i][j] = common[i+1][j+1] + 1
			}
		}
	}
	var lines []diffLine
	i, j := 0, 0
	for i < len(before) || j < len(after) {
		switch {
		case i < len(before) && j < len(after) && before[i] == after[j]:
			lines = append(lines, diffLine{"same", before[i]})
			i, j = i+1, j+1
		case j == len(after) || i < len(before) && common[i+1][j] >= common[i][j+1]:
			lines = append(lines, diffLine{"gone", before[i]})
			i++
		default:
			lines = append(lines, diffLine{"new", after[j]})
			j++
		}
	}
	return lines
}

func capped(lines []string) []string {
	if len(lines) <= linesCompared {
		return lines
	}
	more := fmt.Sprintf("… and %d lines more, not compared", len(lines)-linesCompared)
	return append(lines[:linesCompared:linesCompared], more)
}
