// This file tests opening sets: their checks, their split and their scaler.

package data

import (
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// daily returns a CSV file of rows a day apart, channel i of row t holding t+i.
func daily(rows, c int) string {
	var b strings.Builder
	b.WriteString("date")
	for i := range c {
		fmt.Fprintf(&b, ",c%d", i)
	}
	date := time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)
	for t := range rows {
		b.WriteString("\n" + date.AddDate(0, 0, t).Format(time.DateOnly))
		for i := range c {
			fmt.Fprintf(&b, ",%d", t+i)
		}
	}
	return b.String() + "\n"
}

func TestScaler(t *testing.T) {
	// Training rows 1 2 3 4: mean 2.5, population variance (2·1.5² + 2·0.5²)/4 = 1.25.
	// The second channel is constant in training, the third nearly: float32(0.1)
	// summed in float64 leaves a variance of rounding errors, which is no spread.
	const rows = 1000
	table := &Table{Rows: rows + 1, C: 3}
	for r := range rows {
		table.Values = append(table.Values, float32(1+r%4), 7, 0.1)
	}
	table.Values = append(table.Values, 5, 9, 1.1)
	s := newSet(Spec{Split: Split{Train: 1000. / 1001, Test: 1. / 1001}}, table)
	if s.train != rows {
		t.Fatalf("%d training rows, want %d", s.train, rows)
	}
	wantMean, wantStd := []float64{2.5, 7, float64(float32(0.1))}, []float64{math.Sqrt(1.25), 1, 1}
	for i := range 3 {
		// Summing 1000 numbers in float64 errs by 1000·2⁻⁵³ of the sum of their sizes at most.
		if tol := 1000 * 0x1p-52 * wantMean[i]; math.Abs(s.Mean[i]-wantMean[i]) > tol || math.Abs(s.Std[i]-wantStd[i]) > tol {
			t.Errorf("channel %d: mean %v, deviation %v; want %v, %v", i, s.Mean[i], s.Std[i], wantMean[i], wantStd[i])
		}
	}
	last := s.Values[rows*3:]
	for i, want := range []float64{2.5 / math.Sqrt(1.25), 2, 1} {
		if math.Abs(float64(last[i])-want) > 1e-6 { // a few float32 roundings at 2
			t.Errorf("channel %d: last row scales to %v, want %v", i, last[i], want)
		}
	}
}

func TestOpen(t *testing.T) {
	dir := t.TempDir()
	text := daily(20, 2)
	path := filepath.Join(dir, "known.csv")
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	table, err := ReadCSV(path)
	if err != nil {
		t.Fatal(err)
	}
	known := Spec{Name: "Known", File: "known.csv", Channels: 2, Rows: 20, Split: Split{Train: 0.7, Val: 0.1, Test: 0.2}, SHA256: table.SHA256}

	s, err := Open(known, []string{dir})
	if err != nil {
		t.Fatal(err)
	}
	if !s.Verified || len(s.Warnings) != 0 {
		t.Errorf("Open: verified %v, warnings %q", s.Verified, s.Warnings)
	}
	if s.train != 14 || s.val != 2 || s.test != 4 || s.Rows != 20 || s.C != 2 || s.Channels[1] != "c1" {
		t.Errorf("Open: split %d/%d/%d, %d rows of %q", s.train, s.val, s.test, s.Rows, s.Channels)
	}

	other := known
	other.SHA256 = strings.Repeat("0", 64)
	s, err = Open(other, []string{dir})
	if err != nil {
		t.Fatal(err)
	}
	want := path + ": not the published Known: its SHA-256 is " + table.SHA256 + ", want " + other.SHA256
	if s.Verified || len(s.Warnings) != 1 || s.Warnings[0] != want {
		t.Errorf("Open of another file: verified %v, warnings %q, want %q", s.Verified, s.Warnings, want)
	}

	faults := []struct {
		name   string
		change func(*Spec)
		want   string
	}{
		{"channels", func(s *Spec) { s.Channels = 3 }, path + `: 20 rows of 2 channels where Known has 20 of 3; get the published file with "ecalf data fetch Known", or use this one by its path`},
		{"rows", func(s *Spec) { s.Rows = 21 }, path + `: 20 rows of 2 channels where Known has 21 of 2; get the published file with "ecalf data fetch Known", or use this one by its path`},
	}
	for _, fault := range faults {
		spec := known
		fault.change(&spec)
		if _, err := Open(spec, []string{dir}); err == nil || err.Error() != fault.want {
			t.Errorf("%s:\n got %v\nwant %s", fault.name, err, fault.want)
		}
	}
	var missing *NotFoundError
	if _, err := Open(known, []string{t.TempDir()}); !errors.As(err, &missing) {
		t.Errorf("Open without a file: %v, want a NotFoundError", err)
	}
}

