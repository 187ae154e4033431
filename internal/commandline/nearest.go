package commandline

import "strings"

// Nearest returns the candidate that somebody who typed word most likely meant:
// one of which word is the beginning, or one that differs in few characters.
// It is "" when none is near.
func Nearest(word string, candidates []string) string {
	word = strings.ToLower(word)
	best, least := "", max(1, min(3, len(word)/2))+1
	for _, candidate := range candidates {
		lower := strings.ToLower(candidate)
		if len(word) > 1 && (strings.HasPrefix(lower, word) || strings.HasPrefix(word, lower)) {
			// The shortest of those that begin so is the nearest.
			if best == "" || least > 0 || len(candidate) < len(best) {
				best, least = candidate, 0
			}
			continue
		}
		if d := distance(word, lower); d < least {
			best, least = candidate, d
		}
	}
	return best
}

// distance is how many characters must be added, removed, replaced or swapped
// with their neighbour to make b of a.
func distance(a, b string) int {
	from, to := []rune(a), []rune(b)
	rows := make([][]int, len(from)+1)
	for i := range rows {
		rows[i] = make([]int, len(to)+1)
		rows[i][0] = i
	}
	for j := range to {
		rows[0][j+1] = j + 1
	}
	for i := 1; i <= len(from); i++ {
		for j := 1; j <= len(to); j++ {
			cost := 1
			if from[i-1] == to[j-1] {
				cost = 0
			}
			rows[i][j] = min(rows[i-1][j]+1, rows[i][j-1]+1, rows[i-1][j-1]+cost)
			if i > 1 && j > 1 && from[i-1] == to[j-2] && from[i-2] == to[j-1] {
				rows[i][j] = min(rows[i][j], rows[i-2][j-2]+1)
			}
		}
	}
	return rows[len(from)][len(to)]
}

// DidYouMean is " (did you mean X?)", or nothing when no candidate is near.
func DidYouMean(word string, candidates []string) string {
	if near := Nearest(word, candidates); near != "" {
		return " (did you mean " + near + "?)"
	}
	return ""
}
