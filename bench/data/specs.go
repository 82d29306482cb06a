// Package data holds the benchmark's data: the table of the seven public sets
// and the synthetic one, their download, the CSV reader, splits, the scaler,
// windows, and the exchange of windows and predictions as .npy files.
//
// Shape letters: rows (time steps), C channels, L look-back, H horizon,
// N windows. Matrices are row-major float32.
package data

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// A Spec describes a data set. Known sets stand in [Specs]; [OpenFile] makes
// one for a CSV file of the user's own.
type Spec struct {
	Name     string
	File     string        // slash-separated, relative to a data directory; empty: generated
	Channels int           // columns after the date
	Rows     int           // lines after the header
	Step     time.Duration // from one row to the next
	Season   int           // rows in the main season: a day for the known sets
	Split    Split
	Bytes    int64    // the published file's size
	SHA256   string   // the published file's hash, lower-case hexadecimal
	Sources  []string // addresses of the published file, in order of preference
}

// A Split divides rows in time order into training, validation and test rows.
// Train, Val and Test are shares of all rows; or, where Month is not zero, months
// of Month rows each, and rows after the last month stay unused.
type Split struct {
	Train, Val, Test float64
	Month            int
}

// Rows returns how many of n rows train, validate and test. Shares are rounded
// down, validation takes what is left: the arithmetic of the published loaders
// (Autoformer's data_loader.py), so that window counts agree.
func (s Split) Rows(n int) (train, val, test int) {
	if s.Month > 0 {
		month := float64(s.Month)
		return int(s.Train * month), int(s.Val * month), int(s.Test * month)
	}
	train, test = int(float64(n)*s.Train), int(float64(n)*s.Test)
	return train, n - train - test, test
}

const (
	hub = "https://huggingface.co/datasets/thuml/Time-Series-Library/resolve/main/"
	ett = "https://raw.githubusercontent.com/zhouhaoyi/ETDataset/main/ETT-small/"

	hoursPerMonth    = 30 * 24
	quartersPerMonth = 30 * 96 // quarters of an hour
)

// Specs lists the known sets in the order of the published tables. Sizes and
// hashes are those of the copies that Autoformer's authors published.
var Specs = []Spec{
	{
		Name: "ETTh1", File: "ETT-small/ETTh1.csv",
		Channels: 7, Rows: 17420, Step: time.Hour, Season: 24,
		Split: Split{12, 4, 4, hoursPerMonth},
		Bytes: 2589657, SHA256: "f18de3ad269cef59bb07b5438d79bb3042d3be49bdeecf01c1cd6d29695ee066",
		Sources: []string{ett + "ETTh1.csv", hub + "ETT-small/ETTh1.csv"},
	},
	{
		Name: "ETTh2", File: "ETT-small/ETTh2.csv",
		Channels: 7, Rows: 17420, Step: time.Hour, Season: 24,
		Split: Split{12, 4, 4, hoursPerMonth},
		Bytes: 2417960, SHA256: "a3dc2c597b9218c7ce1cd55eb77b283fd459a1d09d753063f944967dd6b9218b",
		Sources: []string{ett + "ETTh2.csv", hub + "ETT-small/ETTh2.csv"},
	},
	{
		Name: "ETTm1", File: "ETT-small/ETTm1.csv",
		Channels: 7, Rows: 69680, Step: 15 * time.Minute, Season: 96,
		Split: Split{12, 4, 4, quartersPerMonth},
		Bytes: 10360719, SHA256: "6ce1759b1a18e3328421d5d75fadcb316c449fcd7cec32820c8dafda71986c9e",
		Sources: []string{ett + "ETTm1.csv", hub + "ETT-small/ETTm1.csv"},
	},
	{
		Name: "ETTm2", File: "ETT-small/ETTm2.csv",
		Channels: 7, Rows: 69680, Step: 15 * time.Minute, Season: 96,
		Split: Split{12, 4, 4, quartersPerMonth},
		Bytes: 9677236, SHA256: "db973ca252c6410a30d0469b13d696cf919648d0f3fd588c60f03fdbdbadd1fd",
		Sources: []string{ett + "ETTm2.csv", hub + "ETT-small/ETTm2.csv"},
	},
	{
		Name: "Weather", File: "weather/weather.csv",
		Channels: 21, Rows: 52696, Step: 10 * time.Minute, Season: 144,
		Split: Split{Train: 0.7, Val: 0.1, Test: 0.2},
		Bytes: 7235425, SHA256: "34ee981d07313e51da2a50bb600072c8ae4a69cb4b0651f4cb93a069d7a2ba63",
		Sources: []string{hub + "weather/weather.csv"},
	},
	{
		Name: "Electricity", File: "electricity/electricity.csv",
		Channels: 321, Rows: 26304, Step: time.Hour, Season: 24,
		Split: Split{Train: 0.7, Val: 0.1, Test: 0.2},
		Bytes: 95581762, SHA256: "7e45845d54c5219bad0ae6bc1b5316cf8ff9cead5d33fa998a5a51c2e4a497ad",
		Sources: []string{hub + "electricity/electricity.csv"},
	},
	{
		Name: "Traffic", File: "traffic/traffic.csv",
		Channels: 862, Rows: 17544, Step: time.Hour, Season: 24,
		Split: Split{Train: 0.7, Val: 0.1, Test: 0.2},
		Bytes: 136478119, SHA256: "cb06463d56fa17d87f47027cd9389ceae82a69eddee51cdb61480e120dab0b16",
		Sources: []string{hub + "traffic/traffic.csv"},
	},
	{
		Name:     "Synthetic", // generated: see synthetic.go
		Channels: 7, Rows: 14400, Step: time.Hour, Season: 24,
		Split: Split{Train: 0.7, Val: 0.1, Test: 0.2},
	},
}

