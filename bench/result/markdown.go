// Tables in Markdown, as GitHub shows it.

package result

import (
	"bytes"
	"fmt"
	"io"
	"strings"
)

// markdownWidth is where a sheet is split: wider tables make even a desktop's browser scroll.
const markdownWidth = 220

var markdownMarks = [3][2]string{{"", ""}, {"**", "**"}, {"<u>", "</u>"}}

// WriteMarkdown writes t with the best of a row bold and the second underlined.
func (t *Table) WriteMarkdown(w io.Writer) error { return writeMarkdown(w, t.sheets()) }

func writeMarkdown(w io.Writer, sheets []sheet) error {
	var b bytes.Buffer
	for i, s := range split(sheets, markdownWidth, 3, false) {
		if i > 0 {
			b.WriteByte('\n')
		}
		fmt.Fprintf(&b, "### %s\n\n|", markdownEscape(s.title))
		for _, h := range s.heads {
			if h.group != "" {
				fmt.Fprintf(&b, " %s<br>%s |", markdownEscape(h.group), h.name)
			} else {
				fmt.Fprintf(&b, " %s |", h.name)
			}
		}
		b.WriteString("\n|" + strings.Repeat(":--|", s.left) + strings.Repeat("--:|", len(s.heads)-s.left) + "\n")
		for _, r := range s.rows {
			b.WriteByte('|')
			for _, c := range r {
				mark := markdownMarks[c.place]
				fmt.Fprintf(&b, " %s |", mark[0]+markdownEscape(c.s)+mark[1]+c.tail)
			}
			b.WriteByte('\n')
		}
		for j, n := range s.footnotes("bold is the best of a row, underlined the second, by the digits shown") {
			if j == 0 {
				b.WriteByte('\n')
			}
			fmt.Fprintf(&b, "- %s\n", markdownEscape(n))
		}
	}
	if _, err := b.WriteTo(w); err != nil {
		return fmt.Errorf("write table: %w", err)
	}
	return nil
}

var markdownEscapes = strings.NewReplacer(`\`, `\\`, "`", "\\`", "*", `\*`, "_", `\_`, "|", `\|`, "<", "&lt;", ">", "&gt;", "&", "&amp;",
	"[", `\[`, "]", `\]`, "\r", " ", "\n", " ")

func markdownEscape(s string) string { return markdownEscapes.Replace(s) }
