package main

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"ecalf/bench/data"
	"ecalf/bench/result"
)

// noise is a CSV of so many hourly rows and channels.
func noise(rows, channels int) string {
	random := rand.New(rand.NewPCG(1, 2))
	var b strings.Builder
	b.WriteString("date")
	for c := range channels {
		fmt.Fprintf(&b, ",c%d", c)
	}
	at := time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)
	for row := range rows {
		b.WriteString("\n" + at.Add(time.Duration(row)*time.Hour).Format(time.DateTime))
		for range channels {
			fmt.Fprintf(&b, ",%.3f", random.NormFloat64())
		}
	}
	return b.String() + "\n"
}

// A backbone whose file is missing keeps its cells waiting, as missing data does; the others run, their records say on
// which, and so does the table. What "auto" means is told.
func TestBackbonesOfASuite(t *testing.T) {
	t.Setenv("ECALF_WEIGHTS", t.TempDir())
	csv := writeFile(t, "own.csv", noise(200, 2))
	suite := writeFile(t, "small.yaml", `name: small
lookback: 12
horizons: [6]
files: [{name: Own, path: `+csv+`}]
backbones: [gpt2, none, auto]
models:
  - name: OLS
  - name: CALF
    params: {d_ff: 8, text: false}
    train: {epochs: 1, batch: 64, lr: 0.001, proj_lr: 0.0001, schedule: cosine, t_max: 20, patience: 1, loss: l1}
`)
	results := t.TempDir()
	code, _, stderr := ecalf("run", "--suite", suite, "--results", results, "--only", "model=OLS", "--only", "model=CALF,backbone=gpt2,backbone=none")
	if code != exitOK || !strings.Contains(stderr, "1 cells run, 0 were done before, 1 without weights") ||
		!strings.Contains(stderr, "missing: backbone gpt2: ") {
		t.Fatalf("exit %d:\n%s", code, stderr)
	}
	for _, r := range records(t, results) {
		if r.Cell.Backbone != "none" || r.Env.Weights != "drawn from seed 2021" || r.Status != result.OK {
			t.Errorf("%s (%s) on %q with weights %q", r.Status, r.Reason, r.Cell.Backbone, r.Env.Weights)
		}
	}
	code, _, stderr = ecalf("run", "--suite", suite, "--results", results, "--only", "backbone=gpt2")
	if code != exitFailed || !strings.Contains(stderr, "every data set or backbone that was asked for is missing") {
		t.Errorf("exit %d:\n%s", code, stderr)
	}
	// Without any file auto is random; the shuffled channels are cells of their own, of CALF alone.
	code, _, stderr = ecalf("run", "--suite", suite, "--results", results, "--only", "backbone=none,backbone=random", "--shuffle-channels", "4", "--budget", "1ns")
	if code != exitOK || !strings.Contains(stderr, "backbone auto is random\n") || !strings.Contains(stderr, "0 cells run, 0 were done before, 2 left") {
		t.Errorf("exit %d:\n%s", code, stderr)
	}
	code, _, stderr = ecalf("run", "--suite", suite, "--results", results, "--only", "backbone=none", "--shuffle-channels", "4")
	if code != exitOK || !strings.Contains(stderr, "1 cells run") {
		t.Errorf("exit %d:\n%s", code, stderr)
	}
	code, stdout, stderr := ecalf("table", "--suite", suite, "--results", results, "--format", "markdown")
	if code != exitOK || !strings.Contains(stdout, "| CALF (none)<br>MSE |") || !strings.Contains(stdout, "| CALF (none) channels shuffled by 4<br>MSE |") ||
		!strings.Contains(stdout, "each channel sees those before it, in the file's order") {
		t.Errorf("exit %d:\n%s%s", code, stdout, stderr)
	}
	if code, _, stderr = ecalf("run", "--suite", suite, "--results", results, "--shuffle-channels", "-1"); code != exitUsage {
		t.Errorf("exit %d:\n%s", code, stderr)
	}
}

// A weights file that cannot be used costs its cells and no others, and is told once.
func TestDamagedWeightsFile(t *testing.T) {
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, "gpt2"), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "gpt2", "model.safetensors"), []byte("no weights"), 0o644); err != nil {
		t.Fatal(err)
	}
	csv := writeFile(t, "own.csv", noise(200, 2))
	suite := writeFile(t, "small.yaml", `name: small
lookback: 12
horizons: [6, 7]
files: [{name: Own, path: `+csv+`}]
models:
  - name: OLS
  - name: CALF
    train: {epochs: 1, batch: 64, lr: 0.001, schedule: constant, patience: 1, loss: l1}
`)
	code, _, stderr := ecalf("run", "--suite", suite, "--results", t.TempDir(), "--weights", dir)
	if code != exitFailed || strings.Count(stderr, "backbone gpt2: ") != 1 || !strings.Contains(stderr, "2 cells run, 0 were done before, 2 with a data or weights file that cannot be used") {
		t.Errorf("exit %d:\n%s", code, stderr)
	}
}

// Zero-shot needs both sets; the record says which were used.
func TestTransfer(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("ECALF_DATA", dir)
	suite := writeFile(t, "small.yaml", `name: small
lookback: 96
horizons: [24]
transfers: [ETTh1->ETTh2, Synthetic->ETTh1]
models: [{name: OLS}]
`)
	etth1, err := data.Find("ETTh1")
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, filepath.FromSlash(etth1.File))
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(noise(etth1.Rows, etth1.Channels)), 0o644); err != nil {
		t.Fatal(err)
	}
	results := t.TempDir()
	code, _, stderr := ecalf("run", "--suite", suite, "--results", results)
	if code != exitOK || !strings.Contains(stderr, "1 cells run, 0 were done before, 1 without data") || !strings.Contains(stderr, "ecalf data fetch ETTh2") {
		t.Fatalf("exit %d:\n%s", code, stderr)
	}
	for _, r := range records(t, results) {
		// ETTh1's test part: 2880 rows, each of which but the last 23 begins a window.
		if r.Cell.Dataset != "Synthetic->ETTh1" || r.Cell.Setting != "zero" || r.Windows != 2857 {
			t.Errorf("%+v, %d windows", r.Cell, r.Windows)
		}
		if r.Env.DataSHA256 != "" || len(r.Env.TargetSHA256) != 64 || r.Env.DataVerified {
			t.Errorf("environment %+v", r.Env)
		}
	}
}
