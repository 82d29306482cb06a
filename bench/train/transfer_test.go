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
