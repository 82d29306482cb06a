package main

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"ecalf/bench/data"
	"ecalf/bench/result"
)

// Electricity and Traffic go the whole way, from a file of their shape to the table, under their own names: 26,304 × 321
// and 17,544 × 862. The file made here is not the public one, and run, record and table must say so. Window counts are
// test rows - horizon + 1 with 20 % of the rows in the test part: 5260 - 96 + 1 and 3508 - 96 + 1.
func TestElectricityAndTrafficGoTheWholeWay(t *testing.T) {
	dir, results := t.TempDir(), t.TempDir()
	t.Setenv("ECALF_DATA", dir)
	windows := map[string]int{"Electricity": 5165, "Traffic": 3413}
	for name := range windows {
		spec, err := data.Find(name)
		if err != nil {
			t.Fatal(err)
		}
		writeShape(t, filepath.Join(dir, filepath.FromSlash(spec.File)), spec)
	}
	args := []string{"--suite", "long", "--results", results, "--only", "dataset=Electricity,dataset=Traffic,horizon=96,model=Naive,model=OLS"}
	code, _, stderr := ecalf(append([]string{"run"}, args...)...)
	if code != exitOK {
		t.Fatalf("exit %d:\n%s", code, stderr)
	}
	for name := range windows {
		if !strings.Contains(stderr, "not the published "+name) {
			t.Errorf("run does not say that %s is another file:\n%s", name, stderr)
		}
	}
	records, err := result.Read(filepath.Join(results, "long.jsonl"))
	if err != nil || len(records) != 4 {
		t.Fatalf("%d records, %v; want 4", len(records), err)
	}
	mse := map[string]float64{}
	for _, r := range records {
		if r.Status != result.OK || r.Windows != windows[r.Cell.Dataset] || r.Env.DataVerified {
			t.Errorf("%s: status %s, %d windows (want %d), verified %v", cellName(r.Cell), r.Status, r.Windows, windows[r.Cell.Dataset], r.Env.DataVerified)
			continue
		}
		mse[r.Cell.Dataset+" "+r.Cell.Model] = *r.MSE
	}
	for name := range windows {
		// The file repeats every day exactly, which a linear map can copy and the last value cannot.
		if !(mse[name+" OLS"] < 0.01*mse[name+" Naive"]) {
			t.Errorf("%s: OLS %v, Naive %v on a series that repeats", name, mse[name+" OLS"], mse[name+" Naive"])
		}
	}
	_, table, _ := ecalf("table", "--results", results)
	if !strings.Contains(table, "5165") || !strings.Contains(table, "3413") {
		t.Errorf("the table lacks the window counts:\n%s", table)
	}
}

// writeShape writes a file of a set's shape in which every channel repeats a day of its own.
func writeShape(t *testing.T, path string, spec data.Spec) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	w := bufio.NewWriterSize(f, 1<<20)
	w.WriteString("date")
	for c := range spec.Channels {
		fmt.Fprintf(w, ",%d", c)
	}
	line, at := []byte(nil), time.Date(2016, 7, 1, 2, 0, 0, 0, time.UTC)
	for row := range spec.Rows {
		line = at.Add(time.Duration(row)*spec.Step).AppendFormat(append(line[:0], '\n'), time.DateTime)
		for c := range spec.Channels {
			line = strconv.AppendInt(append(line, ','), int64((row%spec.Season)*(c+7)%29), 10)
		}
		w.Write(line)
	}
	w.WriteByte('\n')
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
}
