// Package figure is what the pictures of forecasts and of reports have in common: quiet axes with few round numbers.
package figure

import (
	"fmt"
	"image/color"
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
)

// Sans sets a text in a font without serifs.
func Sans(s *text.Style, size vg.Length) {
	s.Font.Variant, s.Font.Size = "Sans", size
}

// Quiet makes the axes of p thin lines of a colour, with labels of size+1 and numbers of size points.
func Quiet(p *plot.Plot, size vg.Length, line color.Color) {
	for _, axis := range []*plot.Axis{&p.X, &p.Y} {
		Sans(&axis.Label.TextStyle, size+1)
		Sans(&axis.Tick.Label, size)
		axis.LineStyle.Width, axis.Tick.LineStyle.Width, axis.Padding = vg.Points(.4), vg.Points(.4), 0
		axis.LineStyle.Color, axis.Tick.LineStyle.Color = line, line
	}
}

// Widen gives a vertical axis whose values are all the same, but for rounding, a range in which that can be read.
func Widen(p *plot.Plot) {
	if middle := (p.Y.Min + p.Y.Max) / 2; p.Y.Max-p.Y.Min <= 1e-5*math.Abs(middle) {
		p.Y.Min, p.Y.Max = middle-math.Abs(middle)/10, middle+math.Abs(middle)/10
	}
}

// Round are at most n ticks, or one more, at round numbers between low and high.
func Round(low, high float64, n int) []plot.Tick {
	step := math.Pow(10, math.Floor(math.Log10((high-low)/float64(n))))
	for _, more := range []float64{2, 2.5, 2} { // 1, 2, 5, 10 times a power of ten
		if (high-low)/step <= float64(n) {
			break
		}
		step *= more
	}
	var ticks []plot.Tick
	for k := math.Ceil(low / step); k*step <= high && len(ticks) <= 2*n; k++ {
		value := k*step + 0 // -0 + 0 is 0
		ticks = append(ticks, plot.Tick{Value: value, Label: fmt.Sprintf("%.4g", value)})
	}
	return ticks
}
