// Tables in LaTeX, with the rules of booktabs.

package result

import (
	"bytes"
	"fmt"
	"io"
	"strings"
)

// latexWidth is where a sheet is split: what fits the text width of a two-column paper at \scriptsize.
const latexWidth = 120

var latexMarks = [3][2]string{{"", ""}, {`\textbf{`, "}"}, {`\underline{`, "}"}}

// WriteLaTeX writes t as table* environments that need the package booktabs, with the best of a row bold and the
// second underlined. Labels are tab:<suite>-<setting>, then -2, -3 where a table is split.
func (t *Table) WriteLaTeX(w io.Writer) error { return writeLaTeX(w, t.sheets()) }

func writeLaTeX(w io.Writer, sheets []sheet) error {
	var b bytes.Buffer
	labels := map[string]int{}
	b.WriteString("% needs \\usepackage{booktabs}\n")
	for _, s := range split(sheets, latexWidth, 3, true) {
		label := latexLabel(s.label)
		if labels[label]++; labels[label] > 1 {
			label += fmt.Sprint("-", labels[label])
		}
		s.latex(&b, label)
	}
	if _, err := b.WriteTo(w); err != nil {
		return fmt.Errorf("write table: %w", err)
	}
	return nil
}

func (s *sheet) latex(b *bytes.Buffer, label string) {
	fmt.Fprintf(b, "\\begin{table*}[t]\n\\centering\\scriptsize\n\\caption{%s}\n\\label{tab:%s}\n", latexEscape(s.subject+s.title), label)
	fmt.Fprintf(b, "\\begin{tabular}{%s%s}\n\\toprule\n", strings.Repeat("l", s.left), strings.Repeat("r", len(s.heads)-s.left))
	var groups, rules, names []string
	for i := 0; i < len(s.heads); {
		n := s.groupEnd(i) - i
		if s.heads[i].group != "" {
			groups = append(groups, fmt.Sprintf("\\multicolumn{%d}{c}{%s}", n, latexEscape(s.heads[i].group)))
			rules = append(rules, fmt.Sprintf("\\cmidrule(lr){%d-%d}", i+1, i+n))
		} else {
			groups = append(groups, "")
		}
		i += n
	}
	for _, h := range s.heads {
		names = append(names, latexEscape(h.name))
	}
	if len(rules) > 0 {
		fmt.Fprintf(b, "%s \\\\\n%s\n", strings.Join(groups, " & "), strings.Join(rules, " "))
	}
	fmt.Fprintf(b, "%s \\\\\n\\midrule\n", strings.Join(names, " & "))
	for j, r := range s.rows {
		if s.rules[j] {
			b.WriteString("\\midrule\n")
		}
		for i, c := range r {
			if i > 0 {
				b.WriteString(" & ")
			}
			mark := latexMarks[c.place]
			b.WriteString(mark[0] + latexEscape(c.s) + mark[1] + latexEscape(c.tail))
		}
		b.WriteString(" \\\\\n")
	}
	b.WriteString("\\bottomrule\n\\end{tabular}\n")
	for i, n := range s.footnotes("bold is the best of a row, underlined the second, by the digits shown") {
		if i == 0 {
			b.WriteString("\n\\smallskip\\raggedright\n")
		}
		fmt.Fprintf(b, "%s.\n", latexEscape(n))
	}
	b.WriteString("\\end{table*}\n")
}

var latexEscapes = strings.NewReplacer(
	`\`, `\textbackslash{}`, "&", `\&`, "%", `\%`, "$", `\$`, "#", `\#`, "_", `\_`, "{", `\{`, "}", `\}`,
	"~", `\textasciitilde{}`, "^", `\textasciicircum{}`, "->", `$\rightarrow$`, "<", "$<$", ">", "$>$",
	"|", `\textbar{}`, "[", "{[}", "*", "{*}", // the last two mean something behind a row's end
	"±", `$\pm$`, "−", "$-$", "Δ", `$\Delta$`, "†", `$^\dagger$`, "‡", `$^\ddagger$`, "…", `\ldots{}`,
	"\r", " ", "\n", " ")

func latexEscape(s string) string { return latexEscapes.Replace(s) }

// latexLabel keeps what may stand in a label.
func latexLabel(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9':
			return r
		}
		return '-'
	}, s)
	for strings.Contains(s, "--") {
		s = strings.ReplaceAll(s, "--", "-")
	}
	return strings.Trim(s, "-")
}
