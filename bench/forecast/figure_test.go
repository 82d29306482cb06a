package forecast

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"image/png"
	"io"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"ecalf/bench/data"
	"ecalf/bench/train"
)

// drawn is a model's picture of a forecast of ones after so many rows of c channels; the second channel is constant.
func drawn(t *testing.T, format string, c, rows, from int) []byte {
	t.Helper()
	table := &data.Table{Rows: rows, C: c}
	for i := range c {
		table.Channels = append(table.Channels, fmt.Sprintf("flow %d <kW> & \"more\" \uFFFD", i))
	}
	for i := range rows {
		for ch := range c {
			table.Values = append(table.Values, float32(math.Sin(float64(i)/4+float64(ch)))*float32(min(1, (ch-1)*(ch-1))))
		}
	}
	m := &Model{Set: table.Scale(data.Unscaled(c)), Meta: train.Meta{Model: "Naive", Lookback: 24, Horizon: 12}}
	values := slices.Repeat([]float32{1}, 12*c)
	var b bytes.Buffer
	if err := m.Draw(&b, format, values, from); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// Each format is what it says at any number of channels; the SVG names every channel that is drawn, and says how many
// are not.
func TestDraw(t *testing.T) {
	for _, c := range []struct{ channels, rows, from int }{{1, 100, 100}, {2, 2, 2}, {7, 100, 88}, {21, 100, 100}, {321, 100, 100}} {
		svg := drawn(t, ".svg", c.channels, c.rows, c.from)
		var texts []string
		d := xml.NewDecoder(bytes.NewReader(svg))
		for {
			token, err := d.Token()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatalf("%d channels: the SVG is not well-formed: %v", c.channels, err)
			}
			if text, ok := token.(xml.CharData); ok {
				texts = append(texts, string(text))
			}
		}
		for i := range c.channels {
			name := fmt.Sprintf("flow %d <kW> & \"more\" \uFFFD", i)
			if got, want := slices.Contains(texts, name), i < mostPanels; got != want {
				t.Errorf("%d channels: %q drawn: %v, want %v", c.channels, name, got, want)
			}
		}
		note := fmt.Sprintf("Naive, 12 rows ahead; the first 24 of %d columns", c.channels)
		if slices.Contains(texts, note) != (c.channels > mostPanels) {
			t.Errorf("%d channels: note in %q", c.channels, texts[:min(3, len(texts))])
		}
		for _, want := range []string{"forecast", "the file", "row", "value"} {
			if !slices.Contains(texts, want) {
				t.Errorf("%d channels: no %q", c.channels, want)
			}
		}
	}
	if _, err := png.Decode(bytes.NewReader(drawn(t, ".png", 7, 100, 100))); err != nil {
		t.Errorf("PNG: %v", err)
	}
	if pdf := drawn(t, ".pdf", 2, 100, 100); !bytes.HasPrefix(pdf, []byte("%PDF-")) || !bytes.Contains(pdf[len(pdf)-16:], []byte("%%EOF")) {
		t.Errorf("PDF: begins %q, ends %q", pdf[:8], pdf[len(pdf)-16:])
	}
}

// Dates stand at round places of the calendar, as many as fit and never more. The wants are read off a calendar.
func TestDateTicks(t *testing.T) {
	for _, c := range []struct{ from, to, want string }{
		{"2024-02-27 13:00", "2024-03-01 12:00", "2024-02-28 2024-02-29 2024-03-01"},
		{"2024-02-27 00:00", "2024-02-27 20:00", "02-27 00:00 02-27 06:00 02-27 12:00 02-27 18:00"},
		{"2024-02-27 00:00", "2024-02-27 00:40", "02-27 00:00 02-27 00:15 02-27 00:30"},
		{"2023-11-05 00:00", "2024-03-02 00:00", "2023-12 2024-01 2024-02 2024-03"},
		{"2019-05-01 00:00", "2022-06-01 00:00", "2020 2021 2022"},
		{"1700-01-01 00:00", "1990-01-01 00:00", "1700 1800 1900"},
	} {
		date := func(s string) time.Time {
			d, err := time.Parse("2006-01-02 15:04", s)
			if err != nil {
				t.Fatal(err)
			}
			return d
		}
		var got []string
		for _, tick := range dateTicks(date(c.from), date(c.to), 4) {
			got = append(got, tick.Label)
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%s to %s: %v, want %s", c.from, c.to, got, c.want)
		}
	}
}

func TestAppendNumber(t *testing.T) {
	for v, want := range map[float32]string{
		0: "0", 1: "1", -0.1: "-0.1", 1e6: "1000000", 1.5e15: "1.5e+15", 1e-5: "0.00001", 1e-7: "1e-07", 16777216: "16777216",
		math.MaxFloat32: "3.4028235e+38",
	} {
		if got := string(appendNumber(nil, v)); got != want {
			t.Errorf("%v is written %s, want %s", v, got, want)
		}
	}
}
