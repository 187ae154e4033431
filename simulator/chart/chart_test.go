package chart_test

import (
	"encoding/xml"
	"errors"
	"io"
	"math"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/scrapehook/scrapehook/simulator/chart"
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

func TestPlotKeepsWithinItsFrame(t *testing.T) {
	t.Parallel()
	line := regexp.MustCompile(`points="([^"]*)"`)
	for name, plot := range map[string]chart.Plot{
		"nothing":       {},
		"no points":     {Series: []chart.Series{{Name: "a"}}},
		"a point":       {Series: []chart.Series{{Points: []chart.Point{{3, 5}}}}},
		"zeros":         {Series: []chart.Series{{Points: []chart.Point{{0, 0}, {1, 0}}}}},
		"zeros, by log": {LogY: true, Series: []chart.Series{{Points: []chart.Point{{0, 0}, {1, 0}}}}},
		"by log":        {LogY: true, Series: []chart.Series{{Points: []chart.Point{{0, 0}, {1, 0.02}, {2, 7}, {3, 1000}}}}},
		"two lines":     {Series: []chart.Series{{Points: []chart.Point{{0, 1}, {1, 2}}}, {Points: []chart.Point{{5, 100}}}}},
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
	plot := chart.Plot{
		Title: evil, X: func(float64) string { return evil }, Y: func(float64) string { return evil },
		Series: []chart.Series{{Name: evil, Points: []chart.Point{{0, 1}, {1, math.Pi}}}},
	}
	for _, text := range []string{string(plot.SVG()), string(chart.Bars(evil, []chart.Bar{{evil, 1, evil}, {"b", 0, "0"}}))} {
		wellFormed(t, text)
		if strings.Contains(text, "<script") {
			t.Errorf("not escaped: %s", text)
		}
	}
	wellFormed(t, string(chart.Bars("none", nil)))
}
