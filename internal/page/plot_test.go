package page_test

import (
	"encoding/xml"
	"errors"
	"io"
	"math"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/scrapehook/scrapehook/internal/page"
)

// wellFormed fails unless text is XML with finite numbers only.
func wellFormed(t *testing.T, text string) {
	t.Helper()
	decoder := xml.NewDecoder(strings.NewReader(text))
	for {
		if _, err := decoder.Token(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatalf("%v in %s", err, text)
		}
	}
	if strings.Contains(text, "NaN") || strings.Contains(text, "Inf") {
		t.Errorf("no number: %s", text)
	}
}

// number reads a number; nothing is 0.
func number(t *testing.T, text string) float64 {
	t.Helper()
	if text == "" {
		return 0
	}
	v, err := strconv.ParseFloat(text, 64)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestPlotKeepsWithinItsFrame(t *testing.T) {
	t.Parallel()
	line := regexp.MustCompile(`points="([^"]*)"`)
	for name, plot := range map[string]page.Plot{
		"nothing":       {},
		"no points":     {Series: []page.Series{{Name: "a"}}},
		"a point":       {Series: []page.Series{{Points: []page.Point{{3, 5}}}}},
		"zeros":         {Series: []page.Series{{Points: []page.Point{{0, 0}, {1, 0}}}}},
		"zeros, by log": {LogY: true, Series: []page.Series{{Points: []page.Point{{0, 0}, {1, 0}}}}},
		"by log":        {LogY: true, Series: []page.Series{{Points: []page.Point{{0, 0}, {1, 0.02}, {2, 7}, {3, 1000}}}}},
		"two lines":     {Series: []page.Series{{Points: []page.Point{{0, 1}, {1, 2}}}, {Points: []page.Point{{5, 100}}}}},
	} {
		text := string(plot.SVG())
		wellFormed(t, text)
		for _, points := range line.FindAllStringSubmatch(text, -1) {
			for pair := range strings.FieldsSeq(points[1]) {
				xText, yText, _ := strings.Cut(pair, ",")
				x, errX := strconv.ParseFloat(xText, 64)
				y, errY := strconv.ParseFloat(yText, 64)
				if errX != nil || errY != nil || x < 64 || x > 692 || y < 12 || y > 232 {
					t.Errorf("%s: a point at %s", name, pair)
				}
			}
		}
	}
}

func TestTextIsEscaped(t *testing.T) {
	t.Parallel()
	const evil = `<script>"x"&`
	plot := page.Plot{
		Title: evil, X: func(float64) string { return evil }, Y: func(float64) string { return evil },
		Series: []page.Series{{Name: evil, Points: []page.Point{{0, 1}, {1, math.Pi}}}},
	}
	for _, text := range []string{string(plot.SVG())} {
		wellFormed(t, text)
		if strings.Contains(text, "<script") {
			t.Errorf("not escaped: %s", text)
		}
	}
}
