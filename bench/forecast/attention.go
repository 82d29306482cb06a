// The picture of how a window's channels look at the prototypes: a panel per channel, a row per head, a column per
// prototype.

package forecast

import (
	"fmt"
	"image"
	"image/color"
	"io"
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"ecalf/bench/data"
	"ecalf/bench/figure"
	"ecalf/model"
)

// WriteAttention writes the weights of a as .npy, float32 (C, A, P).
func WriteAttention(w io.Writer, a model.Attention) error {
	out := data.NewArrayWriter(w, a.Channels, a.Heads, a.Prototypes)
	for channel := range a.Channels {
		out.Write(a.Channel(channel))
	}
	return out.Flush()
}

// DrawAttention draws a, how the window before a row of the CSV looks at the prototypes. format is one of Formats.
func (m *Model) DrawAttention(w io.Writer, format string, a model.Attention, row int) error {
	columns := 1
	if m.panels() > 4 {
		columns = 2
	}
	p := page{columns: columns, size: vg.Point{X: 26 * vg.Centimeter / vg.Length(columns), Y: 4 * vg.Centimeter}, x: "prototype", y: "head",
		head: func(page draw.Canvas) {
			style := drawTitle(page, fmt.Sprintf("%s, rows %s to %s, %d prototypes", m.Meta.Model, m.Label(row-m.Meta.Lookback), m.Label(row-1), a.Prototypes)+m.firstOf())
			drawScale(page, style)
		}}
	for i := range m.panels() {
		p.panels = append(p.panels, m.attentionPanel(a, i))
	}
	return p.write(w, format)
}

// attentionPanel is that of one channel, whose title sums it up by means over the heads.
func (m *Model) attentionPanel(a model.Attention, channel int) *plot.Plot {
	p := plot.New()
	figure.Sans(&p.Title.TextStyle, 9)
	figure.Quiet(p, 7, pastColour)
	weights := a.Channel(channel)
	p.Title.Text = fmt.Sprintf("%s: as if %.0f prototypes counted", shortened(m.Set.Channels[channel]), counted(weights, a.Prototypes))
	if a.Temperature != nil {
		p.Title.Text += fmt.Sprintf(", sharpness %.2f", meanOf(a.Temperature[channel*a.Heads:][:a.Heads]))
	}
	if a.Degree != nil {
		p.Title.Text += fmt.Sprintf(", aligned to %.2f", meanOf(a.Degree[channel*a.Heads:][:a.Heads]))
	}
	p.Add(weightMap{weights, a.Prototypes})
	p.X.Tick.Marker, p.Y.Tick.Marker = ends(a.Prototypes), ends(a.Heads)
	return p
}

// ends are ticks at the first and the last of n, counted from 1, and on a long axis at round numbers between.
func ends(n int) plot.Ticker {
	ticks := plot.ConstantTicks{{Value: 1, Label: "1"}}
	if n > 50 {
		ticks = append(ticks, figure.Round(float64(n)/10, 0.95*float64(n), 5)...)
	}
	if n > 1 {
		ticks = append(ticks, plot.Tick{Value: float64(n), Label: fmt.Sprint(n)})
	}
	return ticks
}

// counted is the number of prototypes that, counting the same, would be as hard to guess as those of weights (A, P):
// e to the entropy, the geometric mean over the heads.
func counted(weights []float32, prototypes int) float64 {
	var entropy float64
	for _, w := range weights {
		if w > 0 {
			entropy -= float64(w) * math.Log(float64(w))
		}
	}
	return math.Exp(entropy / float64(len(weights)/prototypes))
}

func meanOf(values []float32) float64 {
	var sum float64
	for _, v := range values {
		sum += float64(v)
	}
	return sum / float64(len(values))
}

// weightMap draws weights (A, P) as an image, a cell for each.
type weightMap struct {
	weights    []float32
	prototypes int
}

const cellPixels = 4 // of a cell's side: viewers smooth what they enlarge

func (w weightMap) Plot(c draw.Canvas, p *plot.Plot) {
	heads := len(w.weights) / w.prototypes
	img := image.NewNRGBA(image.Rect(0, 0, cellPixels*w.prototypes, cellPixels*heads))
	for y := range cellPixels * heads {
		head := heads - 1 - y/cellPixels // an image's first row is its upper one
		for x := range cellPixels * w.prototypes {
			img.SetNRGBA(x, y, colourOf(w.weights[head*w.prototypes+x/cellPixels]*float32(w.prototypes)))
		}
	}
	x, y := p.Transforms(&c)
	low, high := vg.Point{X: x(0.5), Y: y(0.5)}, vg.Point{X: x(float64(w.prototypes) + 0.5), Y: y(float64(heads) + 0.5)}
	c.DrawImage(vg.Rectangle{Min: low, Max: high}, img)
}

// DataRange is that of cells around whole numbers, counted from 1.
func (w weightMap) DataRange() (xmin, xmax, ymin, ymax float64) {
	return 0.5, float64(w.prototypes) + 0.5, 0.5, float64(len(w.weights)/w.prototypes) + 0.5
}

// most is the ratio at which the colours end, on either side.
const most = 8

var (
	lessColour = color.NRGBA{R: 0x00, G: 0x72, B: 0xb2, A: 0xff} // of Okabe and Ito, as forecastColour is
	moreColour = forecastColour
)

// colourOf is that of a weight that is so many times what it were if all counted the same: white for 1, blue for less,
// orange for more, by its logarithm.
func colourOf(ratio float32) color.NRGBA {
	share := math.Log(float64(ratio)) / math.Log(most)
	end := moreColour
	if !(share > 0) { // a weight that is no number is as blue as one of 0
		end, share = lessColour, -share
	}
	if !(share < 1) {
		share = 1
	}
	mixed := func(v uint8) uint8 { return uint8(math.Round(255 + share*(float64(v)-255))) }
	return color.NRGBA{R: mixed(end.R), G: mixed(end.G), B: mixed(end.B), A: 0xff}
}

// drawScale explains the colours on the right of the page's head.
func drawScale(page draw.Canvas, style text.Style) {
	const steps, width = 48, 30 * vg.Millimeter
	more := fmt.Sprintf("%d times its share", most)
	page.FillText(style, page.Max, more)
	right := page.Max.X - style.Width(more) - 2*vg.Millimeter
	height := style.Height(more)
	for i := range steps {
		ratio := math.Pow(most, 2*(float64(i)+0.5)/steps-1)
		page.SetColor(colourOf(float32(ratio)))
		low := vg.Point{X: right - width + width*vg.Length(i)/steps, Y: page.Max.Y - height}
		page.Fill(vg.Rectangle{Min: low, Max: vg.Point{X: low.X + width/steps, Y: page.Max.Y}}.Path())
	}
	page.FillText(style, vg.Point{X: right - width - 2*vg.Millimeter, Y: page.Max.Y}, fmt.Sprintf("1/%d", most))
}