// Find returns the known set of that name. The error for an unknown name lists
// the known ones and points at the nearest.
func Find(name string) (Spec, error) {
	names := make([]string, len(Specs))
	hint, least := "", 3 // more than two edits away is another word
	for i, s := range Specs {
		if s.Name == name {
			return s, nil
		}
		names[i] = s.Name
		if d := distance(strings.ToLower(name), strings.ToLower(s.Name)); d < least {
			hint, least = fmt.Sprintf(": did you mean %s?", s.Name), d
		}
	}
	return Spec{}, fmt.Errorf("unknown data set %q%s (known: %s)", name, hint, strings.Join(names, " "))
}

// distance is the Levenshtein distance of a and b in bytes.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			replace := diagonal
			if a[i] != b[j] {
				replace++
			}
			diagonal = row[j+1]
			row[j+1] = min(replace, diagonal+1, row[j]+1)
		}
	}
	return row[len(b)]
}

// Dirs returns the directories to look for data files in: those of flag alone
// where it is given, else those of $ECALF_DATA where that is set, then "data".
// Both may list several, separated as in $PATH; downloads go to the first.
func Dirs(flag string) []string {
	if dirs := filepath.SplitList(flag); len(dirs) > 0 {
		return dirs
	}
	dirs := filepath.SplitList(os.Getenv("ECALF_DATA"))
	if !slices.Contains(dirs, "data") {
		dirs = append(dirs, "data")
	}
	return dirs
}

// A NotFoundError reports a known set whose file is in none of the directories.
type NotFoundError struct {
	Spec Spec
	Dirs []string
}

func (e *NotFoundError) Error() string {
	return fmt.Sprintf("%s: no %s in %s; get it with \"ecalf data fetch %s\", or name a directory that has it with --data or ECALF_DATA",
		e.Spec.Name, e.Spec.File, strings.Join(e.Dirs, ", "), e.Spec.Name)
}

// Locate returns the path of the set's file in the first of dirs that has it,
// or a *[NotFoundError]. A generated set has no file: its path is empty.
func (s Spec) Locate(dirs []string) (path string, err error) {
	if s.File == "" {
		return "", nil
	}
	for _, dir := range dirs {
		path := filepath.Join(dir, filepath.FromSlash(s.File))
		info, err := os.Stat(path)
		switch {
		case err == nil && !info.IsDir():
			return path, nil
		case err != nil && !os.IsNotExist(err):
			return "", fmt.Errorf("%s: %w", s.Name, err)
		}
	}
	return "", &NotFoundError{s, dirs}
}
