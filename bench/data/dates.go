// This file holds the date column: its parser and what is kept of it.

package data

import (
	"strings"
	"time"
)

// Dates says when the rows of a table were taken. Dates are read as UTC, to the
// second.
type Dates struct {
	First, Last   time.Time
	Layout        string        // of the file, for [time.Time.Format]
	Step          time.Duration // the most common distance from the row above
	Irregular     int           // rows at another distance from the row above
	IrregularLine int           // line of the first of them; 0: none
}

// After returns the date k steps after the last row.
func (d Dates) After(k int) time.Time { return d.Last.Add(time.Duration(k) * d.Step) }

// dateGroups are the groups of digits of a date: what may stand before a group,
// how many digits it has at most, and its layout with all of them and with fewer.
var dateGroups = [6]struct {
	before         string
	width          int
	full, unpadded string
}{
	{"", 4, "2006", ""}, // the year always has four digits
	{"-/", 2, "01", "1"},
	{"-/", 2, "02", "2"},
	{" T", 2, "15", "15"}, // Go has no unpadded 24-hour clock
	{":", 2, "04", "4"},
	{":", 2, "05", "5"},
}

// parseDate reads a date, year first, with a time of day or without:
// 2016-07-01, 2016/7/1 0:00, 2016-07-01 00:00:00, 2016-07-01T00:00:00.
func parseDate(cell []byte) (t time.Time, ok bool) {
	var value [len(dateGroups)]int
	n := 0
	for ; len(cell) > 0; n++ {
		if n == len(dateGroups) {
			return t, false
		}
		v, width, rest := dateGroup(cell, n)
		if width == 0 {
			return t, false
		}
		value[n], cell = v, rest
	}
	if n != 3 && n < 5 {
		return t, false
	}
	year, month, day := value[0], time.Month(value[1]), value[2]
	hour, minute, second := value[3], value[4], value[5]
	t = time.Date(year, month, day, hour, minute, second, 0, time.UTC)
	// Date carries what is out of range over into the next unit.
	return t, t.Month() == month && t.Day() == day && hour < 24 && minute < 60 && second < 60
}

// dateLayout returns the layout of a date that parseDate accepts.
func dateLayout(cell []byte) string {
	var layout strings.Builder
	for n := 0; len(cell) > 0; n++ {
		group := dateGroups[n]
		if n > 0 {
			layout.WriteByte(cell[0])
		}
		_, width, rest := dateGroup(cell, n)
		if width == group.width {
			layout.WriteString(group.full)
		} else {
			layout.WriteString(group.unpadded)
		}
		cell = rest
	}
	return layout.String()
}

// dateGroup reads the nth group of a date, with the separator before it, from
// the start of cell. Its width, in digits, is 0 where there is none.
func dateGroup(cell []byte, n int) (value, width int, rest []byte) {
	group := dateGroups[n]
	if n > 0 {
		if strings.IndexByte(group.before, cell[0]) < 0 {
			return 0, 0, nil
		}
		cell = cell[1:]
	}
	for width < len(cell) && width < group.width && cell[width]-'0' <= 9 {
		value = value*10 + int(cell[width]-'0')
		width++
	}
	if n == 0 && width != group.width {
		return 0, 0, nil
	}
	return value, width, cell[width:]
}

// A dateColumn gathers Dates row by row in constant memory.
type dateColumn struct {
	Dates
	rows  int
	steps []stepCount // distinct steps, in order of appearance
}

type stepCount struct {
	step  time.Duration
	rows  int
	first int // line
}

// mostSteps bounds the distinct steps told apart. A file with more, none of
// them common, has no step worth the name; its rows still count as irregular.
const mostSteps = 8

// add takes the date of the next row. It returns false for a date before the
// last one.
func (d *dateColumn) add(t time.Time, line int) bool {
	if d.rows++; d.rows == 1 {
		d.First, d.Last = t, t
		return true
	}
	step := t.Sub(d.Last)
	if step < 0 {
		return false
	}
	d.Last = t
	for i := range d.steps {
		if d.steps[i].step == step {
			d.steps[i].rows++
			return true
		}
	}
	if len(d.steps) < mostSteps {
		d.steps = append(d.steps, stepCount{step, 1, line})
	}
	return true
}

// finish returns the gathered dates with their step decided.
func (d *dateColumn) finish() Dates {
	most := 0
	for i, s := range d.steps {
		if s.rows > d.steps[most].rows {
			most = i
		}
	}
	if len(d.steps) == 0 {
		return d.Dates
	}
	dates := d.Dates
	dates.Step = d.steps[most].step
	dates.Irregular = d.rows - 1 - d.steps[most].rows
	for i, s := range d.steps {
		if i != most && (dates.IrregularLine == 0 || s.first < dates.IrregularLine) {
			dates.IrregularLine = s.first
		}
	}
	return dates
}
