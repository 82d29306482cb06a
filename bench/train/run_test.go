package train

import (
	"context"
	"encoding/json"
	"math"
	"strings"
	"testing"

	"ecalf/bench/data"
	"ecalf/bench/result"
	"ecalf/kernels"
)

func cell(model string, horizon, percent int) result.Cell {
	return result.Cell{Suite: "test", Dataset: "Synthetic", Horizon: horizon, Lookback: 96, Setting: "full", Percent: percent,
		Model: model, Protocol: "standard"}
}

func TestRun(t *testing.T) {
	set := synthetic(t)
	be, err := kernels.Best()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name   string
		cell   result.Cell
		status string
		reason string // part of it
	}{
		{"naive", cell("Naive", 96, 100), result.OK, ""},
		{"ols on a tenth", cell("OLS", 96, 10), result.OK, ""},
		{"the bound", cell("Oracle", 96, 100), result.OK, ""},
		{"few-shot part too short for a window", cell("OLS", 720, 1), result.Inapplicable, "few-shot 1% train has 195 rows"},
		{"unknown param", func() result.Cell {
			c := cell("OLS", 96, 100)
			c.Params = json.RawMessage(`{"rigde":1}`)
			return c
		}(), result.Failed, `unknown field "rigde"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			rec, err := Run(context.Background(), Job{Cell: c.cell, Set: set, Backend: be})
			if err != nil {
				t.Fatal(err)
			}
			if rec.Status != c.status || !strings.Contains(rec.Reason, c.reason) {
				t.Fatalf("status %s, reason %q; want %s, %q", rec.Status, rec.Reason, c.status, c.reason)
			}
			if (rec.MSE != nil) != (c.status == result.OK) {
				t.Errorf("status %s with MSE %v", rec.Status, rec.MSE)
			}
			if rec.Cost.WallSeconds == nil || rec.Cost.CPUSeconds == nil || rec.Finished.Before(rec.Started) {
				t.Errorf("cost %+v from %v to %v", rec.Cost, rec.Started, rec.Finished)
			}
			if (rec.Cost.Joules == nil) != (rec.Cost.Missing["joules"] != "") {
				t.Errorf("energy %v, missing for %q: one of both", rec.Cost.Joules, rec.Cost.Missing["joules"])
			}
		})
	}
}

func TestRunLeavesNoRecordWhenInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if rec, err := Run(ctx, Job{Cell: cell("Naive", 96, 100), Set: synthetic(t)}); err != context.Canceled || rec.Status != "" {
		t.Errorf("got %+v, %v", rec, err)
	}
}

// No model may beat the bound by more than chance, and the best ones come near: a leak of the future into the windows
// would show here. The test part is 2880 rows of correlated noise; 5 % is three times the relative standard error of the
// bound's own forecaster there (see package data's test of BayesError).
func TestNoModelBeatsTheBound(t *testing.T) {
	set := synthetic(t)
	be, err := kernels.Best()
	if err != nil {
		t.Fatal(err)
	}
	bound, _ := data.BayesError(set, 96)
	best := math.Inf(1)
	for _, name := range []string{"Naive", "SeasonalNaive", "Mean", "OLS", "OLS+IN"} {
		rec, err := Run(context.Background(), Job{Cell: cell(name, 96, 100), Set: set, Backend: be})
		if err != nil || rec.Status != result.OK {
			t.Fatal(err, rec.Reason)
		}
		if *rec.MSE < 0.95*bound {
			t.Errorf("%s has MSE %v, below the bound %v", name, *rec.MSE, bound)
		}
		best = min(best, *rec.MSE)
	}
	if best > 1.5*bound {
		t.Errorf("the best model has MSE %v, far above the bound %v", best, bound)
	}
}

// NaN forecasts must not reach a table.
func TestNonFiniteScoreFailsTheCell(t *testing.T) {
	set := synthetic(t)
	rec, err := ScoreExternal(context.Background(), cell("Theirs", 96, 100), set, func(dst []float32) error {
		dst[0] = float32(math.NaN())
		return nil
	})
	if err == nil || rec.MSE != nil {
		t.Errorf("NaN predictions give %v, %v", rec.MSE, err)
	}
}
