// Listings: tables of what records hold besides errors, in the formats that tables have.

package result

import (
	"bytes"
	"cmp"
	"encoding/csv"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
)

// Listing is a table of something other than errors, ready to be written.
type Listing struct {
	all  []sheet
	csv  [][]string // its heading first
	opts Options
}

// WriteConsole writes l for a terminal, with Options.Width and Options.Color.
func (l *Listing) WriteConsole(w io.Writer) error { return writeConsole(w, l.all, l.opts) }

// WriteMarkdown writes l as GitHub shows it.
func (l *Listing) WriteMarkdown(w io.Writer) error { return writeMarkdown(w, l.all) }

// WriteLaTeX writes l as table* environments that need the package booktabs.
func (l *Listing) WriteLaTeX(w io.Writer) error { return writeLaTeX(w, l.all) }

// WriteCSV writes a line per number. Numbers have six digits behind the point; what was not measured has no line.
func (l *Listing) WriteCSV(w io.Writer) error {
	var b bytes.Buffer
	out := csv.NewWriter(&b)
	out.WriteAll(l.csv) // its only errors are those of b, which has none
	if _, err := b.WriteTo(w); err != nil {
		return fmt.Errorf("write table: %w", err)
	}
	return nil
}

// CostListing lists what the trained models cost: a row per data set and horizon, per model the means over the seeds of
// training's seconds and of an epoch's, the epochs trained, and the peak memory of the process in GB; where energy was
// measured, kilojoules too. Closed-form models have no row of their own: their cost is in their records.
func CostListing(records []Record, o Options) *Listing {
	o.References = nil
	l := &Listing{opts: o, csv: [][]string{{"suite", "dataset", "horizon", "setting", "model", "backbone", "seeds", "quantity", "value"}}}
	for _, b := range BuildTable(records, o).blocks {
		s := b.empty("Cost of training, ")
		s.label += "-cost"
		shown := b.costColumns(&s)
		if len(shown) == 0 {
			continue
		}
		last := ""
		for j, w := range b.rows {
			if !slices.ContainsFunc(w.entries, func(e entry) bool { return len(e.trained()) > 0 }) {
				continue
			}
			r, _ := b.keyTexts(j)
			r[0].s = ""
			if w.dataset != last {
				r[0].s = w.dataset
			}
			for _, c := range shown {
				e := w.entries[c.column]
				v := c.of(e.trained())
				r = append(r, text{s: v.fixed(c.digits)})
				if v.ok {
					l.csv = append(l.csv, []string{b.suite, w.dataset, strconv.Itoa(w.horizon), b.setting, b.columns[c.column].name, e.backbone,
						count(len(e.trained())), c.key, v.digits()})
				}
			}
			s.add(r, w.dataset != last && last != "")
			last = w.dataset
		}
		s.notes = b.costNotes()
		l.all = append(l.all, s)
	}
	return l
}

// Empty says whether there is nothing to list.
func (l *Listing) Empty() bool { return len(l.all) == 0 }

// costColumn is one text column of a cost listing: a quantity of one column of the table.
type costColumn struct {
	column int
	quantity
}

// quantity is a figure of cost: its heading, its name in CSV, how it is printed and computed.
type quantity struct {
	name, key string
	digits    int
	of        func([]Record) optional
}

var quantities = []quantity{
	{"fit s", "fit_seconds", 1, meanOver(func(r Record) optional { return pointed(r.Cost.FitSeconds) })},
	{"s/epoch", "epoch_seconds", 1, meanOver(epochSeconds)},
	{"epochs", "epochs", 0, meanOver(func(r Record) optional { return some(float64(len(r.Epochs))) })},
	{"GB", "peak_rss_gb", 2, meanOver(func(r Record) optional { return scaled(pointed(r.Cost.PeakRSSBytes), 1e-9) })},
	{"kJ", "kilojoules", 1, meanOver(func(r Record) optional { return scaled(pointed(r.Cost.Joules), 1e-3) })},
}

// costColumns adds the headings of all columns with a trained model to s, without quantities that nobody measured.
func (b *block) costColumns(s *sheet) (shown []costColumn) {
	for i, c := range b.columns {
		for _, q := range quantities {
			if slices.ContainsFunc(b.rows, func(w row) bool { return q.of(w.entries[i].trained()).ok }) {
				s.heads, shown = append(s.heads, head{c.label, q.name}), append(shown, costColumn{i, q})
			}
		}
	}
	return shown
}

// trained are the OK records of a model that was trained in epochs.
func (e *entry) trained() []Record {
	return slices.DeleteFunc(slices.Clone(e.records), func(r Record) bool { return r.Status != OK || len(r.Epochs) == 0 })
}

// costNotes say on what the models were trained.
func (b *block) costNotes() []string {
	machines := grouped{}
	for _, r := range b.records {
		if r.Status == OK && len(r.Epochs) > 0 {
			on := fmt.Sprintf("trained in %s on %s, %s, %d threads", r.Env.Precision, r.Env.Backend, cmp.Or(r.Env.GPU, r.Env.CPU), r.Env.Threads)
			machines.add(on, b.labelOf(r.Cell))
		}
	}
	notes := append([]string{"fit is the whole training with its validation, in seconds; means over the seeds"}, machines.lines()...)
	return append(notes, "GB is the peak memory of the process, which may have run other cells before")
}

// epochSeconds is the mean of an epoch's seconds.
func epochSeconds(r Record) optional {
	if len(r.Epochs) == 0 {
		return optional{}
	}
	sum := 0.0
	for _, e := range r.Epochs {
		sum += e.Seconds
	}
	return some(sum / float64(len(r.Epochs)))
}

// meanOver is the mean over records of a figure, if all of them have it.
func meanOver(of func(Record) optional) func([]Record) optional {
	return func(records []Record) optional {
		sum := 0.0
		for _, r := range records {
			v := of(r)
			if !v.ok {
				return v
			}
			sum += v.v
		}
		return optional{sum / float64(max(1, len(records))), len(records) > 0}
	}
}

func pointed(p *float64) optional {
	if p == nil {
		return optional{}
	}
	return some(*p)
}

func scaled(o optional, by float64) optional { return optional{o.v * by, o.ok} }

// fixed writes o with that many digits behind the point, nothing if it is absent.
func (o optional) fixed(digits int) string {
	if !o.ok {
		return ""
	}
	return strings.Replace(strconv.FormatFloat(o.v, 'f', digits, 64), "-", "−", 1)
}

// PlainListing is a table of texts, the first left columns set to the left. Where the first column repeats itself it is
// said once, with a line above.
func PlainListing(title, label string, left int, heads []string, rows [][]string, notes ...string) *Listing {
	s := sheet{title: title, label: label, left: left, keys: 1, notes: notes}
	for _, h := range heads {
		s.heads = append(s.heads, head{name: h})
	}
	repeats := false
	for j, r := range rows {
		line := make([]text, len(heads))
		copy(line, plainTexts(r))
		changes := j > 0 && r[0] != rows[j-1][0]
		if j > 0 && !changes {
			line[0].s, repeats = "", true
		}
		s.add(line, changes)
	}
	if !repeats {
		clear(s.rules)
	}
	return &Listing{all: []sheet{s}, csv: append([][]string{heads}, rows...)}
}
