// The picture of a forecast: the tail of the history and what follows it, one small panel per channel.

package forecast

import (
	"fmt"
	"image/color"
	"io"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
	"gonum.org/v1/plot/vg/vgpdf"
	"gonum.org/v1/plot/vg/vgsvg"

	"ecalf/bench/figure"
)

// Formats are the kinds of picture, by the extension of their file.
var Formats = []string{".svg", ".png", ".pdf"}

const (
	mostPanels = 24 // more could not be read
	tailLooks  = 3  // look-backs of history that are drawn
	pngDPI     = 120
)

// Two of the colours that Okabe and Ito chose to be told apart by everyone, and a grey for what is past.
var (
	pastColour     = color.NRGBA{R: 0x60, G: 0x60, B: 0x60, A: 0xff}
	forecastColour = color.NRGBA{R: 0xd5, G: 0x5e, B: 0x00, A: 0xff}
)

// Draw draws values (H, C), a forecast whose first row is the CSV's row from, counted from 0, and what the CSV has of
// the rows before and under it. format is one of Formats.
func (m *Model) Draw(w io.Writer, format string, values []float32, from int) error {
	first := max(0, from-tailLooks*m.Meta.Lookback)
	end := min(m.Set.Rows, from+m.Meta.Horizon)
	past := slices.Clone(m.Set.Values[first*m.Set.C : end*m.Set.C])
	m.Set.Unscale(past)

	columns := 1
	switch panels := m.panels(); {
	case panels > 8:
		columns = 3
	case panels > 1:
		columns = 2
	}
	p := page{columns: columns, size: panelSize[columns], x: m.LabelColumn(), y: "value", head: m.drawHead}
	for i := range m.panels() {
		panel, err := m.panel(i, past, first, values, from)
		if err != nil {
			return err
		}
		panel.X.Tick.Marker = m.ticks(first, from+m.Meta.Horizon-1, labels[columns])
		p.panels = append(p.panels, panel)
	}
	return p.write(w, format)
}

// panels is the number of channels that are drawn.
func (m *Model) panels() int { return min(m.Set.C, mostPanels) }

// firstOf is what a title says where there are more channels than panels.
func (m *Model) firstOf() string {
	if m.panels() == m.Set.C {
		return ""
	}
	return fmt.Sprintf("; the first %d of %d columns", m.panels(), m.Set.C)
}

// page is a picture: panels, so many in a row, under a head.
type page struct {
	columns int
	size    vg.Point // of a panel
	x, y    string   // what the outer axes say
	head    func(page draw.Canvas)
	panels  []*plot.Plot
}

func (p page) write(w io.Writer, format string) error {
	grid := draw.Tiles{Cols: p.columns, Rows: (len(p.panels) + p.columns - 1) / p.columns, PadX: 4 * vg.Millimeter, PadY: 3 * vg.Millimeter}
	width, height := p.size.X*vg.Length(p.columns), p.size.Y*vg.Length(grid.Rows)+headSpace
	canvas, output := newCanvas(format, width, height)
	whole := draw.NewCanvas(canvas, width, height)
	whole.SetColor(color.White)
	whole.Fill(whole.Rectangle.Path())
	whole = draw.Crop(whole, margin, -margin, margin, -margin)
	p.head(whole)

	plots := make([][]*plot.Plot, grid.Rows)
	for row := range plots {
		plots[row] = make([]*plot.Plot, p.columns)
	}
	for i, panel := range p.panels {
		if i+p.columns >= len(p.panels) {
			panel.X.Label.Text = p.x
		}
		if i%p.columns == 0 {
			panel.Y.Label.Text = p.y
		}
		plots[i/p.columns][i%p.columns] = panel
	}
	tiles := plot.Align(plots, grid, draw.Crop(whole, 0, 0, 0, -headSpace))
	for row := range plots {
		for column, panel := range plots[row] {
			if panel != nil {
				panel.Draw(tiles[row][column])
			}
		}
	}
	_, err := output.WriteTo(w)
	return err
}

// Sizes on the page, by the number of panels in a row, and how many dates fit under one.
var (
	panelSize = map[int]vg.Point{1: {X: 22 * vg.Centimeter, Y: 10 * vg.Centimeter}, 2: {X: 13 * vg.Centimeter, Y: 5 * vg.Centimeter}, 3: {X: 9 * vg.Centimeter, Y: 4 * vg.Centimeter}}
	labels    = map[int]int{1: 8, 2: 6, 3: 4}
)

