// Tests of single plots: values that make a careless axis fail, and words that would break an attribute.

package report

import (
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"
)

func TestPlottedExtremes(t *testing.T) {
	for name, y := range map[string][]float64{
		"one epoch":     {0.5},
		"constant":      {0.1, 0.1, 0.1},
		"nought":        {0, 0},
		"up to the end": {-1e308, 1e308},
		"tiny":          {1e-300, 2e-300},
		"diverging":     {0.4, 3e38},
	} {
		svg, err := plotted(`$1 <b>&"'`+name, []line{{key{7, "seed 1"}, y, 1}})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		for _, bad := range []string{"NaN", "Inf", "#0", "font-family"} { // no number; a colour that the style does not have; a font of its own
			if strings.Contains(string(svg), bad) {
				t.Errorf("%s: %s in %s", name, bad, svg)
			}
		}
		if !strings.Contains(string(svg), "var(--c7)") || !strings.Contains(string(svg), "$1 &lt;b&gt;&amp;") {
			t.Errorf("%s: neither colour nor words in %s", name, svg)
		}
		for d := xml.NewDecoder(strings.NewReader(string(svg))); ; {
			if _, err := d.Token(); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
		}
	}
}
