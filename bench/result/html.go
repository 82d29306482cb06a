// Tables in HTML that is XML too, for a page that brings its own style; and what stands in a table's columns, for those
// who draw it.

package result

import (
	"bytes"
	"fmt"
	"html"
	"io"
)

var htmlMarks = [3][2]string{{"", ""}, {"<b>", "</b>"}, {"<u>", "</u>"}}

// WriteHTML writes t as one <table> per suite and setting, each followed by a <ul class="notes">, with the best of a row
// in <b> and the second in <u>. Each table stands in a <div class="wide"> that may scroll: columns are never split.
func (t *Table) WriteHTML(w io.Writer) error {
	var b bytes.Buffer
	for _, s := range t.sheets() {
		title := html.EscapeString(s.title)
		fmt.Fprintf(&b, "<div class=\"wide\" role=\"region\" tabindex=\"0\" aria-label=\"%s\"><table>\n<caption>%s</caption>\n", title, title)
		s.htmlHeads(&b)
		b.WriteString("<tbody>\n")
		for i, r := range s.rows {
			s.htmlRow(&b, r, s.rules[i])
		}
		b.WriteString("</tbody>\n</table></div>\n<ul class=\"notes\">\n")
		for _, n := range s.footnotes("bold is the best of a row, underlined the second, by the digits shown") {
			fmt.Fprintf(&b, "<li>%s</li>\n", html.EscapeString(n))
		}
		b.WriteString("</ul>\n")
	}
	if _, err := b.WriteTo(w); err != nil {
		return fmt.Errorf("write table: %w", err)
	}
	return nil
}

// htmlHeads writes the models in a first row of headings and the names of their columns in a second.
func (s *sheet) htmlHeads(b *bytes.Buffer) {
	b.WriteString("<thead><tr>")
	for _, h := range s.heads[:s.keys] {
		fmt.Fprintf(b, `<th scope="col" rowspan="2">%s</th>`, html.EscapeString(h.name))
	}
	for i := s.keys; i < len(s.heads); {
		end := s.groupEnd(i)
		fmt.Fprintf(b, `<th scope="colgroup" colspan="%d">%s</th>`, end-i, html.EscapeString(s.heads[i].group))
		i = end
	}
	b.WriteString("</tr>\n<tr>")
	for _, h := range s.heads[s.keys:] {
		fmt.Fprintf(b, `<th scope="col">%s</th>`, html.EscapeString(h.name))
	}
	b.WriteString("</tr></thead>\n")
}

func (s *sheet) htmlRow(b *bytes.Buffer, r []text, rule bool) {
	class := ""
	if rule {
		class = ` class="rule"`
	}
	fmt.Fprintf(b, `<tr%s><th scope="row">%s</th>`, class, html.EscapeString(r[0].s))
	for i, c := range r[1:] {
		mark := htmlMarks[c.place]
		if i == 0 {
			fmt.Fprintf(b, `<th scope="row">%s</th>`, html.EscapeString(c.s))
			continue
		}
		fmt.Fprintf(b, "<td>%s</td>", mark[0]+html.EscapeString(c.s)+mark[1]+html.EscapeString(c.tail))
	}
	b.WriteString("</tr>\n")
}

// Column is a column of a table and the records in it, of every status, in the order of the table's rows, then by seed.
type Column struct {
	Setting string
	Label   string // its heading, unique within its setting
	Records []Record
}

// Columns are the columns that hold records, in the order of the table.
func (t *Table) Columns() []Column {
	var columns []Column
	for _, b := range t.blocks {
		for i, c := range b.columns {
			if c.reference {
				continue
			}
			filled := Column{Setting: b.setting, Label: c.label}
			for _, w := range b.rows {
				filled.Records = append(filled.Records, w.entries[i].records...)
			}
			columns = append(columns, filled)
		}
	}
	return columns
}