const (
	margin    = 4 * vg.Millimeter
	headSpace = 9 * vg.Millimeter
)

// newCanvas is an empty picture of a format, and how to write it.
func newCanvas(format string, width, height vg.Length) (vg.CanvasSizer, io.WriterTo) {
	switch format {
	case ".svg":
		c := vgsvg.New(width, height)
		return c, c
	case ".pdf":
		c := vgpdf.New(width, height)
		return c, c
	case ".png":
		c := vgimg.NewWith(vgimg.UseWH(width, height), vgimg.UseDPI(pngDPI))
		return c, vgimg.PngCanvas{Canvas: c}
	}
	panic("forecast: no format " + format)
}

// drawHead writes the title on the left of the page's head and the legend on the right.
func (m *Model) drawHead(page draw.Canvas) {
	style := drawTitle(page, fmt.Sprintf("%s, %d rows ahead", m.Meta.Model, m.Meta.Horizon)+m.firstOf())
	at := page.Max
	for _, entry := range []struct {
		text   string
		colour color.Color
	}{{"forecast", forecastColour}, {"the file", pastColour}} {
		page.FillText(style, at, entry.text)
		at.X -= style.Width(entry.text) + 2*vg.Millimeter
		y := at.Y - style.Height(entry.text)/2
		page.StrokeLine2(draw.LineStyle{Color: entry.colour, Width: vg.Points(1.5)}, at.X-8*vg.Millimeter, y, at.X, y)
		at.X -= 12 * vg.Millimeter
	}
}

// drawTitle writes a title on the left of the page's head and returns the style of what stands on its right.
func drawTitle(page draw.Canvas, title string) text.Style {
	style := plot.New().Title.TextStyle
	figure.Sans(&style, 11)
	style.XAlign = draw.XLeft
	page.FillText(style, vg.Point{X: page.Min.X, Y: page.Max.Y}, title)
	style.XAlign = draw.XRight
	figure.Sans(&style, 9)
	return style
}

// panel plots one channel: past holds the rows from first on, values those from from on.
func (m *Model) panel(channel int, past []float32, first int, values []float32, from int) (*plot.Plot, error) {
	p := plot.New()
	figure.Sans(&p.Title.TextStyle, 9)
	figure.Quiet(p, 7, pastColour)
	p.Title.Text = shortened(m.Set.Channels[channel])
	p.Y.Tick.Marker = plot.TickerFunc(func(low, high float64) []plot.Tick { return figure.Round(low, high, 4) })

	history, future := m.line(past, channel, first), m.line(values, channel, from)
	if from > first { // joined to the last row before it
		future = slices.Insert(future, 0, history[from-first-1])
	}
	for _, part := range []struct {
		points plotter.XYs
		colour color.Color
		width  float64
	}{{history, pastColour, .8}, {future, forecastColour, 1.2}} {
		line, err := plotter.NewLine(part.points)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", m.Set.Channels[channel], err)
		}
		line.Color, line.Width = part.colour, vg.Points(part.width)
		p.Add(line)
	}
	figure.Widen(p)
	start := m.x(max(from-1, first))
	now, err := plotter.NewLine(plotter.XYs{{X: start, Y: p.Y.Min}, {X: start, Y: p.Y.Max}})
	if err != nil {
		return nil, err
	}
	now.Color, now.Width, now.Dashes = pastColour, vg.Points(.4), []vg.Length{vg.Points(2), vg.Points(2)}
	p.Add(now)
	return p, nil
}

// line is a channel of values (rows, C), whose first row is row from of the CSV.
func (m *Model) line(values []float32, channel, from int) plotter.XYs {
	c := m.Set.C
	points := make(plotter.XYs, len(values)/c)
	for i := range points {
		points[i] = plotter.XY{X: m.x(from + i), Y: float64(values[i*c+channel])}
	}
	return points
}

// x is where a row stands: at its date in seconds since 1970, or at its number.
func (m *Model) x(row int) float64 {
	if t, ok := m.date(row); ok {
		return float64(t.Unix())
	}
	return float64(row + 1)
}
