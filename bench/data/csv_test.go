// This file tests the CSV reader: what it accepts, and each fault it names.

package data

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestReadCSV(t *testing.T) {
	hourly := Dates{
		First: time.Date(2016, 7, 1, 0, 0, 0, 0, time.UTC), Last: time.Date(2016, 7, 1, 2, 0, 0, 0, time.UTC),
		Layout: time.DateTime, Step: time.Hour,
	}
	plain := "date,a,b\n2016-07-01 00:00:00,1,-2.5\n2016-07-01 01:00:00,3e2,.5\n2016-07-01 02:00:00,5,6.\n"
	values := []float32{1, -2.5, 300, .5, 5, 6}
	tests := []struct {
		name, text string
		channels   []string
		dates      Dates
		values     []float32
	}{
		{"plain", plain, []string{"a", "b"}, hourly, values},
		{"CRLF", strings.ReplaceAll(plain, "\n", "\r\n"), []string{"a", "b"}, hourly, values},
		{"no last line end", strings.TrimSuffix(plain, "\n"), []string{"a", "b"}, hourly, values},
		{"blank last lines", plain + "\n \r\n", []string{"a", "b"}, hourly, values},
		{"byte order mark", "\uFEFF" + plain, []string{"a", "b"}, hourly, values},
		{
			"quoted header", strings.Replace(plain, "a,b", `"a, in ""kW""",b`, 1),
			[]string{`a, in "kW"`, "b"}, hourly, values,
		},
		{
			// "µmol" and "W/m²" in Latin-1, as some mirrors of Weather have them.
			"Latin-1 header", strings.Replace(plain, "a,b", "\xb5mol,W/m\xb2", 1),
			[]string{"\uFFFDmol", "W/m\uFFFD"}, hourly, values,
		},
		{
			"unprintable header", strings.Replace(plain, "a,b", " a\x1b[1m,\x00", 1),
			[]string{"a\uFFFD[1m", "\uFFFD"}, hourly, values,
		},
		{
			"quoted and spaced cells", strings.NewReplacer("2016-07-01 01:00:00", `"2016-07-01 01:00:00"`, "3e2", ` "300"`, "-2.5", " -2.5 ").Replace(plain),
			[]string{"a", "b"}, hourly, values,
		},
		{
			"one row", "date,a\n2016/7/1 0:00,1\n", []string{"a"},
			Dates{First: hourly.First, Last: hourly.First, Layout: "2006/1/2 15:04"}, []float32{1},
		},
		{
			// Weather has a repeated and a missing date; the common step is kept.
			"irregular step", "date,a\n2016-07-01,1\n2016-07-01,2\n2016-07-02,3\n2016-07-03,4\n2016-07-06,5\n",
			[]string{"a"},
			Dates{
				First: hourly.First, Last: time.Date(2016, 7, 6, 0, 0, 0, 0, time.UTC),
				Layout: time.DateOnly, Step: 24 * time.Hour, Irregular: 2, IrregularLine: 3,
			},
			[]float32{1, 2, 3, 4, 5},
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			path := write(t, "mine.csv", test.text)
			got, err := ReadCSV(path)
			if err != nil {
				t.Fatal(err)
			}
			sum := sha256.Sum256([]byte(test.text))
			want := &Table{
				DateColumn: "date", Channels: test.channels, Rows: len(test.values) / len(test.channels), C: len(test.channels),
				Values: test.values, Dates: test.dates,
				Bytes: int64(len(test.text)), SHA256: hex.EncodeToString(sum[:]),
			}
			if !reflect.DeepEqual(got, want) {
				t.Errorf("\n got %+v\nwant %+v", got, want)
			}
		})
	}
}

