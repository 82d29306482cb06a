// This file holds the date column: its parser and what is kept of it.

package data

import (
	"fmt"
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

	// Months is the step in calendar months, where every row is that many after
	// the row above: on the same day of the month, or each on the last. 0: Step
	// alone says it.
	Months    int
	monthEnds bool // with Months: every row is on the last day of its month

	seconds []int64 // of each row, since 1970; only of a file read by ReadSeries
}

// Known says whether there are dates at all.
func (d Dates) Known() bool { return d.Layout != "" }

// OfRow returns the date of a row, from 0, of a file that [ReadSeries] read; past
// the last row dates go on by the step.
func (d Dates) OfRow(row int) time.Time {
	if row < len(d.seconds) {
		return time.Unix(d.seconds[row], 0).UTC()
	}
	return d.At(row - len(d.seconds) + 1)
}

// At returns the date k steps after the last row, before it for k below 0.
func (d Dates) At(k int) time.Time {
	if d.Months == 0 {
		return d.Last.Add(time.Duration(k) * d.Step)
	}
	first := d.Last.AddDate(0, 0, 1-d.Last.Day()).AddDate(0, k*d.Months, 0) // of the month
	last := first.AddDate(0, 1, -1)
	if d.monthEnds || d.Last.Day() > last.Day() {
		return last
	}
	return first.AddDate(0, 0, d.Last.Day()-1)
}

// Season returns the rows of the natural season: a day's, a week's where a row is
// a day, a year's where it is a week or months, else 1.
func (d Dates) Season() int {
	const day = 24 * time.Hour
	switch {
	case d.Months > 0 && 12%d.Months == 0:
		return 12 / d.Months
	case d.Step == 7*day:
		return 52
	case d.Step == day:
		return 7
	case 0 < d.Step && d.Step < day:
		return int(day / d.Step)
	}
	return 1
}

// irregularity says what Irregular means for so many rows.
func (d Dates) irregularity(rows int) string {
	return fmt.Sprintf("%d of %d rows do not follow the row above by %v, the first at line %d; windows run across as if they did",
		d.Irregular, rows, d.Step, d.IrregularLine)
}

// monthsBetween returns the calendar months from a to b, 0 where that is no whole
// number of them; ends says that both are the last days of their months.
func monthsBetween(a, b time.Time) (months int, ends bool) {
	ends = a.AddDate(0, 0, 1).Day() == 1 && b.AddDate(0, 0, 1).Day() == 1
	clocks := a.Hour() == b.Hour() && a.Minute() == b.Minute() && a.Second() == b.Second()
	if !clocks || a.Day() != b.Day() && !ends {
		return 0, false
	}
	return 12*(b.Year()-a.Year()) + int(b.Month()-a.Month()), ends
}

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

// A dateColumn gathers Dates row by row, in constant memory unless it keeps them.
type dateColumn struct {
	Dates
	keep  bool // the date of every row
	rows  int
	steps []stepCount // distinct steps, in order of appearance

	months int  // between all rows so far; 0: they differ
	ends   bool // all rows so far are last days of months
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
	}
	step := t.Sub(d.Last)
	if step < 0 {
		return false
	}
	if d.keep {
		d.seconds = append(d.seconds, t.Unix())
	}
	if d.rows == 1 {
		return true
	}
	if d.rows == 2 {
		d.months, d.ends = monthsBetween(d.Last, t)
	} else if d.months != 0 {
		months, ends := monthsBetween(d.Last, t)
		if d.ends = d.ends && ends; months != d.months {
			d.months = 0
		}
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
	if d.months != 0 { // of 28 to 31 days, and none of them irregular
		dates.Months, dates.monthEnds = d.months, d.ends
		return dates
	}
	dates.Irregular = d.rows - 1 - d.steps[most].rows
	for i, s := range d.steps {
		if i != most && (dates.IrregularLine == 0 || s.first < dates.IrregularLine) {
			dates.IrregularLine = s.first
		}
	}
	return dates
}
