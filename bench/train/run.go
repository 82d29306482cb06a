// One cell from its windows to its record.

package train

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"time"

	"ecalf/baselines"
	"ecalf/bench/data"
	"ecalf/bench/result"
	"ecalf/kernels"
	"ecalf/model"
)

// Run fits the cell's model on the training windows of its set and scores it once on the test windows. What goes wrong
// inside the cell is told by the record's status; the error is the context's alone, and then there is no record.
func Run(ctx context.Context, be kernels.Backend, cell result.Cell, set *data.Set) (result.Record, error) {
	meter := startMeter()
	rec := result.Record{Cell: cell, Started: meter.started}
	err := fitAndScore(ctx, be, set, &rec, meter)
	if ctx.Err() != nil {
		return result.Record{}, ctx.Err()
	}
	var notApplicable model.NotApplicable
	switch {
	case errors.As(err, &notApplicable):
		rec.Status, rec.Reason = result.Inapplicable, err.Error()
	case err != nil:
		rec.Status, rec.Reason = result.Failed, err.Error()
	default:
		rec.Status = result.OK
	}
	rec.Finished = time.Now()
	rec.Cost = meter.stop()
	return rec, nil
}

// parts are the windows that one cell works on.
type parts struct{ train, val, test *data.Windows }

// openParts cuts the cell's windows. A part too short for one is why the cell does not apply to the set.
func openParts(set *data.Set, cell result.Cell) (p parts, err error) {
	p.test, err = set.Windows(data.Test, cell.Lookback, cell.Horizon)
	if err == nil {
		p.val, err = set.Windows(data.Val, cell.Lookback, cell.Horizon)
	}
	if err == nil {
		p.train, err = set.FewShot(cell.Percent, cell.Lookback, cell.Horizon)
	}
	if err != nil {
		return p, model.NotApplicable(err.Error())
	}
	return p, nil
}

func fitAndScore(ctx context.Context, be kernels.Backend, set *data.Set, rec *result.Record, meter *meter) error {
	cell := rec.Cell
	entry, err := baselines.Find(cell.Model)
	if err != nil {
		return err
	}
	p, err := openParts(set, cell)
	if err != nil {
		return err
	}
	if entry.Bound {
		mse, mae := data.BayesError(set, cell.Horizon)
		return keepScore(rec, Score{Windows: p.test.Len(), MSE: mse, MAE: mae})
	}
	m, err := entry.Solve(be, model.Config{
		Lookback: cell.Lookback, Horizon: cell.Horizon, Channels: p.test.Channels(),
		Season: set.Spec.Season, Seed: cell.Seed, Params: cell.Params,
	})
	if err != nil {
		return err
	}
	rec.Env.Precision = kernels.FP32.String() // closed forms are solved in float64 and applied in float32
	done := meter.phase(&meter.cost.FitSeconds)
	rec.Fitted, err = m.Fit(ctx, p.train, p.val)
	done()
	if err != nil {
		return err
	}
	done = meter.phase(&meter.cost.EvalSeconds)
	score, err := Evaluate(ctx, m, p.test, solvedBatch(p.test), runtime.GOMAXPROCS(0))
	done()
	if err != nil {
		return err
	}
	return keepScore(rec, score)
}

// keepScore puts a score into a record; one that is not finite is an error, so it can never reach a table.
func keepScore(rec *result.Record, s Score) error {
	if !s.Finite() {
		return fmt.Errorf("the error on the %d test windows is not finite (MSE %v, MAE %v)", s.Windows, s.MSE, s.MAE)
	}
	rec.Windows, rec.MSE, rec.MAE, rec.Blocks = s.Windows, &s.MSE, &s.MAE, s.Blocks
	return nil
}

// ScoreExternal makes the record of predictions that came from elsewhere: next fills dst (H, C) with the forecast of
// each test window in turn. An error, unlike in Run, is the caller's input being wrong.
func ScoreExternal(ctx context.Context, cell result.Cell, set *data.Set, next func(dst []float32) error) (result.Record, error) {
	meter := startMeter()
	rec := result.Record{Cell: cell, Status: result.OK, Started: meter.started}
	test, err := set.Windows(data.Test, cell.Lookback, cell.Horizon)
	if err != nil {
		return rec, err
	}
	score, err := ScorePredictions(ctx, test, next)
	if err != nil {
		return rec, err
	}
	if err := keepScore(&rec, score); err != nil {
		return rec, err
	}
	rec.Finished = time.Now()
	rec.Cost = meter.stop()
	return rec, nil
}
