// A table laid out as rows of text: what the console, Markdown and LaTeX have in common.

package result

import (
	"fmt"
	"strconv"
	"strings"
)

// sheet is a block, or some of its columns, as text.
type sheet struct {
	title string
	block *block
	heads []head
	rows  [][]text
	rules []bool // whether a line is drawn above the row
	last  bool   // whether it ends its block, and so bears the notes
}

// head is the heading of one text column. Neighbours with the same group belong to one model.
type head struct{ group, name string }

// text is the content of one text column in one row.
type text struct {
	s     string
	tail  string // after s, and not part of what is marked
	place int    // 1 best, 2 second
}

// keyHeads are the text columns that name a row.
var keyHeads = []head{{"", "data set"}, {"", "H"}, {"", "windows"}}

// sheets lays the table out. A block of which more than limit characters would stand side by side is split into
// several sheets with some of the models each; 0 is no limit. pad is what the format adds to the widest text of a
// text column.
func (t *Table) sheets(limit, pad int) []sheet {
	var all []sheet
	for _, b := range t.blocks {
		whole := b.sheet(nil)
		var parts [][]int
		width := 0
		at := len(keyHeads)
		for i, c := range b.columns {
			w := 0
			for range c.heads() {
				w += whole.width(at) + pad
				at++
			}
			if len(parts) == 0 || limit > 0 && width+w > limit {
				parts = append(parts, nil)
				width = 0
				for k := range keyHeads {
					width += whole.width(k) + pad
				}
			}
			last := &parts[len(parts)-1]
			*last, width = append(*last, i), width+w
		}
		for i, columns := range parts {
			s := b.sheet(columns)
			if len(parts) > 1 {
				s.title += fmt.Sprintf(" (models %d of %d)", i+1, len(parts))
			}
			s.last = i == len(parts)-1
			all = append(all, s)
		}
	}
	return all
}

// notes are the footnotes, which stand below a block's last sheet. legend says how the format marks the best and the
// second.
func (s *sheet) notes(legend string) []string {
	switch {
	case !s.last:
		return nil
	case !s.block.marked:
		return s.block.notes
	}
	return append([]string{legend}, s.block.notes...)
}

// width is the number of characters that text column i needs, if the words of its heading stand below each other.
func (s *sheet) width(i int) int {
	w := runes(s.heads[i].name)
	for _, word := range strings.Fields(s.heads[i].group) {
		w = max(w, runes(word))
	}
	for _, r := range s.rows {
		w = max(w, runes(r[i].s)+runes(r[i].tail))
	}
	return w
}

func runes(s string) int { return len([]rune(s)) }

// heads are the text columns of c.
func (c column) heads() []head {
	h := []head{{c.label, metricNames[0]}, {c.label, metricNames[1]}}
	if c.published {
		h = append(h, head{c.label, "publ."}, head{c.label, "Δ"})
	}
	return h
}

// sheet lays out some of the columns; nil is all of them.
func (b *block) sheet(columns []int) sheet {
	if columns == nil {
		for i := range b.columns {
			columns = append(columns, i)
		}
	}
	s := sheet{title: "suite " + b.suite + ", setting " + b.setting, block: b, heads: append([]head(nil), keyHeads...)}
	for _, i := range columns {
		s.heads = append(s.heads, b.columns[i].heads()...)
	}
	for j, w := range b.rows {
		r := []text{{}, {s: "Avg"}, {}}
		first := j == 0 || b.rows[j-1].dataset != w.dataset
		if first {
			r[0].s = w.dataset
		}
		if w.horizon != 0 {
			r[1].s = strconv.Itoa(w.horizon)
		}
		if w.windows != 0 {
			r[2].s = strconv.Itoa(w.windows)
		}
		for _, i := range columns {
			r = append(r, w.entries[i].texts(b.columns[i])...)
		}
		s.add(r, first && j > 0)
	}
	if b.complete > 0 {
		r := []text{{s: "1st"}, {}, {}}
		for _, i := range columns {
			c := b.columns[i]
			cells := make([]text, len(c.heads()))
			if c.ranked() {
				for m := range metricNames {
					cells[m].s = strconv.Itoa(b.firsts[2*i+m])
				}
			}
			r = append(r, cells...)
		}
		s.add(r, true)
	}
	return s
}

func (s *sheet) add(r []text, rule bool) {
	s.rows, s.rules = append(s.rows, r), append(s.rules, rule)
}

// texts are e's text columns in column c.
func (e *entry) texts(c column) []text {
	var r []text
	var published, diff [2]string
	for m, s := range e.scores {
		t := text{place: s.place}
		switch {
		case c.reference && s.published.ok:
			t.s = number(s.published.v)
		case s.mean.ok:
			t.s = number(s.mean.v)
		}
		if s.sd.ok {
			t.tail = " ± " + number(s.sd.v)
		}
		r = append(r, t)
		if s.published.ok {
			published[m] = number(s.published.v)
			if s.mean.ok {
				diff[m] = difference(s.mean.v - s.published.v)
			}
		}
	}
	if c.published {
		r = append(r, text{s: pair(published)}, text{s: pair(diff)})
	}
	return r
}

// pair joins an MSE and an MAE.
func pair(s [2]string) string {
	if s == [2]string{} {
		return ""
	}
	return s[0] + "/" + s[1]
}

// number writes v as the papers do, with three digits.
func number(v float64) string { return strconv.FormatFloat(v, 'f', 3, 64) }

// difference is number with a sign, unless it is nought.
func difference(v float64) string {
	switch s := number(v); {
	case strings.Trim(s, "-0.") == "":
		return "0.000"
	case v < 0:
		return "−" + s[1:]
	default:
		return "+" + s
	}
}
