// Runs that meet missing, damaged and changed files, cells that fail, and disks that are full.

package main

import (
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// Without a data set the rest of the suite runs, and the missing set is named with how to get it.
func TestMissingDataSetIsNamedAndTheRestRuns(t *testing.T) {
	t.Setenv("ECALF_DATA", t.TempDir())
	results := t.TempDir()
	code, _, stderr := ecalf("run", "--suite", "quick", "--results", results, "--only", "model=Naive")
	if code != exitOK || !strings.Contains(stderr, "ecalf data fetch ETTh1") || !strings.Contains(stderr, "1 cells run, 0 were done before, 1 without data") {
		t.Errorf("exit %d:\n%s", code, stderr)
	}
}

// A damaged data file stops its own cells only, and the error has its place.
func TestDamagedDataFile(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("ECALF_DATA", dir)
	if err := os.Mkdir(filepath.Join(dir, "ETT-small"), 0o755); err != nil {
		t.Fatal(err)
	}
	csv := "date,HUFL,HULL,MUFL,MULL,LUFL,LULL,OT\n2016-07-01 00:00:00,1,2,3,4,5,6,7\n2016-07-01 01:00:00,1,2,x,4,5,6,7\n"
	if err := os.WriteFile(filepath.Join(dir, "ETT-small", "ETTh1.csv"), []byte(csv), 0o644); err != nil {
		t.Fatal(err)
	}
	code, _, stderr := ecalf("run", "--suite", "quick", "--results", t.TempDir())
	if code != exitFailed || !strings.Contains(stderr, "ETTh1.csv: line 3, column 4 (MUFL)") || !strings.Contains(stderr, "6 cells run") {
		t.Errorf("exit %d:\n%s", code, stderr)
	}
	if n := strings.Count(stderr, "ETTh1.csv: line 3, column 4 (MUFL)"); n != 1 {
		t.Errorf("the mistake is told %d times:\n%s", n, stderr)
	}
}

// A failed cell is a failure on every run until it is run again: CI must not turn green by running twice.
func TestFailedCellFailsEveryRun(t *testing.T) {
	suite := writeFile(t, "small.yaml", "name: small\nlookback: 96\nhorizons: [24]\ndatasets: [Synthetic]\nmodels: [{name: Naive}, {name: OLS, params: {rigde: 1}}]\n")
	results := t.TempDir()
	for i, want := range []string{"1 cells failed", "1 cells had failed before", "1 cells failed"} {
		args := []string{"run", "--suite", suite, "--results", results}
		if i == 2 {
			args = append(args, "--retry")
		}
		if code, _, stderr := ecalf(args...); code != exitFailed || !strings.Contains(stderr, want) {
			t.Errorf("run %d: exit %d, want %d with %q:\n%s", i+1, code, exitFailed, want, stderr)
		}
	}
	_, table, _ := ecalf("table", "--suite", suite, "--results", results)
	if !strings.Contains(table, "rigde") {
		t.Errorf("the table does not say why the cell is blank:\n%s", table)
	}
}

// A damaged file of one's own stops its own cells only, and none when they were not asked for.
func TestDamagedOwnFile(t *testing.T) {
	suite := writeFile(t, "small.yaml", "name: small\nlookback: 24\nhorizons: [12]\ndatasets: [Synthetic]\nfiles: [{name: Bad, path: bad.csv}]\nmodels: [{name: Naive}]\n")
	if err := os.WriteFile(filepath.Join(filepath.Dir(suite), "bad.csv"), []byte("date,a\n2024-01-01 00:00:00,x\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		only string
		code int
		want string
	}{
		{"dataset=Bad,dataset=Synthetic", exitFailed, "bad.csv: line 2, column 2"},
		{"dataset=Synthetic", exitOK, "0 cells run, 1 were done before"},
	} {
		results := filepath.Join(filepath.Dir(suite), "results")
		code, _, stderr := ecalf("run", "--suite", suite, "--results", results, "--only", c.only)
		if code != c.code || !strings.Contains(stderr, c.want) || strings.Contains(stderr, "bad.csv") != (c.code == exitFailed) {
			t.Errorf("--only %s: exit %d, want %d with %q:\n%s", c.only, code, c.code, c.want, stderr)
		}
	}
}

// A file of one's own in a suite: its bytes are part of the cells' identity, so a changed file runs anew.
func TestOwnFile(t *testing.T) {
	rows := func(n int) string {
		var b strings.Builder
		b.WriteString("date,a,b\n")
		at := time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)
		for i := range n {
			fmt.Fprintf(&b, "%s,%d,%d\n", at.Add(time.Duration(i)*time.Hour).Format(time.DateTime), i%24, (i*7)%31)
		}
		return b.String()
	}
	csv := writeFile(t, "own.csv", rows(600))
	suite := writeFile(t, "small.yaml", "name: small\nlookback: 24\nhorizons: [12]\nfiles: [{name: Own, path: "+csv+"}]\nmodels: [{name: Naive}, {name: OLS}]\n")
	results := t.TempDir()
	for i, want := range []int{2, 4} {
		if i == 1 {
			if err := os.WriteFile(csv, []byte(rows(700)), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if code, _, stderr := ecalf("run", "--suite", suite, "--results", results); code != exitOK {
			t.Fatalf("exit %d:\n%s", code, stderr)
		}
		if n := len(records(t, results)); n != want {
			t.Errorf("%d records, want %d", n, want)
		}
	}
}

// A results folder that cannot be written is told before any work. Root may write anywhere, so the folder is a file.
func TestResultsFolderThatCannotBeWritten(t *testing.T) {
	blocked := writeFile(t, "results", "")
	code, _, stderr := ecalf("run", "--suite", smallSuite(t), "--results", blocked)
	if code != exitFailed || !strings.Contains(stderr, blocked) || strings.Contains(stderr, "mse") {
		t.Errorf("exit %d:\n%s", code, stderr)
	}
}

// A disk that fills up while a run writes: the kernel refuses to let the file grow beyond a limit, which is the same to a
// writer. Finished cells stay, the error says what to do, and with room again the run goes on.
func TestFullDisk(t *testing.T) {
	suite, results := smallSuite(t), t.TempDir()
	if code, _, stderr := ecalf("run", "--suite", suite, "--results", results, "--only", "horizon=24"); code != exitOK {
		t.Fatalf("exit %d:\n%s", code, stderr)
	}
	before := records(t, results)
	info, err := os.Stat(filepath.Join(results, "small.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	run := exec.Command("sh", "-c", fmt.Sprintf(`ulimit -f %d; exec "$0" run --suite "$1" --results "$2"`, info.Size()/512+1), os.Args[0], suite, results)
	run.Env = append(os.Environ(), asProgram+"=1")
	out, err := run.CombinedOutput()
	if err == nil || run.ProcessState.ExitCode() != exitFailed {
		t.Errorf("a run on a full disk: %v\n%s", err, out)
	}
	if !strings.Contains(string(out), "small.jsonl: the record of this cell was not saved, all earlier ones are") {
		t.Errorf("the error does not say what was lost:\n%s", out)
	}
	mid := records(t, results)
	keeps(t, before, mid)
	if code, _, stderr := ecalf("run", "--suite", suite, "--results", results); code != exitOK {
		t.Fatalf("with room again: exit %d:\n%s", code, stderr)
	}
	after := records(t, results)
	keeps(t, mid, after)
	if len(after) != smallCells {
		t.Errorf("%d records, want %d: %v", len(after), smallCells, slices.Collect(maps.Keys(after)))
	}
}
