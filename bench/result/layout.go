// A table laid out as rows of text: what the console, Markdown and LaTeX have in common.

package result

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// sheet is one table as text: a block, or what else a Listing shows.
type sheet struct {
	subject string // what LaTeX's caption says before the title
	title   string
	label   string // how LaTeX refers to it
	heads   []head
	left    int // leading text columns that are set to the left
	keys    int // leading text columns that name a row, and so are in every part of a sheet
	rows    [][]text
	rules   []bool // whether a line is drawn above the row
	marked  bool   // whether anything is best or second
	notes   []string
}

// head is the heading of one text column. Neighbours with the same group belong to one model.
type head struct{ group, name string }

// text is the content of one text column in one row.
type text struct {
	s     string
	tail  string // after s, and not part of what is marked
	place int    // 1 best, 2 second
}

// keyHeads are the text columns that name a row of a block.
var keyHeads = []head{{"", "data set"}, {"", "H"}, {"", "windows"}}

// split divides the sheets of which more than limit characters would stand side by side into parts with some of the
// groups each, the last of which bears the notes; 0 is no limit. pad is what the format adds to the widest text of a
// text column. Above the columns of a group its heading stands either once, in one line, or in each with its words below each
// other: spanning says which.
func split(sheets []sheet, limit, pad int, spanning bool) (all []sheet) {
	for _, s := range sheets {
		keys := 0
		for i := range s.keys {
			keys += s.width(i) + pad
		}
		var parts [][2]int // first text column, and the one behind the last
		width := 0
		for i := s.keys; i < len(s.heads); {
			end, w := s.groupEnd(i), 0
			for j := i; j < end; j++ {
				if spanning {
					w += s.width(j) + pad
				} else {
					w += max(s.width(j), s.headWidth(j)) + pad
				}
			}
			if spanning {
				w = max(w, runes(s.heads[i].group)+pad)
			}
			if len(parts) == 0 || limit > 0 && width+w > limit {
				parts, width = append(parts, [2]int{i, i}), keys
			}
			parts[len(parts)-1][1], width, i = end, width+w, end
		}
		for i, p := range parts {
			part := s.part(p[0], p[1])
			if len(parts) > 1 {
				part.title += fmt.Sprintf(" (part %d of %d)", i+1, len(parts))
			}
			if i < len(parts)-1 {
				part.notes = nil
			}
			all = append(all, part)
		}
	}
	return all
}

// groupEnd is the text column behind the last one in i's group.
func (s *sheet) groupEnd(i int) int {
	end := i + 1
	for end < len(s.heads) && s.heads[i].group != "" && s.heads[end].group == s.heads[i].group {
		end++
	}
	return end
}

// part is s with the keys and the text columns from, …, to−1 alone.
func (s sheet) part(from, to int) sheet {
	s.heads = slices.Concat(s.heads[:s.keys], s.heads[from:to])
	s.left = min(s.left, s.keys) + max(min(s.left, to)-from, 0)
	rows := make([][]text, len(s.rows))
	for i, r := range s.rows {
		rows[i] = slices.Concat(r[:s.keys], r[from:to])
	}
	s.rows = rows
	return s
}

// footnotes are the lines below the sheet. legend says how the format marks the best and the second.
func (s *sheet) footnotes(legend string) []string {
	if len(s.notes) == 0 || !s.marked {
		return s.notes
	}
	return append([]string{legend}, s.notes...)
}

// width is the number of characters that text column i needs without the heading of its group.
func (s *sheet) width(i int) int {
	w := runes(s.heads[i].name)
	for _, r := range s.rows {
		w = max(w, runes(r[i].s)+runes(r[i].tail))
	}
	return w
}

// headWidth is the number of characters that the longest word in the heading of column i's group needs.
func (s *sheet) headWidth(i int) (w int) {
	for _, word := range strings.Fields(s.heads[i].group) {
		w = max(w, runes(word))
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

// sheets lays the table out, a sheet per block.
func (t *Table) sheets() (all []sheet) {
	for _, b := range t.blocks {
		all = append(all, b.sheet())
	}
	return all
}

func (b *block) sheet() sheet {
	s := b.empty("MSE and MAE, ")
	s.marked, s.notes = b.marked, b.notes
	for _, c := range b.columns {
		s.heads = append(s.heads, c.heads()...)
	}
	for j, w := range b.rows {
		r, first := b.keyTexts(j)
		for i, c := range b.columns {
			r = append(r, w.entries[i].texts(c)...)
		}
		s.add(r, first && j > 0)
	}
	if b.marked {
		r := []text{{s: "1st"}, {}, {}}
		for i, c := range b.columns {
			cells := make([]text, len(c.heads()))
			for m, of := range b.firsts[i].of {
				if of > 0 {
					cells[m].s = fmt.Sprintf("%d/%d", b.firsts[i].won[m], of)
				}
			}
			r = append(r, cells...)
		}
		s.add(r, true)
	}
	return s
}

// empty is a sheet with the block's title and key columns alone.
func (b *block) empty(subject string) sheet {
	return sheet{
		subject: subject, title: "suite " + b.suite + ", setting " + b.setting, label: b.suite + "-" + b.setting,
		heads: slices.Clone(keyHeads), left: 1, keys: len(keyHeads),
	}
}

// keyTexts are the key columns of row j, and whether it is the first of its data set.
func (b *block) keyTexts(j int) (r []text, first bool) {
	w := b.rows[j]
	r = []text{{}, {s: "Avg"}, {}}
	if first = j == 0 || b.rows[j-1].dataset != w.dataset; first {
		r[0].s = w.dataset
	}
	if w.horizon != 0 {
		r[1].s = strconv.Itoa(w.horizon)
	}
	if w.windows != 0 {
		r[2].s = strconv.Itoa(w.windows)
	}
	return r, first
}

func (s *sheet) add(r []text, rule bool) {
	s.rows, s.rules = append(s.rows, r), append(s.rules, rule)
}

// plainTexts are cells that nothing is marked in.
func plainTexts(cells []string) []text {
	r := make([]text, len(cells))
	for i, s := range cells {
		r[i].s = s
	}
	return r
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
