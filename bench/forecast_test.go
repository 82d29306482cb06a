package main

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"ecalf/bench/train"
)

// waves is a CSV of so many hourly rows of two columns that repeat every 24 rows: a season around 100, and one around 0.
func waves(rows int) string {
	var b strings.Builder
	b.WriteString("date,load,\"flow, net\"\n")
	for i := range rows {
		fmt.Fprintf(&b, "%s,%v,%v\n", hour(i), load(i), flow(i))
	}
	return b.String()
}

func hour(i int) string {
	return time.Date(2024, 2, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(i) * time.Hour).Format(time.DateTime)
}

func load(i int) float64 { return 100 + 20*math.Sin(2*math.Pi*float64(i)/24) }
func flow(i int) float64 { return math.Cos(2 * math.Pi * float64(i) / 24) }

// readTable reads a CSV that was written.
func readTable(t *testing.T, path string) [][]string {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

// mustForecast runs ecalf forecast and returns what it says.
func mustForecast(t *testing.T, args ...string) (stdout, stderr string) {
	t.Helper()
	code, stdout, stderr := ecalf(append([]string{"forecast"}, args...)...)
	if code != exitOK {
		t.Fatalf("exit %d: %s", code, stderr)
	}
	return stdout, stderr
}

// A season that repeats is what OLS goes on with, in the file's own units, columns and dates.
func TestForecastGoesOn(t *testing.T) {
	input := writeFile(t, "my.csv", waves(24*29)) // to the end of 29 February
	dir := t.TempDir()
	output, picture := filepath.Join(dir, "next.csv"), filepath.Join(dir, "next.svg")
	stdout, _ := mustForecast(t, "--model", "OLS", "--input", input, "--output", output, "--plot", picture,
		"--lookback", "48", "--horizon", "36", "--json")
	rows := readTable(t, output)
	if len(rows) != 37 || !slices.Equal(rows[0], []string{"date", "load", "flow, net"}) {
		t.Fatalf("%d rows under %v", len(rows)-1, rows[0])
	}
	for i, row := range rows[1:] {
		at := 24*29 + i
		if row[0] != hour(at) {
			t.Errorf("row %d is of %s, want %s", i, row[0], hour(at))
		}
		for k, want := range []float64{load(at), flow(at)} {
			// The wave obeys a linear recurrence, so the regression is exact up to its ridge, 10⁻⁸ of the variance, and float32.
			if got, err := strconv.ParseFloat(row[k+1], 64); err != nil || math.Abs(got-want) > 1e-3*[]float64{20, 1}[k] {
				t.Errorf("row %d: %s is %s, want %v", i, rows[0][k+1], row[k+1], want)
			}
		}
	}
	var s forecastSummary
	if err := json.Unmarshal([]byte(stdout), &s); err != nil || strings.Count(stdout, "\n") != 1 {
		t.Fatalf("%v: %s", err, stdout)
	}
	want := forecastSummary{Model: "OLS", Input: input, Rows: 696, Channels: 2, Lookback: 48, Horizon: 36, Windows: 1,
		First: "2024-03-01 00:00:00", Last: "2024-03-02 11:00:00", Scaler: "input", Precision: "fp32", Output: output, Plot: picture}
	if s != want {
		t.Errorf("summary %+v\nwant    %+v", s, want)
	}
	if svg, err := os.ReadFile(picture); err != nil || !strings.Contains(string(svg), "flow, net") {
		t.Errorf("no picture of all columns: %v", err)
	}
}

// What has no dates gets row numbers, and months go on as months.
func TestForecastLabels(t *testing.T) {
	months := "month,v\n"
	numbers := "v,w\n"
	for i := range 60 {
		months += fmt.Sprintf("%d-%02d-28,%v\n", 2019+i/12, i%12+1, i)
		numbers += fmt.Sprintf("%v,%v\n", i, -i)
	}
	for _, c := range []struct {
		name, text    string
		header        []string
		first, second string
	}{
		{"months", months, []string{"month", "v"}, "2024-01-28", "2024-02-28"},
		{"no dates", numbers, []string{"row", "v", "w"}, "61", "62"},
	} {
		output := filepath.Join(t.TempDir(), "next.csv")
		mustForecast(t, "--model", "Naive", "--input", writeFile(t, "my.csv", c.text), "--output", output, "--lookback", "12", "--horizon", "2")
		rows := readTable(t, output)
		if !slices.Equal(rows[0], c.header) || rows[1][0] != c.first || rows[2][0] != c.second {
			t.Errorf("%s: %v", c.name, rows)
		}
		if rows[1][1] != "59" { // the last value, though it was scaled and scaled back
			t.Errorf("%s: Naive forecasts %s, want 59", c.name, rows[1][1])
		}
	}
}

// A trained model that is saved and loaded forecasts the same bits, on the same file.
func TestForecastSavedAndLoaded(t *testing.T) {
	input := writeFile(t, "my.csv", waves(300))
	dir := t.TempDir()
	first, second, model := filepath.Join(dir, "1.csv"), filepath.Join(dir, "2.csv"), filepath.Join(dir, "m.safetensors")
	_, stderr := mustForecast(t, "--model", "DLinear", "--input", input, "--output", first, "--save", model,
		"--lookback", "24", "--horizon", "12", "--epochs", "2", "--seed", "5", "--params", `{"moving_average":5}`, "--train", `{"batch":16}`)
	if strings.Count(stderr, "epoch ") != 2 {
		t.Errorf("no line for each of two epochs: %s", stderr)
	}
	mustForecast(t, "--model", "DLinear", "--input", input, "--output", second, "--checkpoint", model)
	a, errA := os.ReadFile(first)
	b, errB := os.ReadFile(second)
	if errA != nil || errB != nil || string(a) != string(b) {
		t.Errorf("saved and loaded forecasts differ:\n%s\n%s", a, b)
	}

	// In the file's own units a forecast is scaled·std + mean: the same file scaled beforehand, and taken as it is.
	var scaled strings.Builder
	scaled.WriteString("date,load,\"flow, net\"\n")
	mean, std := loadScale(t, model)
	for i := range 300 {
		values := []float64{float64(float32(load(i))), float64(float32(flow(i)))}
		fmt.Fprintf(&scaled, "%s,%v,%v\n", hour(i), float32((values[0]-mean[0])/std[0]), float32((values[1]-mean[1])/std[1]))
	}
	third := filepath.Join(dir, "3.csv")
	mustForecast(t, "--model", "DLinear", "--input", writeFile(t, "scaled.csv", scaled.String()), "--output", third, "--checkpoint", model, "--scaler", "none")
	own, unscaled := readTable(t, first), readTable(t, third)
	for i := range own[1:] {
		for k := range mean {
			z, _ := strconv.ParseFloat(unscaled[i+1][k+1], 32)
			if want := strconv.FormatFloat(float64(float32(z*std[k]+mean[k])), 'f', -1, 32); own[i+1][k+1] != want {
				t.Errorf("row %d, column %d: %s, want %s", i, k, own[i+1][k+1], want)
			}
		}
	}
}

// loadScale reads the scaler that a model file holds.
func loadScale(t *testing.T, path string) (mean, std []float64) {
	t.Helper()
	f, err := train.LoadModel(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	return f.Meta.Mean, f.Meta.Std
}
