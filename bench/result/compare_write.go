// Comparisons written for a console, as Markdown, CSV and JSON.

package result

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
)

// WriteConsole writes c as text: a difference that is not significant is shown as ~.
func (c *Comparison) WriteConsole(w io.Writer) error {
	var b bytes.Buffer
	fmt.Fprintf(&b, "A: %s\nB: %s\n", c.A, c.B)
	if len(c.Rows) > 0 {
		heads, left, rows := c.grid()
		last := len(rows) - 1
		if err := drawConsole(&b, heads, left, slices.Insert(rows, last, make([]string, len(heads)))); err != nil {
			return fmt.Errorf("draw comparison: %w", err)
		}
	} else {
		b.WriteString(nothingOnBoth + "\n")
	}
	for _, l := range c.remarks() {
		fmt.Fprintln(&b, l)
	}
	if _, err := b.WriteTo(w); err != nil {
		return fmt.Errorf("write comparison: %w", err)
	}
	return nil
}

const nothingOnBoth = "no cell has a result on both sides"

// remarks are what is said below the rows. Of those that one side has no record of, a few are named; a suite has hundreds.
func (c *Comparison) remarks() (lines []string) {
	const named = 5
	for _, list := range []struct {
		title string
		lines []string
	}{{"only in A: ", c.OnlyA}, {"only in B: ", c.OnlyB}, {"", c.Notes}} {
		without := 0
		for _, l := range list.lines {
			if strings.HasSuffix(l, noRecord+")") {
				if without++; without > named {
					continue
				}
			}
			lines = append(lines, list.title+l)
		}
		if more := without - named; more > 0 {
			lines = append(lines, fmt.Sprintf("%sand %d more rows", list.title, more))
		}
	}
	return lines
}

// WriteMarkdown writes what WriteConsole does as a table for a page.
func (c *Comparison) WriteMarkdown(w io.Writer) error {
	heads, left, rows := c.grid()
	s := sheet{title: fmt.Sprintf("%s (A) and %s (B)", c.A, c.B), left: left, keys: left + 1, notes: c.remarks()}
	for _, h := range heads {
		s.heads = append(s.heads, head{name: h})
	}
	for _, r := range rows {
		s.add(plainTexts(r), false)
	}
	if len(c.Rows) == 0 {
		s.rows, s.notes = nil, append([]string{nothingOnBoth}, s.notes...)
	}
	return writeMarkdown(w, []sheet{s})
}

// grid is the rows as text under heads, the first left of which are words; the last is the geometric mean of the ratios. A comparison
// of two models has no column for the model.
func (c *Comparison) grid() (heads []string, left int, rows [][]string) {
	models := slices.ContainsFunc(c.Rows, func(p Pair) bool { return p.Model != "" })
	key := func(dataset, setting, model, horizon string) []string {
		if models {
			return []string{dataset, setting, model, horizon}
		}
		return []string{dataset, setting, horizon}
	}
	heads = key("data set", "setting", "model", "H")
	left = len(heads) - 1
	for _, m := range metricNames {
		heads = append(heads, "A "+m, "B "+m, "Δ", "p")
	}
	for _, r := range c.Rows {
		row := key(r.Dataset, r.Setting, r.Model, strconv.Itoa(r.Horizon))
		if r.Suite != "" {
			row[0] = r.Suite + " " + r.Dataset
		}
		for _, d := range []*Difference{r.MSE, r.MAE} {
			row = append(row, d.texts()...)
		}
		rows = append(rows, row)
	}
	last := key("geomean", "", "", "")
	for _, g := range []*float64{c.GeomeanMSE, c.GeomeanMAE} {
		delta := ""
		if g != nil {
			delta = percent(100 * (*g - 1))
		}
		last = append(last, "", "", delta, "")
	}
	return heads, left, append(rows, last)
}

// texts are A, B, their difference and p as the console shows them.
func (d *Difference) texts() []string {
	if d == nil {
		return make([]string, 4)
	}
	delta, p := "", ""
	if d.Percent != nil {
		delta = percent(*d.Percent)
	}
	if d.P != nil {
		if *d.P >= Significant {
			delta = "~"
		}
		p = strconv.FormatFloat(*d.P, 'f', 3, 64)
		if *d.P < 0.001 {
			p = "<0.001"
		}
		if d.Test == "paired" {
			p += "*"
		}
	}
	return []string{d.A.String(), d.B.String(), delta, p}
}

// String is the mean, with the deviation if there is one. Four digits, as differences are the point.
func (s Sample) String() string {
	if s.SD == nil {
		return fmt.Sprintf("%.4f", s.Mean)
	}
	return fmt.Sprintf("%.4f ± %.4f", s.Mean, *s.SD)
}

func percent(v float64) string { return strings.Replace(fmt.Sprintf("%+.2f%%", v), "-", "−", 1) }

// WriteCSV writes a line per cell and metric. Numbers have six digits behind the point; an empty field is absent.
func (c *Comparison) WriteCSV(w io.Writer) error {
	out := csv.NewWriter(w)
	out.Write([]string{"suite", "dataset", "horizon", "setting", "model", "metric", "a", "a_sd", "a_seeds", "b", "b_sd", "b_seeds", "percent", "p", "test"})
	digits := func(v *float64) string {
		if v == nil {
			return ""
		}
		return some(*v).digits()
	}
	for _, r := range c.Rows {
		for m, d := range []*Difference{r.MSE, r.MAE} {
			if d == nil {
				continue
			}
			out.Write([]string{r.Suite, r.Dataset, strconv.Itoa(r.Horizon), r.Setting, r.Model, []string{"mse", "mae"}[m],
				digits(&d.A.Mean), digits(d.A.SD), strconv.Itoa(d.A.N), digits(&d.B.Mean), digits(d.B.SD), strconv.Itoa(d.B.N),
				digits(d.Percent), digits(d.P), d.Test})
		}
	}
	out.Flush()
	if err := out.Error(); err != nil {
		return fmt.Errorf("write comparison: %w", err)
	}
	return nil
}

// WriteJSON writes c with its fields' JSON names, indented.
func (c *Comparison) WriteJSON(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(c); err != nil {
		return fmt.Errorf("write comparison: %w", err)
	}
	return nil
}
