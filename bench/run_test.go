package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"ecalf/bench/result"
)

// The test binary is the program itself when this is set, so that tests can kill it.
const asProgram = "ECALF_TEST_AS_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		main()
	}
	os.Exit(m.Run())
}

// program starts ecalf as a process of its own.
func program(args ...string) *exec.Cmd {
	c := exec.Command(os.Args[0], args...)
	c.Env = append(os.Environ(), asProgram+"=1")
	return c
}

// ecalf runs the command line in this process.
func ecalf(args ...string) (code int, stdout, stderr string) {
	var out, errs bytes.Buffer
	code = execute(context.Background(), args, &out, &errs)
	return code, out.String(), errs.String()
}

// smallSuite is a grid on the synthetic set alone: 4 horizons × 3 models.
func smallSuite(t *testing.T) string {
	t.Helper()
	return writeFile(t, "small.yaml", `name: small
lookback: 96
datasets: [Synthetic]
horizons: [24, 48, 96, 192]
models: [{name: Naive}, {name: Mean}, {name: OLS}]
`)
}

const smallCells = 12

func writeFile(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// records reads the store and fails if it holds a cell twice.
func records(t *testing.T, results string) map[string]result.Record {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(results, "small.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	recs, err := result.Read(filepath.Join(results, "small.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	if lines := bytes.Count(raw, []byte("\n")); lines != len(recs) {
		t.Fatalf("%d lines hold %d cells", lines, len(recs))
	}
	byID := map[string]result.Record{}
	for _, r := range recs {
		byID[r.ID] = r
	}
	return byID
}

func TestRunThenRunAgain(t *testing.T) {
	suite, results := smallSuite(t), t.TempDir()
	code, _, stderr := ecalf("run", "--suite", suite, "--results", results)
	if code != exitOK || !strings.Contains(stderr, "12 cells run, 0 were done before\n") {
		t.Fatalf("exit %d:\n%s", code, stderr)
	}
	first := records(t, results)
	if len(first) != smallCells {
		t.Fatalf("%d records, want %d", len(first), smallCells)
	}
	// The cheapest first: every Naive and Mean before any OLS of the same horizon.
	if i, j := strings.Index(stderr, "Synthetic/192 Naive"), strings.Index(stderr, "Synthetic/192 OLS"); i < 0 || j < i {
		t.Errorf("OLS/192 ran before Naive/192:\n%s", stderr)
	}
	code, _, stderr = ecalf("run", "--suite", suite, "--results", results)
	if code != exitOK || !strings.Contains(stderr, "0 cells run, 12 were done before\n") {
		t.Errorf("second run: exit %d:\n%s", code, stderr)
	}
	if again := records(t, results); len(again) != smallCells {
		t.Errorf("second run: %d records", len(again))
	}
}

// kill -9 in the middle loses no finished cell and leaves none twice.
func TestKillThenResume(t *testing.T) {
	suite, results := smallSuite(t), t.TempDir()
	store := filepath.Join(results, "small.jsonl")
	var before map[string]result.Record
	for kills := 0; kills < 3; kills++ {
		run := program("run", "--suite", suite, "--results", results)
		if err := run.Start(); err != nil {
			t.Fatal(err)
		}
		want := len(before) + 2
		waitFor(t, func() bool {
			raw, _ := os.ReadFile(store)
			return bytes.Count(raw, []byte("\n")) >= want
		})
		if err := run.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		if err := run.Wait(); err == nil {
			t.Log("the run ended before the kill")
		}
		recs, err := result.Read(store)
		if err != nil {
			t.Fatal(err)
		}
		after := map[string]result.Record{}
		for _, r := range recs {
			after[r.ID] = r
		}
		keeps(t, before, after)
		before = after
	}
	if code, _, stderr := ecalf("run", "--suite", suite, "--results", results); code != exitOK {
		t.Fatalf("exit %d:\n%s", code, stderr)
	}
	after := records(t, results)
	keeps(t, before, after)
	if len(after) != smallCells {
		t.Errorf("%d records, want %d", len(after), smallCells)
	}
}

// keeps fails unless every record of before is in after, untouched.
func keeps(t *testing.T, before, after map[string]result.Record) {
	t.Helper()
	for id, r := range before {
		if a, ok := after[id]; !ok || !a.Finished.Equal(r.Finished) {
			t.Errorf("%s was finished and is now %+v", cellName(r.Cell), a)
		}
	}
}

func waitFor(t *testing.T, done func() bool) {
	t.Helper()
	for end := time.Now().Add(60 * time.Second); !done(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("nothing happened for a minute")
		}
	}
}

// Two runs at once share the cells, and the store holds each once.
func TestTwoRunsAtOnce(t *testing.T) {
	suite, results := smallSuite(t), t.TempDir()
	var runs [2]*exec.Cmd
	for i := range runs {
		runs[i] = program("run", "--suite", suite, "--results", results)
		if err := runs[i].Start(); err != nil {
			t.Fatal(err)
		}
	}
	for _, run := range runs {
		if err := run.Wait(); err != nil {
			t.Error(err)
		}
	}
	if n := len(records(t, results)); n != smallCells {
		t.Errorf("%d records, want %d", n, smallCells)
	}
}

func TestCtrlCEndsCleanlyAndSaysHowToGoOn(t *testing.T) {
	suite, results := smallSuite(t), t.TempDir()
	run := program("run", "--suite", suite, "--results", results)
	var stderr bytes.Buffer
	run.Stderr = &stderr
	if err := run.Start(); err != nil {
		t.Fatal(err)
	}
	waitFor(t, func() bool {
		raw, _ := os.ReadFile(filepath.Join(results, "small.jsonl"))
		return bytes.Count(raw, []byte("\n")) >= 1
	})
	if err := run.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	run.Wait()
	if n := len(records(t, results)); n < smallCells {
		if code := run.ProcessState.ExitCode(); code != exitFailed || !strings.Contains(stderr.String(), "interrupted; every finished cell is kept") {
			t.Errorf("exit %d:\n%s", code, stderr.String())
		}
	}
	if code, _, _ := ecalf("run", "--suite", suite, "--results", results); code != exitOK || len(records(t, results)) != smallCells {
		t.Errorf("resume: exit %d, %d records", code, len(records(t, results)))
	}
}

func TestBudget(t *testing.T) {
	suite, results := smallSuite(t), t.TempDir()
	code, _, stderr := ecalf("run", "--suite", suite, "--results", results, "--budget", "1ns")
	if code != exitOK || !strings.Contains(stderr, "12 left\n") || !strings.Contains(stderr, "run the same command again to go on") {
		t.Errorf("a used-up budget: exit %d:\n%s", code, stderr)
	}
	for _, bad := range []string{"0", "0s", "-5m"} {
		code, _, stderr := ecalf("run", "--suite", suite, "--results", results, "--budget", bad)
		if code != exitUsage || !strings.Contains(stderr, "leaves no time for anything") {
			t.Errorf("--budget %s: exit %d:\n%s", bad, code, stderr)
		}
	}
}

// The shards of a suite, run one by one into stores of their own and merged, are the whole suite.
func TestShardsMerge(t *testing.T) {
	suite, whole := smallSuite(t), t.TempDir()
	args := []string{"merge", filepath.Join(whole, "small.jsonl")}
	for i := range 3 {
		part := t.TempDir()
		if code, _, stderr := ecalf("run", "--suite", suite, "--results", part, "--shard", fmt.Sprintf("%d/3", i)); code != exitOK {
			t.Fatalf("shard %d: exit %d:\n%s", i, code, stderr)
		}
		args = append(args, filepath.Join(part, "small.jsonl"))
	}
	if code, _, stderr := ecalf(args...); code != exitOK {
		t.Fatalf("merge: exit %d:\n%s", code, stderr)
	}
	if n := len(records(t, whole)); n != smallCells {
		t.Errorf("%d records, want %d", n, smallCells)
	}
}

func TestMistakesOnTheCommandLine(t *testing.T) {
	t.Setenv("ECALF_DATA", t.TempDir())
	suite, results := smallSuite(t), t.TempDir()
	for _, c := range []struct {
		args []string
		code int
		want string
	}{
		{[]string{"run", "--suite", "lnog"}, exitUsage, `unknown suite "lnog": known are ablation, baselines, check, fewshot, fewshot-released, long, quick, zeroshot`},
		{[]string{"run", "--suite", suite, "--results", results, "--only", "model=PatchTST"}, exitUsage, "no cell of the suite has that model; it has Mean, Naive, OLS"},
		{[]string{"run", "--suite", suite, "--results", results, "--only", "dataset=ETTh9"}, exitUsage, "no cell of the suite has that dataset"},
		{[]string{"run", "--suite", suite, "--results", results, "--shard", "3/3"}, exitUsage, "i from 0 to n-1"},
		{[]string{"run", "--suite", suite, "--results", results, "--precision", "fp8"}, exitUsage, "want auto, fp32 or bf16"},
		{[]string{"run", "--suite", suite, "--results", results, "--backend", "tpu"}, exitUsage, "want auto, cpu or cuda"},
		{[]string{"run", "--suite", suite, "--results", results, "--seeds", "0"}, exitUsage, "want distinct numbers from 1 on, got 0"},
		{[]string{"run", "--suite", suite, "--results", results, "--seeds", "1,1"}, exitUsage, "want distinct numbers from 1 on, got 1"},
		{[]string{"run", "--suite", "quick", "--results", results, "--only", "dataset=ETTh1,model=Oracle"}, exitUsage, "no cell of suite quick matches all of it"},
		{[]string{"run", "--suite", "baselines", "--results", results, "--only", "seed=9999"}, exitUsage, "no cell of the suite has that seed"},
		{[]string{"run", "--suite", writeFile(t, "long.yaml", "name: long\nlookback: 96\nhorizons: [96]\ndatasets: [ETTh1]\nmodels: [{name: OLS}]\n")}, exitUsage, "the name long is that of a suite that comes with the program"},
		{[]string{"score", "--dataset", "ETTh1", "--model", "Mine", "--pred", "x.npy", "--suite", "../x"}, exitUsage, "suite: "},
		{[]string{"score", "--dataset", "ETTh1", "--model", " ", "--pred", "x.npy"}, exitUsage, "want a name"},
		{[]string{"score", "--dataset", "ETTh1", "--model", "OLS", "--pred", "x.npy"}, exitUsage, "OLS is one of ours"},
		{[]string{"score", "--dataset", "ETTh1", "--model", "Mine", "--pred", "x.npy", "--seed", "-3"}, exitUsage, "want a number from 1 on"},
		{[]string{"table", "--suite", "nope", "--results", results}, exitUsage, "unknown suite \"nope\""},
		{[]string{"data", "export", "--dataset", "ETTh1", "--horizon", "0", "--out", results}, exitUsage, "want 1 row or more"},
		{[]string{"run", "--budget", "soon"}, exitUsage, "invalid"},
		{[]string{"run", "--sweet", "long"}, exitUsage, "unknown flag: --sweet"},
		{[]string{"run", "long"}, exitUsage, "unknown command"},
		{[]string{"rnu"}, exitUsage, `unknown command "rnu"`},
		{[]string{"run", "--suite", writeFile(t, "bad.yaml", "name: bad\nlookbak: 96\n")}, exitUsage, `bad.yaml:2:1: unknown key "lookbak"`},
		{[]string{"run", "--suite", "quick", "--results", results, "--only", "dataset=ETTh1"}, exitFailed, "ecalf data fetch ETTh1"},
		{[]string{"data", "fetch", "ETTh9"}, exitUsage, `unknown data set "ETTh9"`},
		{[]string{"score", "--dataset", "ETTh1"}, exitUsage, "--model is missing"},
		{[]string{"table", "--suite", "small", "--results", results, "--format", "html"}, exitUsage, "want console, markdown, latex or csv"},
	} {
		code, _, stderr := ecalf(c.args...)
		if code != c.code || !strings.Contains(stderr, c.want) {
			t.Errorf("%s: exit %d, want %d with %q:\n%s", strings.Join(c.args, " "), code, c.code, c.want, stderr)
		}
	}
}
