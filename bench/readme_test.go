package main

import (
	"bufio"
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"ecalf/bench/data"
)

var update = flag.Bool("update", false, "write what is made of the committed records anew")

const readme = "../README.md"

// Every number in the README's tables is generated: from the committed records, from the specs of the data sets, from
// the committed output of the benchmarks. `make derived` writes them, this test compares.
func TestREADMEIsUpToDate(t *testing.T) {
	raw, err := os.ReadFile(readme)
	if err != nil {
		t.Fatal(err)
	}
	part := regexp.MustCompile(`(?s)<!-- generated: (\w+) ?([^>]*?) -->\n.*?<!-- end -->`)
	seen := 0
	got := part.ReplaceAllFunc(raw, func(old []byte) []byte {
		seen++
		m := part.FindSubmatch(old)
		text, err := generate(string(m[1]), string(m[2]))
		if err != nil {
			t.Fatalf("%s: %v", m[1], err)
		}
		head, _, _ := bytes.Cut(old, []byte("\n"))
		return slices.Concat(head, []byte("\n"+text+"<!-- end -->"))
	})
	if seen != 8 {
		t.Errorf("%d generated parts, want 8", seen)
	}
	if *update {
		if err := os.WriteFile(readme, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if !bytes.Equal(got, raw) {
		t.Errorf("the README is not what results/ says: make derived")
	}
}

// The committed tables are those of the committed records: `make derived` writes them.
func TestResultsTablesAreUpToDate(t *testing.T) {
	stores, err := filepath.Glob("../results/*.jsonl")
	if err != nil || len(stores) == 0 {
		t.Fatalf("no committed stores: %v", err)
	}
	for _, store := range stores {
		stem := strings.TrimSuffix(store, ".jsonl")
		code, want, stderr := ecalf("table", "--suite", filepath.Base(stem), "--results", "../results", "--format", "markdown")
		if code != exitOK {
			t.Errorf("%s: exit %d %s", store, code, stderr)
			continue
		}
		if *update {
			if err := os.WriteFile(stem+".md", []byte(want), 0o644); err != nil {
				t.Error(err)
			}
			continue
		}
		if got, _ := os.ReadFile(stem + ".md"); want != string(got) { // of a file that is not there nothing is got
			t.Errorf("%s.md is not the table of its records: make derived", stem)
		}
	}
}

func generate(what, args string) (string, error) {
	switch what {
	case "errors", "parts":
		suite, only, _ := strings.Cut(args, " ")
		return printed("table", "--what", what, "--suite", suite, "--only", only)
	case "compare": // suite, A and B, apart by bars
		of := strings.Split(args, "|")
		return printed("compare", "--suite", of[0], of[1], of[2])
	case "windows":
		return windowsTable(), nil
	case "speed":
		return speedTable("../results/speed.txt")
	}
	return "", fmt.Errorf("nothing is known of it")
}

// printed is what a command writes of the committed records, without its title.
func printed(args ...string) (string, error) {
	code, out, stderr := ecalf(append(args, "--results", "../results", "--format", "markdown")...)
	if code != exitOK {
		return "", fmt.Errorf("ecalf %s: %s", args[0], stderr)
	}
	_, out, _ = strings.Cut(out, "\n\n")
	return "\n" + out, nil
}

func windowsTable() string {
	var b strings.Builder
	b.WriteString("\n| data set |")
	for _, h := range tableHorizons {
		fmt.Fprintf(&b, " H = %d |", h)
	}
	b.WriteString("\n|:--|" + strings.Repeat("--:|", len(tableHorizons)) + "\n")
	for _, s := range data.Specs {
		_, _, test := s.Split.Rows(s.Rows)
		fmt.Fprintf(&b, "| %s |", s.Name)
		for _, h := range tableHorizons {
			fmt.Fprintf(&b, " %d |", test-h+1)
		}
		b.WriteString("\n")
	}
	return b.String() + "\n"
}

// speedRows are the figures of the README's speed table: a benchmark, a unit of its output, and what they say.
var speedRows = []struct{ what, benchmark, unit string }{
	{"reading a file of Traffic's shape (136 MB), one core", "BenchmarkReadCSV/Traffic", "MB/s"},
	{"memory allocated for it, garbage included", "BenchmarkReadCSV/Traffic", "alloc-MB"},
	{"the matrix itself", "BenchmarkReadCSV/Traffic", "matrix-MB"},
	{"OLS on Traffic's shape, four horizons, fitted and scored, seconds", "BenchmarkOLSTraffic", "s/op"},
	{"scoring Naive on every window of Weather/720, all cores, targets gone through", "BenchmarkNaiveWeather/evaluate", "MB/s"},
	{"for comparison: adding up the same targets, one core", "BenchmarkNaiveWeather/sum", "MB/s"},
	{"for comparison: copying the same targets, one core", "BenchmarkNaiveWeather/copy", "MB/s"},
}

// speedTable gives median and range of each figure over the runs in the output of `make speed`.
func speedTable(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	values := map[string][]float64{} // by benchmark and unit
	cpu, runs := "", 0
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if name, ok := strings.CutPrefix(lines.Text(), "machine: "); ok {
			cpu = name
		}
		fields := strings.Fields(lines.Text())
		if len(fields) < 4 || !strings.HasPrefix(fields[0], "Benchmark") {
			continue
		}
		name := regexp.MustCompile(`-\d+$`).ReplaceAllString(fields[0], "")
		for i := 2; i+1 < len(fields); i += 2 {
			v, err := strconv.ParseFloat(fields[i], 64)
			if err != nil {
				return "", fmt.Errorf("%s: %q", path, lines.Text())
			}
			unit := fields[i+1]
			if unit == "ns/op" {
				v, unit = v/1e9, "s/op"
			}
			values[name+" "+unit] = append(values[name+" "+unit], v)
		}
	}
	var b strings.Builder
	b.WriteString("\n| what | median | range |\n|:--|--:|--:|\n")
	for _, r := range speedRows {
		v := values[r.benchmark+" "+r.unit]
		if len(v) == 0 {
			return "", fmt.Errorf("%s has no %s of %s", path, r.unit, r.benchmark)
		}
		slices.Sort(v)
		runs = len(v)
		fmt.Fprintf(&b, "| %s | %s | %s … %s |\n", r.what, short((v[(len(v)-1)/2]+v[len(v)/2])/2, r.unit), short(v[0], r.unit), short(v[len(v)-1], r.unit))
	}
	fmt.Fprintf(&b, "\n%d runs of `make speed` on %s; its output is [results/speed.txt](results/speed.txt).\n\n", runs, cpu)
	return b.String(), nil
}

// short prints a figure with its unit.
func short(v float64, unit string) string {
	if unit == "s/op" {
		return strconv.FormatFloat(v, 'f', 2, 64) + " s"
	}
	_, after, ok := strings.Cut(unit, "-") // alloc-MB
	if !ok {
		after = unit
	}
	return strconv.FormatFloat(v, 'f', 0, 64) + " " + after
}
