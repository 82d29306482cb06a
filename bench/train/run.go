// One cell from its windows to its record.

package train

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"ecalf/baselines"
	"ecalf/bench/data"
	"ecalf/bench/result"
	"ecalf/kernels"
	"ecalf/model"
	"ecalf/model/nn"
	"ecalf/model/weights"
)

// Job is one cell to run and what to run it with.
type Job struct {
	Cell       result.Cell
	Set        *data.Set         // trained and validated on
	Target     *data.Set         // tested on; nil: Set
	Backbone   *weights.Backbone // for models that adapt one
	Backend    kernels.Backend
	Precision  kernels.Precision                // of a trained model's products
	Checkpoint string                           // file that keeps a training run's progress; empty: none
	Shared     bool                             // other cells have the same training: Checkpoint holds the whole of it in the end
	Keep       string                           // file that takes a trained model's weights of the best epoch; empty: none
	Commit     string                           // of the program, for Keep and Checkpoint
	Log        func(format string, args ...any) // takes what a user may want to know on the way; nil: nothing
	Every      time.Duration                    // at most that often Log hears of an epoch under way; 0: never

	saves pace // of Checkpoint; tests begin with one that is never due
}

// Run fits the cell's model on the training windows of its set and scores it once on the test windows. What goes wrong
// inside the cell is told by the record's status; the error is the context's, or that of a checkpoint or model file that
// cannot be written, and then there is no record.
func Run(ctx context.Context, job Job) (result.Record, error) {
	if job.Log == nil {
		job.Log = func(string, ...any) {}
	}
	meter := startMeter()
	rec := result.Record{Cell: job.Cell, Started: meter.started}
	err := job.run(ctx, &rec, meter)
	var unsaved *checkpointError
	switch notApplicable := model.NotApplicable(""); {
	case ctx.Err() != nil:
		return result.Record{}, ctx.Err()
	case errors.As(err, &unsaved):
		return result.Record{}, err
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
func (job Job) openParts() (p parts, err error) {
	cell, target := job.Cell, job.Target
	if target == nil {
		target = job.Set
	}
	if target.C != job.Set.C {
		return p, fmt.Errorf("%s has %d channels and %s %d: a model trained on one cannot be tested on the other",
			job.Set.Spec.Name, job.Set.C, target.Spec.Name, target.C)
	}
	p.test, err = target.Windows(data.Test, cell.Lookback, cell.Horizon)
	if err == nil {
		p.val, err = job.Set.Windows(data.Val, cell.Lookback, cell.Horizon)
	}
	if err == nil {
		p.train, err = job.Set.FewShot(cell.Percent, cell.Lookback, cell.Horizon)
	}
	if err != nil {
		return p, model.NotApplicable(err.Error())
	}
	return p, nil
}

// run fills rec with what the cell gives.
func (job Job) run(ctx context.Context, rec *result.Record, meter *meter) error {
	entry, err := baselines.Find(job.Cell.Model)
	if err != nil {
		return err
	}
	p, err := job.openParts()
	if err != nil {
		return err
	}
	config := model.Config{
		Lookback: job.Cell.Lookback, Horizon: job.Cell.Horizon, Channels: p.test.Channels(),
		Season: job.Set.Spec.Season, Seed: job.Cell.Seed, Backbone: job.Backbone, Params: job.Cell.Params,
	}
	switch {
	case entry.Bound:
		mse, mae := data.BayesError(job.Set, job.Cell.Horizon)
		return keepScore(rec, Score{Windows: p.test.Len(), MSE: mse, MAE: mae})
	case entry.Solve != nil:
		return job.solve(ctx, entry.Solve, config, p, rec, meter)
	}
	return job.train(ctx, entry.Train, config, p, rec, meter)
}

// solve fits a model in closed form and scores it.
func (job Job) solve(ctx context.Context, build model.NewClosedForm, c model.Config, p parts, rec *result.Record, meter *meter) error {
	m, err := build(job.Backend, c)
	if err != nil {
		return err
	}
	rec.Env.Precision = kernels.FP32.String() // solved in float64, applied in float32
	fitted := meter.phase(&meter.cost.FitSeconds)
	rec.Fitted, err = m.Fit(ctx, p.train, p.val)
	fitted()
	if err != nil {
		return err
	}
	return job.score(ctx, m, p, solvedBatch(p.test), kernels.Threads(), rec, meter)
}

// train trains a model, from its checkpoint on if there is one, and scores its best epoch.
func (job Job) train(ctx context.Context, build model.New, c model.Config, p parts, rec *result.Record, meter *meter) error {
	recipe, err := ParseRecipe(job.Cell.Recipe)
	if err != nil {
		return fmt.Errorf("recipe %s: %w", job.Cell.Recipe, err)
	}
	c.Loss = recipe.lossKind()
	t, err := job.resume(build, c, recipe, meter)
	if err != nil {
		return err
	}
	rec.Env.Precision = job.Precision.String()
	fitted := meter.phase(&meter.cost.FitSeconds)
	saves := job.saves
	saves.epochs = len(t.epochs)
	save := func() error {
		fitted()
		fitted = meter.phase(&meter.cost.FitSeconds)
		began := time.Now()
		if err := t.save(job.Checkpoint, job.Cell.TrainingID(), meter.soFar()); err != nil {
			return &checkpointError{err}
		}
		saves.took(time.Since(began), len(t.epochs))
		return nil
	}
	err = t.fit(ctx, p.train, p.val, func() error {
		e := t.epochs[len(t.epochs)-1]
		job.Log("epoch %d of %d: loss %.4f, validation mse %.4f, %.1f s", e.Epoch, recipe.Epochs, e.Train, e.Val, e.Seconds)
		if job.Checkpoint == "" || !saves.due() {
			return nil
		}
		return save()
	})
	if err == nil && job.Shared && job.Checkpoint != "" && saves.epochs < len(t.epochs) {
		err = save()
	}
	fitted()
	if err != nil {
		return err
	}
	if job.Keep != "" {
		if err := SaveModel(job.Keep, t.model, job.meta(c, recipe)); err != nil {
			return &checkpointError{err}
		}
	}
	_, trained := nn.Count(t.model.Params())
	rec.Epochs = t.epochs
	rec.Fitted = map[string]float64{"val_mse": t.stop.BestLoss, "best_epoch": float64(t.stop.BestEpoch + 1), "trained_parameters": float64(trained)}
	return job.score(ctx, t, p, evalBatch(p.test), 1, rec, meter)
}

// checkpointError is a checkpoint or model file that cannot be written: not the cell's fault, so the cell has no record.
type checkpointError struct{ error }

func (e *checkpointError) Unwrap() error { return e.error }

// resume builds the trainer of the cell, with the progress of its checkpoint if that can be used.
func (job Job) resume(build model.New, c model.Config, r Recipe, meter *meter) (*trainer, error) {
	fresh := func() (*trainer, error) {
		m, err := build(job.Backend, c)
		if err != nil {
			return nil, err
		}
		t := newTrainer(job.Backend, m, r, Protocols[job.Cell.Protocol], c, job.Precision)
		t.commit = job.Commit
		if job.Every > 0 {
			t.tell, t.every = job.Log, job.Every
		}
		if r.ProjLR > 0 && !slices.ContainsFunc(t.adam.Groups, func(g nn.Group) bool { return g.Name == model.ProjectionGroup }) {
			return nil, fmt.Errorf("recipe: %s has no parameters in a group of their own: leave proj_lr out", job.Cell.Model)
		}
		return t, nil
	}
	t, err := fresh()
	if err != nil || job.Checkpoint == "" {
		return t, err
	}
	spent, ok, err := t.load(job.Checkpoint, job.Cell.TrainingID())
	if err != nil {
		job.Log("the checkpoint cannot be used, training starts anew: %v", err)
		return fresh()
	}
	if ok {
		meter.add(spent)
		job.Log("goes on after epoch %d", len(t.epochs))
	}
	return t, nil
}

// score scores a fitted model on the test windows, once.
func (job Job) score(ctx context.Context, f model.Forecaster, p parts, batch, goroutines int, rec *result.Record, meter *meter) error {
	scored := meter.phase(&meter.cost.EvalSeconds)
	score, err := Evaluate(ctx, f, p.test, batch, goroutines)
	scored()
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
