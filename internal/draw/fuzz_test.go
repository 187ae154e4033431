package draw_test

import (
	"math"
	"testing"

	"github.com/scrapehook/scrapehook/internal/draw"
)

// FuzzParse: weights and shares are of numbers that can be drawn from.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{"finished=90,failed=10", "a=0", "a=-1", "a=NaN", "a=1e308,b=1e308", "5%", "101%", "-0%", "=", "a=1,a=2", "Inf%"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if share, err := draw.ParseShare(text); err == nil && (share < 0 || share > 1 || math.IsNaN(share)) {
			t.Errorf("the share %q is %v", text, share)
		}
		weights, err := draw.ParseWeights[string](text)
		if err != nil {
			return
		}
		for _, w := range weights {
			if w.Weight < 0 {
				t.Errorf("%q has the weight %v", text, w.Weight)
			}
		}
	})
}
