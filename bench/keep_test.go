package main

import (
	"path/filepath"
	"testing"

	"ecalf/bench/train"
)

// --keep leaves a file per trained model, named for its cell, and none for a model that is solved.
func TestKeep(t *testing.T) {
	suite := writeFile(t, "small.yaml", `name: small
lookback: 48
horizons: [24]
datasets: [Synthetic]
percents: [5]
models:
  - name: OLS
  - name: NLinear
    train: {epochs: 1, batch: 64, lr: 0.01, schedule: constant, patience: 1, loss: l1}
`)
	results, models := t.TempDir(), filepath.Join(t.TempDir(), "models")
	if code, _, stderr := ecalf("run", "--suite", suite, "--results", results, "--keep", models); code != exitOK {
		t.Fatalf("exit %d:\n%s", code, stderr)
	}
	var want string
	for id, r := range records(t, results) {
		if r.Cell.Model == "NLinear" {
			want = filepath.Join(models, "small-Synthetic-24-NLinear-2021-"+id[:8]+".safetensors")
		}
	}
	files, err := filepath.Glob(filepath.Join(models, "*"))
	if err != nil || len(files) != 1 || files[0] != want {
		t.Fatalf("%v, %v; want %s", files, err, want)
	}
	f, err := train.LoadModel(want)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if f.Meta.Model != "NLinear" || f.Meta.Loss != "l1" || f.Meta.Commit == "" {
		t.Errorf("metadata %+v", f.Meta)
	}
}