// ReadSeries reads what ReadCSV reads, and files without dates.
func TestReadSeries(t *testing.T) {
	tests := []struct {
		name, text string
		dateColumn string
		channels   []string
		dated      bool
		values     []float32
	}{
		{"dated", "date,a\n2016-07-01,1\n2016-07-02,2\n", "date", []string{"a"}, true, []float32{1, 2}},
		{"channels alone", "a,b\n1,2\n3,4\n", "", []string{"a", "b"}, false, []float32{1, 2, 3, 4}},
		{"one channel", "load\n1\n3\n", "", []string{"load"}, false, []float32{1, 3}},
		{"empty dates", "date,a\n,1\n,2\n", "date", []string{"a"}, false, []float32{1, 2}},
		{"numbered rows", ",a\n0,1.5\n1,2.5\n", "", []string{"a"}, false, []float32{1.5, 2.5}},
	}
	for _, test := range tests {
		got, err := ReadSeries(write(t, "mine.csv", test.text))
		if err != nil {
			t.Errorf("%s: %v", test.name, err)
			continue
		}
		if got.DateColumn != test.dateColumn || !slices.Equal(got.Channels, test.channels) || got.Dates.Known() != test.dated ||
			got.C != len(test.channels) || got.Rows*got.C != len(test.values) || !slices.Equal(got.Values, test.values) {
			t.Errorf("%s: %+v", test.name, got)
		}
	}
	faults := []struct{ name, text, want string }{
		{"a date column of numbers", "date,a\n1,2\n", `line 2, column 1 (date): "1" is not a date`},
		{"text first", "name,a\nx,2\n", `line 2, column 1 (name): "x" is not a date`},
		{"dates begin late", "date,a\n,1\n2016-07-01,2\n", `line 3, column 1 (date): "2016-07-01" in a column that is empty in the first row; fill in every row's date, or none`},
		{"NaN in the first column", "a,b\n1,2\nNaN,4\n", `line 3, column 1 (a): "NaN" is not finite`},
		{"short row", "a,b\n1,2\n3\n", "line 3: 1 cells where the header names 2"},
		{"long row", "a,b\n1,2\n3,4,5\n", "line 3: more than 2 cells"},
		{"blank file", "\n\n", "line 1: the header names fewer than two columns"},
		{"dates alone", "date\n2016-07-01\n", `line 2, column 1 (date): "2016-07-01" is not a number`},
	}
	for _, test := range faults {
		if _, err := ReadSeries(write(t, "mine.csv", test.text)); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v, want %q", test.name, err, test.want)
		}
	}
}

