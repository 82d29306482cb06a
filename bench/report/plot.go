// One small plot of a few lines over epochs, as SVG that takes its colours from the page's style.

package report

import (
	"bytes"
	"fmt"
	"html"
	"html/template"
	"image/color"
	"regexp"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgsvg"

	"ecalf/bench/figure"
)

const (
	colours    = 8     // that the style has for lines
	mostPoints = 100   // of a line: more than its pixels show
	highest    = 1e300 // and lowest, on an axis whose range float64 must hold
	plotWidth  = vg.Length(170)
	plotHeight = vg.Length(100)
	numberSize = 9
)

// key explains a colour: the style's --c0 to --c7.
type key struct {
	Colour int
	Text   string
}

// line is one curve: y[i] is its value after epoch i+1.
type line struct {
	key
	y    []float64
	best int // the epoch, from 1, whose weights were kept; 0 for none
}

// A plot is drawn in these colours, which inked then takes for variables of the style: the red byte tells them from all
// others, and the blue one says which.
func lineColour(i int) color.Color { return color.NRGBA{R: 1, B: uint8(i), A: 255} }

var axisColour = color.NRGBA{R: 2, A: 255}

// plotted draws the lines, and describes them in words for those who cannot see them.
func plotted(title string, lines []line) (template.HTML, error) {
	p := plot.New()
	p.BackgroundColor = nil
	figure.Quiet(p, numberSize, axisColour)
	p.X.Tick.Label.Color, p.Y.Tick.Label.Color = axisColour, axisColour
	longest := 1
	words := []string{title + " by epoch"}
	for _, l := range lines {
		longest = max(longest, len(l.y))
		words = append(words, l.describe())
		drawn, err := plotter.NewLine(l.points())
		if err != nil {
			return "", fmt.Errorf("%s: %w", title, err)
		}
		drawn.Color, drawn.Width = lineColour(l.Colour), vg.Points(1.3)
		p.Add(drawn)
		if l.best > 0 && l.best <= len(l.y) || len(l.y) == 1 {
			at := max(l.best, 1)
			dot, err := plotter.NewScatter(plotter.XYs{{X: float64(at), Y: l.y[at-1]}})
			if err != nil {
				return "", fmt.Errorf("%s: %w", title, err)
			}
			dot.GlyphStyle = draw.GlyphStyle{Color: lineColour(l.Colour), Radius: vg.Points(2.4), Shape: draw.CircleGlyph{}}
			p.Add(dot)
		}
	}
	figure.Widen(p)
	p.X.Min, p.X.Max = 1, float64(max(longest, 2))
	p.X.Tick.Marker = plot.TickerFunc(func(low, high float64) []plot.Tick { return whole(figure.Round(low, high, 5)) })
	p.Y.Tick.Marker = plot.TickerFunc(func(low, high float64) []plot.Tick { return figure.Round(low, high, 4) })

	canvas := vgsvg.New(plotWidth, plotHeight)
	p.Draw(draw.NewCanvas(canvas, plotWidth, plotHeight))
	var b bytes.Buffer
	if _, err := canvas.WriteTo(&b); err != nil {
		return "", fmt.Errorf("%s: %w", title, err)
	}
	return inked(b.String(), strings.Join(words, "; ")), nil
}

// describe says where a line begins and ends.
func (l line) describe() string {
	s := l.Text + ": "
	if l.Text == "" {
		s = ""
	}
	last := len(l.y)
	if last == 1 {
		return s + fmt.Sprintf("%.3g after one", l.y[0])
	}
	s += fmt.Sprintf("%.3g after the first, %.3g after epoch %d", l.y[0], l.y[last-1], last)
	if l.best > 0 && l.best <= last {
		s += fmt.Sprintf(", epoch %d kept with %.3g", l.best, l.y[l.best-1])
	}
	return s
}

// points are the line's, every k-th and the last where they are many.
func (l line) points() (points plotter.XYs) {
	every := (len(l.y) + mostPoints - 1) / mostPoints
	for i, y := range l.y {
		if i%every == 0 || i == len(l.y)-1 {
			points = append(points, plotter.XY{X: float64(i + 1), Y: min(max(y, -highest), highest)})
		}
	}
	return points
}

// whole are the ticks at whole numbers.
func whole(ticks []plot.Tick) (kept []plot.Tick) {
	for _, t := range ticks {
		if t.Value == float64(int(t.Value)) {
			kept = append(kept, t)
		}
	}
	return kept
}

var (
	prologue   = regexp.MustCompile(`(?s)^.*?<svg[^>]*viewBox="([^"]*)"[^>]*>`)
	lineInk    = regexp.MustCompile(`#0100(0[0-7])`)
	fontFamily = regexp.MustCompile(`font-family:[^"]*?(font-size:)`)
	space      = regexp.MustCompile(`\n\s*`)
)

// inked makes the SVG of a plot a part of the page: without prologue, size or font of its own, in colours of the style.
func inked(svg, words string) template.HTML {
	svg = prologue.ReplaceAllString(svg, `<svg role="img" aria-label="`+strings.ReplaceAll(html.EscapeString(words), "$", "$$")+`" viewBox="$1">`)
	svg = lineInk.ReplaceAllString(svg, "var(--c$1)")
	svg = strings.NewReplacer("#020000", "var(--axis)", "var(--c0", "var(--c").Replace(svg)
	svg = fontFamily.ReplaceAllString(svg, "$1")
	return template.HTML(space.ReplaceAllString(svg, " "))
}
