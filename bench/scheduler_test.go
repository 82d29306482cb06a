package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ecalf/bench/result"
	"ecalf/kernels"
)

// Zero-shot cells of one training run in a row, train once, and leave no checkpoint, whatever other cells lie between them.
func TestTransfersTrainOnce(t *testing.T) {
	sets := newDatasets(t.TempDir(), nil, os.Stderr)
	set, err := sets.get("Synthetic")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"A", "B", "C"} {
		sets.open[name] = set
	}
	be, err := kernels.Best()
	if err != nil {
		t.Fatal(err)
	}
	cell := func(dataset string, seed int64) result.Cell {
		return result.Cell{Suite: "small", Dataset: dataset, Horizon: 24, Lookback: 96, Setting: "zero", Percent: 100, Model: "DLinear", Protocol: "standard", Seed: seed,
			Recipe: []byte(`{"epochs": 2, "batch": 256, "lr": 0.001, "schedule": "constant", "patience": 2, "loss": "mse"}`)}
	}
	cells := inOrder([]result.Cell{cell("A->B", 1), cell("A->B", 2), cell("A->C", 1), cell("A->C", 2)})
	var order []string
	for _, c := range cells {
		order = append(order, c.Dataset+" "+strings.Repeat("I", int(c.Seed)))
	}
	if got := strings.Join(order, ", "); got != "A->B I, A->C I, A->B II, A->C II" {
		t.Errorf("cells run in the order %s", got)
	}
	results := t.TempDir()
	store, err := result.Open(filepath.Join(results, "small.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	s := scheduler{store: store, sets: sets, backend: be, precision: kernels.FP32, env: newEnvironment(be),
		checkpoints: filepath.Join(results, "checkpoints"), out: &out, resultsFlag: results}
	if err := s.run(context.Background(), plan{todo: cells}); err != nil {
		t.Fatal(err)
	}
	if n := len(records(t, results)); n != len(cells) {
		t.Errorf("%d records, want %d", n, len(cells))
	}
	if n := strings.Count(out.String(), "epoch 2 of 2"); n != 2 {
		t.Errorf("%d trainings, want 2:\n%s", n, out.String())
	}
	if left, err := os.ReadDir(s.checkpoints); err != nil || len(left) > 0 {
		t.Errorf("checkpoints: %v, %v", left, err)
	}
}