func TestReadCSVFaults(t *testing.T) {
	const head = "date,a,b\n2016-07-01 00:00:00,1,2\n"
	const truncated = "; the file ends in the middle of this line: fetch or copy it again"
	tests := []struct{ name, text, want string }{
		{"empty file", "", "mine.csv: the file is empty; fetch or copy it again"},
		{"header only", "date,a,b\n", "mine.csv: line 1: no rows after the header; fetch or copy the file again"},
		{"blank file", "\n\n", "mine.csv: line 1: the header names fewer than two columns; put date,name,… there, with commas between"},
		{"semicolons", "date;a;b\n", "mine.csv: line 1: the header names fewer than two columns; put date,name,… there, with commas between"},
		{"no header", "2016-07-01 00:00:00,1,2\n", "mine.csv: line 1: this is a row, not a header; put a line date,name,… before it"},
		{"cut in a row", head + "2016-07-01 01:00:00,1", "mine.csv: line 3: 2 cells where the header names 3" + truncated},
		{"cut in a number", head + "2016-07-01 01:00:00,1,-", `mine.csv: line 3, column 3 (b): "-" is not a number` + truncated},
		{"cut in a date", head + "2016-07-0", `mine.csv: line 3, column 1 (date): "2016-07-0" is not a date` + truncated},
		{"cut in the header", "dat", "mine.csv: line 1: the header names fewer than two columns" + truncated},
		{"short row", head + "2016-07-01 01:00:00,1\n", "mine.csv: line 3: 2 cells where the header names 3; fill the missing cells or drop the row"},
		{"date alone", head + "2016-07-01 01:00:00\n", "mine.csv: line 3: 1 cells where the header names 3; fill the missing cells or drop the row"},
		{"long row", head + "2016-07-01 01:00:00,1,2,3\n", "mine.csv: line 3: more than 3 cells, which is what the header names; remove the cells too many, or name them"},
		{"empty cell", head + "2016-07-01 01:00:00,,2\n", "mine.csv: line 3, column 2 (a): empty cell; fill the gap or drop the row"},
		{"empty last cell", head + "2016-07-01 01:00:00,1,\n", "mine.csv: line 3, column 3 (b): empty cell; fill the gap or drop the row"},
		{"NaN", head + "2016-07-01 01:00:00,1,NaN\n", `mine.csv: line 3, column 3 (b): "NaN" is not finite; fill the gap or drop the row`},
		{"infinity", head + "2016-07-01 01:00:00,-inf,2\n", `mine.csv: line 3, column 2 (a): "-inf" is not finite; fill the gap or drop the row`},
		{"too large", head + "2016-07-01 01:00:00,3.5e38,2\n", `mine.csv: line 3, column 2 (a): "3.5e38" does not fit a 32-bit float; rescale the column`},
		{"far too large", head + "2016-07-01 01:00:00,1e999,2\n", `mine.csv: line 3, column 2 (a): "1e999" does not fit a 32-bit float; rescale the column`},
		{"text", head + "2016-07-01 01:00:00,n/a,2\n", `mine.csv: line 3, column 2 (a): "n/a" is not a number; correct the cell or remove its column`},
		{"text in a number", head + "2016-07-01 01:00:00,1.2x5,2\n", `mine.csv: line 3, column 2 (a): "1.2x5" is not a number; correct the cell or remove its column`},
		{"hexadecimal", head + "2016-07-01 01:00:00,0x1p4,2\n", `mine.csv: line 3, column 2 (a): "0x1p4" is not a number; correct the cell or remove its column`},
		{"long text", head + "2016-07-01 01:00:00," + strings.Repeat("a", 99) + ",2\n", `mine.csv: line 3, column 2 (a): "` + strings.Repeat("a", 32) + `"… is not a number; correct the cell or remove its column`},
		{"blank line", head + "\n\n2016-07-01 01:00:00,1,2\n", "mine.csv: line 3: a blank line between rows; remove it, or fill the gap"},
		{"over-long line", head + strings.Repeat("1", maxLine) + "\n", "mine.csv: line 3: a line longer than 1048576 bytes; write one row per line"},
		{"unreadable date", head + "01/07/2016,1,2\n", `mine.csv: line 3, column 1 (date): "01/07/2016" is not a date; write dates like 2016-07-01 00:00:00, year first`},
		{"no date column", "a,b\n1,2\n", `mine.csv: line 2, column 1 (a): "1" is not a date; write dates like 2016-07-01 00:00:00, year first`},
		{"date not first", "a,Date\n1,2016-07-01\n", `mine.csv: line 2, column 1 (a): "1" is not a date; move column 2 (Date) to the front`},
		{"dates go back", head + "2016-06-30 23:00:00,1,2\n", `mine.csv: line 3, column 1 (date): "2016-06-30 23:00:00" is before the date of the row above; sort the file by date, one series per file`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			path := write(t, "mine.csv", test.text)
			_, err := ReadCSV(path)
			var parse *ParseError
			if !errors.As(err, &parse) {
				t.Fatalf("error %v, want a ParseError", err)
			}
			if got := strings.TrimPrefix(err.Error(), filepath.Dir(path)+string(filepath.Separator)); got != test.want {
				t.Errorf("\n got %s\nwant %s", got, test.want)
			}
		})
	}
}

func TestReadCSVNoFile(t *testing.T) {
	if _, err := ReadCSV(filepath.Join(t.TempDir(), "mine.csv")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("error %v, want one that says the file is not there", err)
	}
	dir := t.TempDir()
	if _, err := ReadCSV(dir); err == nil || err.Error() != dir+": not a regular file" {
		t.Errorf("a directory: %v", err)
	}
}

// TestReadCSVClaims reads small files whose lines times columns would be a
// matrix of 40 GB: they must fail by their content, not by allocating it.
func TestReadCSVClaims(t *testing.T) {
	header := "date" + strings.Repeat(",", 100_000) + "\n"
	text := header + strings.Repeat("\n", 100_000)
	if _, err := readCSV(bytes.NewReader([]byte(text)), "mine.csv", false); err == nil || !strings.Contains(err.Error(), "no rows") {
		t.Errorf("blank lines: %v", err)
	}
	text = header + strings.Repeat("2016-07-01,1\n", 100_000)
	if _, err := readCSV(bytes.NewReader([]byte(text)), "mine.csv", false); err == nil || !strings.Contains(err.Error(), "2 cells") {
		t.Errorf("short lines: %v", err)
	}
}

// write makes a file in a directory of the test's own and returns its path.
func write(t testing.TB, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}