func TestOpenFile(t *testing.T) {
	path := write(t, "my sales.csv", daily(20, 2))
	s, err := OpenFile(path, FileOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if s.Spec.Name != "my sales" || s.Spec.Season != 7 || s.Spec.Step != 24*time.Hour || s.Verified || len(s.Warnings) != 0 {
		t.Errorf("spec %+v, verified %v, warnings %q", s.Spec, s.Verified, s.Warnings)
	}
	if s.train != 14 || s.val != 2 || s.test != 4 {
		t.Errorf("split %d/%d/%d, want 14/2/4", s.train, s.val, s.test)
	}
	s, err = OpenFile(path, FileOptions{Name: "Sales", Season: 30, Fractions: [3]float64{0.5, 0.25, 0.25}})
	if err != nil {
		t.Fatal(err)
	}
	if s.Spec.Name != "Sales" || s.Spec.Season != 30 || s.train != 10 || s.val != 5 || s.test != 5 {
		t.Errorf("own options: spec %+v, split %d/%d/%d", s.Spec, s.train, s.val, s.test)
	}

	gap := write(t, "gap.csv", strings.Replace(daily(20, 2), "2020-01-05,4,5\n", "", 1))
	s, err = OpenFile(gap, FileOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if want := gap + ": 1 of 19 rows do not follow the row above by 24h0m0s, the first at line 6; windows run across as if they did"; len(s.Warnings) != 1 || s.Warnings[0] != want {
		t.Errorf("irregular step: warnings %q, want %q", s.Warnings, want)
	}

	one := write(t, "one.csv", daily(1, 1))
	faults := []struct {
		path string
		o    FileOptions
		want string
	}{
		{path, FileOptions{Fractions: [3]float64{0.7, 0.1, 0.1}}, path + ": the parts [0.7 0.1 0.1] of its rows must add up to 1, with some for training"},
		{path, FileOptions{Fractions: [3]float64{0, 0.5, 0.5}}, path + ": the parts [0 0.5 0.5] of its rows must add up to 1, with some for training"},
		{path, FileOptions{Fractions: [3]float64{math.NaN(), 0.5, 0.5}}, path + ": the parts [NaN 0.5 0.5] of its rows must add up to 1, with some for training"},
		{path, FileOptions{Season: -1}, path + ": a season of -1 rows; want 1 or more, or 0 for the default"},
		{one, FileOptions{}, one + ": 1 rows leave none for training"},
	}
	for _, fault := range faults {
		if _, err := OpenFile(fault.path, fault.o); err == nil || err.Error() != fault.want {
			t.Errorf("\n got %v\nwant %s", err, fault.want)
		}
	}
}

func TestSeason(t *testing.T) {
	const day = 24 * time.Hour
	tests := []struct {
		dates Dates
		want  int
	}{
		{Dates{}, 1},
		{Dates{Step: 10 * time.Minute}, 144}, // Weather
		{Dates{Step: time.Hour}, 24},
		{Dates{Step: day}, 7},
		{Dates{Step: 7 * day}, 52},
		{Dates{Step: 30 * day}, 1},
		{Dates{Step: 31 * day, Months: 1}, 12},
		{Dates{Step: 92 * day, Months: 3}, 4},
		{Dates{Step: 365 * day, Months: 12}, 1},
		{Dates{Step: 153 * day, Months: 5}, 1},
	}
	for _, test := range tests {
		if got := test.dates.Season(); got != test.want {
			t.Errorf("season of %+v = %d, want %d", test.dates, got, test.want)
		}
	}
}

// TestPublishedFiles opens every published file that can be found, and compares
// it with its spec. What it covers is covered by generated files as well.
func TestPublishedFiles(t *testing.T) {
	dirs := append(Dirs(""), "../../data", "../../../shared/data")
	for _, spec := range Specs {
		s, err := Open(spec, dirs)
		if errors.As(err, new(*NotFoundError)) {
			t.Logf("%v", err)
			continue
		}
		if err != nil {
			t.Error(err)
			continue
		}
		if !s.Verified || s.Dates.Step != spec.Step || spec.File != "" && s.Bytes != spec.Bytes {
			t.Errorf("%s: verified %v, %d bytes, step %v; warnings %q", spec.Name, s.Verified, s.Bytes, s.Dates.Step, s.Warnings)
		}
		var sum, squares float64
		for _, v := range s.Values[:s.train*s.C] {
			sum += float64(v)
			squares += float64(v) * float64(v)
		}
		// Scaled training rows have mean 0 and variance 1, to float32 rounding of values up to 2¹⁰ deviations off.
		n := float64(s.train * s.C)
		if math.Abs(sum/n) > 1e-4 || math.Abs(squares/n-1) > 1e-3 {
			t.Errorf("%s: scaled training rows have mean %v, mean square %v", spec.Name, sum/n, squares/n)
		}
	}
	if path, err := (Spec{Name: "Exchange", File: "exchange_rate/exchange_rate.csv"}).Locate(dirs); err == nil {
		s, err := OpenFile(path, FileOptions{})
		// 7,588 days of 8 currencies: Lai et al., Modeling Long- and Short-Term Temporal Patterns, 2018.
		if err != nil || s.Rows != 7588 || s.C != 8 || s.Spec.Season != 7 {
			t.Errorf("Exchange: %v; %+v", err, s)
		}
	}
}
