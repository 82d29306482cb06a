// Tables on a console, through tablewriter.

package result

import (
	"bytes"
	"fmt"
	"io"
	"strings"

	"github.com/olekukonko/tablewriter"
	"github.com/olekukonko/tablewriter/renderer"
	"github.com/olekukonko/tablewriter/tw"
)

// consoleMarks are what stands before and behind a best and a second value, with Options.Color and without. Without,
// every value keeps the room of a mark, so that the digits stay in line.
var consoleMarks = map[bool][3][2]string{
	true:  {{"", ""}, {"\x1b[1m", "\x1b[0m"}, {"\x1b[4m", "\x1b[0m"}},
	false: {{"", "  "}, {"", "**"}, {"", "* "}},
}

var consoleLegend = map[bool]string{
	true:  "bold is the best of a row, underlined the second, by the digits shown",
	false: "** is the best of a row, * the second, by the digits shown",
}

// WriteConsole writes t for a terminal, with Options.Width and Options.Color.
func (t *Table) WriteConsole(w io.Writer) error { return writeConsole(w, t.sheets(), t.opts) }

func writeConsole(w io.Writer, sheets []sheet, o Options) error {
	const pad = 4 // a space on either side, and a mark
	var b bytes.Buffer
	for i, s := range split(sheets, o.Width, pad, false) {
		if i > 0 {
			b.WriteByte('\n')
		}
		fmt.Fprintln(&b, s.title)
		if err := s.draw(&b, o.Color); err != nil {
			return fmt.Errorf("draw table: %w", err)
		}
		for _, n := range s.footnotes(consoleLegend[o.Color]) {
			fmt.Fprintln(&b, wrap(n, o.Width))
		}
	}
	if _, err := b.WriteTo(w); err != nil {
		return fmt.Errorf("write table: %w", err)
	}
	return nil
}

func (s *sheet) draw(b *bytes.Buffer, color bool) error {
	marks := consoleMarks[color]
	heads := make([]string, len(s.heads))
	deepest := 0
	for _, h := range s.heads {
		deepest = max(deepest, len(strings.Fields(h.group)))
	}
	for i, h := range s.heads {
		lines := append(strings.Fields(h.group), h.name)
		if i >= s.keys {
			for j := range lines {
				lines[j] += marks[0][1]
			}
		}
		heads[i] = strings.Repeat("\n", deepest+1-len(lines)) + strings.Join(lines, "\n")
	}
	var rows [][]string
	for j, r := range s.rows {
		if s.rules[j] {
			rows = append(rows, make([]string, len(heads)))
		}
		cells := make([]string, len(r))
		for i, c := range r {
			mark := marks[c.place]
			if i < s.keys {
				mark = [2]string{}
			}
			cells[i] = mark[0] + c.s + c.tail + mark[1]
		}
		rows = append(rows, cells)
	}
	return drawConsole(b, heads, s.left, rows)
}

// drawConsole draws a table with one line under its heading, the first left columns to the left, the others to the right.
func drawConsole(b *bytes.Buffer, heads []string, left int, rows [][]string) error {
	align := make([]tw.Align, len(heads))
	for i := range align {
		align[i] = tw.AlignRight
		if i < left {
			align[i] = tw.AlignLeft
		}
	}
	cells := tw.CellConfig{
		Formatting: tw.CellFormatting{AutoFormat: tw.Off, AutoWrap: tw.WrapNone},
		Alignment:  tw.CellAlignment{PerColumn: align},
	}
	var drawn bytes.Buffer
	t := tablewriter.NewTable(&drawn,
		tablewriter.WithConfig(tablewriter.Config{Header: cells, Row: cells}),
		tablewriter.WithTrimSpace(tw.Off), tablewriter.WithEastAsian(tw.Off),
		tablewriter.WithRenderer(renderer.NewBlueprint(tw.Rendition{
			Borders:  tw.BorderNone,
			Symbols:  tw.NewSymbols(tw.StyleLight),
			Settings: tw.Settings{Separators: tw.Separators{BetweenColumns: tw.Off, BetweenRows: tw.Off}},
		})),
	)
	t.Header(heads)
	if err := t.Bulk(rows); err != nil {
		return err
	}
	if err := t.Render(); err != nil {
		return err
	}
	for l := range bytes.Lines(drawn.Bytes()) {
		b.Write(bytes.TrimRight(l, " \n")) // tablewriter fills lines up with spaces
		b.WriteByte('\n')
	}
	return nil
}

// wrap breaks s between words into lines of at most width characters, all but the first indented; 0 is no limit.
func wrap(s string, width int) string {
	if width <= 0 {
		return s
	}
	var b strings.Builder
	used := 0
	for i, word := range strings.Fields(s) {
		n := runes(word)
		switch {
		case i == 0:
		case used+1+n > width:
			b.WriteString("\n  ")
			used = 2
		default:
			b.WriteByte(' ')
			used++
		}
		b.WriteString(word)
		used += n
	}
	return b.String()
}
