package e2e_test

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"

	"github.com/scrapehook/scrapehook/e2e/defects"
)

// defectsSeed repeats a choice of TestDefects.
const defectsSeed = "DEFECTS_SEED"

// TestDefects: the suite catches defects by what they are, and by nothing beside
// the point, and passes what is right. It plays a few, the same ones unless
// DEFECTS_SEED chooses others; "make defects" plays all.
func TestDefects(t *testing.T) {
	t.Parallel()
	seed := uint64(1)
	if text := os.Getenv(defectsSeed); text != "" {
		var err error
		if seed, err = strconv.ParseUint(text, 10, 64); err != nil {
			t.Fatalf("%s: %v", defectsSeed, err)
		}
	}
	t.Logf("%s=%d chooses the same again", defectsSeed, seed)
	random := rand.New(rand.NewPCG(seed, 0))
	judge := defects.Judge{Scrapehook: scrapehookBinary, Receiver: filepath.Join(t.TempDir(), "receiver")}
	if err := defects.Build(t.Context(), judge.Receiver); err != nil {
		t.Fatal(err)
	}
	some, variants := named(defects.All(), "commonest"), named(defects.Variants(), "retries-after-20s")
	if os.Getenv(defectsSeed) != "" {
		some, variants = choose(t, random, defects.All(), 5), choose(t, random, defects.Variants(), 2)
	}
	for _, d := range some {
		t.Run(d.Name, func(t *testing.T) {
			t.Parallel()
			result, err := judge.Play(t.Context(), t.TempDir(), d, defects.Defect{})
			if err != nil {
				t.Fatal(err)
			}
			if right, why := d.Caught(result); !right {
				t.Errorf("%s (%s): %s\n%s", d.Name, d.What, why, result.Output)
			}
		})
	}
	for _, v := range variants {
		t.Run("variant "+v.Name, func(t *testing.T) {
			t.Parallel()
			result, err := judge.Play(t.Context(), t.TempDir(), defects.Defect{}, v)
			if err != nil {
				t.Fatal(err)
			}
			if right, why := v.Passed(result); !right {
				t.Errorf("%s (%s): %s\n%s", v.Name, v.What, why, result.Output)
			}
		})
	}
}

// named takes those of these names.
func named(all []defects.Defect, names ...string) (some []defects.Defect) {
	for _, d := range all {
		if slices.Contains(names, d.Name) {
			some = append(some, d)
		}
	}
	return some
}

// choose takes some of those that the suite is right about today.
func choose(t *testing.T, random *rand.Rand, all []defects.Defect, n int) (some []defects.Defect) {
	t.Helper()
	for _, i := range random.Perm(len(all)) {
		if !all[i].Missed && len(some) < n {
			some = append(some, all[i])
		}
	}
	if len(some) < n {
		t.Fatalf("there are %d to choose from, which is less than %d", len(some), n)
	}
	return some
}
