package train

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"ecalf/bench/data"
	"ecalf/bench/result"
	"ecalf/kernels"
)

// series opens a set of noise, of so many channels, with values of its own scale.
func series(t *testing.T, channels int) *data.Set {
	t.Helper()
	random := rand.New(rand.NewPCG(1, 2))
	var b strings.Builder
	b.WriteString("date")
	for c := range channels {
		fmt.Fprintf(&b, ",c%d", c)
	}
	for row := range 1000 {
		b.WriteString("\n" + time.Unix(int64(row)*3600, 0).UTC().Format(time.DateTime))
		for range channels {
			fmt.Fprintf(&b, ",%.3f", 50+10*random.NormFloat64())
		}
	}
	path := filepath.Join(t.TempDir(), "noise.csv")
	if err := os.WriteFile(path, []byte(b.String()+"\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	set, err := data.OpenFile(path, data.FileOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return set
}

// Zero-shot trains and validates on the cell's set and scores the target's test windows on the target's own scale; a
// target of other channels cannot be forecast.
func TestZeroShot(t *testing.T) {
	set, be := synthetic(t), job(t, cell("OLS", 24, 100)).Backend
	target := series(t, set.C)
	c := cell("OLS", 24, 100)
	c.Dataset, c.Setting = "Synthetic->noise", "zero"
	rec, err := Run(context.Background(), Job{Cell: c, Set: set, Target: target, Backend: be})
	if err != nil || rec.Status != result.OK {
		t.Fatalf("status %s (%s), %v", rec.Status, rec.Reason, err)
	}
	test, err := target.Windows(data.Test, c.Lookback, c.Horizon)
	if err != nil {
		t.Fatal(err)
	}
	want, err := Evaluate(context.Background(), fitted(t, "OLS", set, c.Horizon), test, 7, 1)
	if err != nil || rec.Windows != want.Windows || *rec.MSE != want.MSE || *rec.MAE != want.MAE {
		t.Errorf("%d windows, MSE %v, MAE %v; want %d, %v, %v; %v", rec.Windows, *rec.MSE, *rec.MAE, want.Windows, want.MSE, want.MAE, err)
	}
	rec, err = Run(context.Background(), Job{Cell: c, Set: set, Target: series(t, 2), Backend: be, Precision: kernels.FP32})
	if err != nil || rec.Status != result.Failed || !strings.Contains(rec.Reason, "Synthetic has 7 channels and noise 2") {
		t.Errorf("status %s (%s), %v", rec.Status, rec.Reason, err)
	}
}

// Cells of zero-shot that differ in their target alone have one training: the second goes on where the first's ended, be its
// last epochs worth a checkpoint or not, and both have the bits of a training of their own.
func TestTransfersShareATraining(t *testing.T) {
	to := func(name string, target *data.Set) Job {
		j := job(t, cell("iTransformer", 24, 100))
		j.Cell.Dataset, j.Cell.Setting, j.Cell.Seed = "Synthetic->"+name, "zero", 2021
		j.Cell.Params = []byte(`{"d_model": 16, "d_ff": 16, "n_heads": 2, "e_layers": 1}`)
		j.Cell.Recipe = []byte(`{"epochs": 2, "batch": 256, "lr": 0.001, "schedule": "constant", "patience": 2, "loss": "mse"}`)
		j.Target = target
		return j
	}
	noise, itself := to("noise", series(t, 7)), to("itself", synthetic(t))
	if a, b := noise.Cell.TrainingID(), itself.Cell.TrainingID(); a != b || a == noise.Cell.ID() {
		t.Fatalf("trainings %s and %s", a, b)
	}
	want := []result.Record{mustRun(t, noise), mustRun(t, itself)}
	for _, saves := range []pace{{}, {last: time.Now(), cost: time.Hour}} {
		var log strings.Builder
		checkpoint := filepath.Join(t.TempDir(), "checkpoint")
		for i, j := range []Job{noise, itself} {
			j.Checkpoint, j.Shared, j.saves = checkpoint, i == 0, saves
			j.Log = func(format string, args ...any) { fmt.Fprintf(&log, format+"\n", args...) }
			got := mustRun(t, j)
			if *got.MSE != *want[i].MSE || *got.MAE != *want[i].MAE || len(got.Epochs) != 2 || got.Epochs[1].Val != want[i].Epochs[1].Val {
				t.Errorf("%s: MSE %v, MAE %v, %+v; want %v, %v, %+v", j.Cell.Dataset, *got.MSE, *got.MAE, got.Epochs, *want[i].MSE, *want[i].MAE, want[i].Epochs)
			}
		}
		if text := log.String(); strings.Count(text, "epoch 1 of 2") != 1 || !strings.HasSuffix(text, "goes on after epoch 2\n") {
			t.Errorf("one training says\n%s", text)
		}
	}
}
