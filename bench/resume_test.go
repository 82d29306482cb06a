package main

import (
	"os"
	"path/filepath"
	"testing"

	"ecalf/bench/result"
)

// kill -9 in the middle of a training, twice, then resume: the record has the bits of an uninterrupted run's, losses and
// metrics, and no checkpoint is left behind.
func TestKillInsideTraining(t *testing.T) {
	suite := writeFile(t, "small.yaml", `name: small
lookback: 96
horizons: [24]
datasets: [Synthetic]
models:
  - name: iTransformer
    params: {d_model: 32, d_ff: 32, n_heads: 2, e_layers: 1}
    train: {epochs: 4, batch: 32, lr: 0.001, schedule: halving, patience: 4, loss: mse}
`)
	want := t.TempDir()
	if code, _, stderr := ecalf("run", "--suite", suite, "--results", want); code != exitOK {
		t.Fatalf("exit %d:\n%s", code, stderr)
	}
	results := t.TempDir()
	checkpoints := filepath.Join(results, "small.jsonl.checkpoints")
	written := func() (name string, at int64) {
		files, _ := filepath.Glob(filepath.Join(checkpoints, "*.safetensors"))
		if len(files) == 0 {
			return "", 0
		}
		info, err := os.Stat(files[0])
		if err != nil {
			return "", 0
		}
		return files[0], info.ModTime().UnixNano()
	}
	var last int64
	for range 2 {
		run := program("run", "--suite", suite, "--results", results)
		if err := run.Start(); err != nil {
			t.Fatal(err)
		}
		ended := make(chan struct{})
		go func() { run.Wait(); close(ended) }()
		waitFor(t, func() bool {
			select {
			case <-ended:
				return true
			default:
			}
			_, at := written()
			return at > last
		})
		run.Process.Kill()
		<-ended
		_, last = written()
	}
	if code, _, stderr := ecalf("run", "--suite", suite, "--results", results); code != exitOK {
		t.Fatalf("exit %d:\n%s", code, stderr)
	}
	one := func(results string) result.Record {
		for _, r := range records(t, results) {
			return r
		}
		t.Fatal("no record")
		return result.Record{}
	}
	a, b := one(want), one(results)
	if *a.MSE != *b.MSE || *a.MAE != *b.MAE || len(a.Epochs) != len(b.Epochs) {
		t.Errorf("resumed: MSE %v, MAE %v, %d epochs; want %v, %v, %d", *b.MSE, *b.MAE, len(b.Epochs), *a.MSE, *a.MAE, len(a.Epochs))
	}
	for i := range min(len(a.Epochs), len(b.Epochs)) {
		if a.Epochs[i].Train != b.Epochs[i].Train || a.Epochs[i].Val != b.Epochs[i].Val {
			t.Errorf("epoch %d: %+v, want %+v", i+1, b.Epochs[i], a.Epochs[i])
		}
	}
	if name, _ := written(); name != "" {
		t.Errorf("%s is left behind", name)
	}
}
