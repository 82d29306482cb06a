// This file tests the date parser and the step it leads to.

package data

import (
	"testing"
	"time"
)

func TestParseDate(t *testing.T) {
	tests := []struct {
		text   string
		want   time.Time // zero: not a date
		layout string
	}{
		{"2016-07-01 02:03:04", time.Date(2016, 7, 1, 2, 3, 4, 0, time.UTC), "2006-01-02 15:04:05"},
		{"2016-07-01T02:03", time.Date(2016, 7, 1, 2, 3, 0, 0, time.UTC), "2006-01-02T15:04"},
		{"1990/1/1 0:00", time.Date(1990, 1, 1, 0, 0, 0, 0, time.UTC), "2006/1/2 15:04"}, // as in Exchange
		{"2010/10/10 0:00", time.Date(2010, 10, 10, 0, 0, 0, 0, time.UTC), "2006/01/02 15:04"},
		{"2020-02-29", time.Date(2020, 2, 29, 0, 0, 0, 0, time.UTC), "2006-01-02"},
		{text: "2019-02-29"},
		{text: "2016-13-01"},
		{text: "2016-00-01"},
		{text: "2016-07-00"},
		{text: "2016-07-01 24:00"},
		{text: "2016-07-01 00:60"},
		{text: "2016-07-01 00:00:60"},
		{text: "2016-07-01 00"},
		{text: "2016-07-01 "},
		{text: "2016-07-01 00:00:00:00"},
		{text: "2016-07-01 00:00:00Z"},
		{text: "2016-07"},
		{text: "2016"},
		{text: "01/07/2016"},
		{text: "20160701"},
		{text: "2016.07.01"},
		{text: "-2016-07-01"},
		{text: ""},
		{text: "date"},
	}
	for _, test := range tests {
		got, ok := parseDate([]byte(test.text))
		if ok != !test.want.IsZero() || ok && !got.Equal(test.want) {
			t.Errorf("parseDate(%q) = %v, %v; want %v", test.text, got, ok, test.want)
			continue
		}
		if !ok {
			continue
		}
		layout := dateLayout([]byte(test.text))
		if back, err := time.Parse(layout, test.text); layout != test.layout || err != nil || !back.Equal(got) {
			t.Errorf("dateLayout(%q) = %q, want %q; it reads the date as %v, %v", test.text, layout, test.layout, back, err)
		}
	}
}

func TestDateColumn(t *testing.T) {
	many := []int{0} // steps of 1 to 20 hours, then thrice the first: more than are told apart
	for step := 1; step <= 20; step++ {
		many = append(many, many[len(many)-1]+step)
	}
	many = append(many, 211, 212, 213)
	tests := []struct {
		name      string
		hours     []int // of each row
		step      time.Duration
		irregular int
		line      int // the header is line 1, the first row line 2
	}{
		{"one row", []int{0}, 0, 0, 0},
		{"regular", []int{0, 2, 4, 6}, 2 * time.Hour, 0, 0},
		{"a gap", []int{0, 1, 2, 5, 6}, time.Hour, 1, 5},
		{"a gap first", []int{0, 5, 6, 7}, time.Hour, 1, 3},
		{"a repeat", []int{0, 1, 1, 2}, time.Hour, 1, 4},
		{"many steps", many, time.Hour, 19, 4},
	}
	for _, test := range tests {
		var column dateColumn
		start := time.Date(2016, 7, 1, 0, 0, 0, 0, time.UTC)
		for i, h := range test.hours {
			if !column.add(start.Add(time.Duration(h)*time.Hour), i+2) {
				t.Fatalf("%s: row %d refused", test.name, i)
			}
		}
		got := column.finish()
		if got.Step != test.step || got.Irregular != test.irregular || got.IrregularLine != test.line {
			t.Errorf("%s: step %v, %d irregular from line %d; want %v, %d, line %d",
				test.name, got.Step, got.Irregular, got.IrregularLine, test.step, test.irregular, test.line)
		}
		if want := got.Last.Add(2 * test.step); !got.At(2).Equal(want) {
			t.Errorf("%s: two steps on it is %v, want %v", test.name, got.At(2), want)
		}
		if column.add(start.Add(-time.Hour), 99) {
			t.Errorf("%s: a date before the last was taken", test.name)
		}
	}
}

// Calendar months are told from equal distances, and continued as such. The wants are read off a calendar.
func TestDatesOfMonths(t *testing.T) {
	tests := []struct {
		name   string
		rows   []string
		months int
		next   []string // the first dates after the rows
	}{
		{"first of the month", []string{"2023-10-01", "2023-11-01", "2023-12-01"}, 1, []string{"2024-01-01", "2024-02-01", "2024-03-01"}},
		{"last of the month", []string{"2023-12-31", "2024-01-31", "2024-02-29"}, 1, []string{"2024-03-31", "2024-04-30", "2024-05-31"}},
		{"last, from a short month", []string{"2023-02-28", "2023-03-31", "2023-04-30"}, 1, []string{"2023-05-31"}},
		{"the 28th is not the last", []string{"2022-12-28", "2023-01-28", "2023-02-28"}, 1, []string{"2023-03-28"}},
		{"quarters", []string{"2023-01-15", "2023-04-15", "2023-07-15"}, 3, []string{"2023-10-15", "2024-01-15"}},
		{"years", []string{"2019-02-28", "2020-02-28", "2021-02-28"}, 12, []string{"2022-02-28", "2023-02-28", "2024-02-28"}},
		{"a missing month", []string{"2023-01-01", "2023-02-01", "2023-03-01", "2023-05-01", "2023-06-01"}, 0, nil},
		{"days", []string{"2024-02-27", "2024-02-28"}, 0, []string{"2024-02-29", "2024-03-01"}},
		{"four weeks", []string{"2024-01-01", "2024-01-29"}, 0, []string{"2024-02-26"}},
	}
	for _, test := range tests {
		column := dateColumn{keep: true}
		for i, row := range test.rows {
			date, ok := parseDate([]byte(row))
			if !ok || !column.add(date, i+2) {
				t.Fatalf("%s: %s refused", test.name, row)
			}
		}
		got := column.finish()
		if got.Months != test.months || got.Months > 0 && got.Irregular != 0 {
			t.Errorf("%s: %d months, %d irregular; want %d, none", test.name, got.Months, got.Irregular, test.months)
		}
		for k, want := range test.next {
			if date := got.At(k + 1).Format(time.DateOnly); date != want {
				t.Errorf("%s: step %d is %s, want %s", test.name, k+1, date, want)
			}
		}
		for i, want := range append(test.rows, test.next...) {
			if date := got.OfRow(i).Format(time.DateOnly); date != want {
				t.Errorf("%s: row %d is of %s, want %s", test.name, i, date, want)
			}
		}
		if test.months > 0 { // backwards, the rows themselves
			for i, want := range test.rows {
				if date := got.At(i + 1 - len(test.rows)).Format(time.DateOnly); date != want {
					t.Errorf("%s: row %d is %s, want %s", test.name, i, date, want)
				}
			}
		}
	}
}
