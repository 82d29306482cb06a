// Package forecast says what comes after a CSV of the user's own: it loads a fitted model or fits one on the file itself,
// forecasts the rows after the last or after every window, writes them in the file's own units and draws them.
//
// Reading order: model.go, predict.go, write.go, figure.go. Shape letters: L look-back, H horizon, C channels, N windows.
package forecast

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"ecalf/baselines"
	"ecalf/bench/data"
	"ecalf/bench/result"
	"ecalf/bench/train"
	"ecalf/kernels"
	"ecalf/model"
	"ecalf/model/nn"
	"ecalf/model/weights"
)

// Model is a fitted model and what its forecasts are made of.
type Model struct {
	model.Forecaster
	Set    *data.Set // the CSV, scaled as the model wants it
	Meta   train.Meta
	Scaler string // where the scaling comes from, for the reader
	Notes  []string

	trained model.Model // nil if it was solved
}

// Machine is what a model computes on.
type Machine struct {
	Backend   kernels.Backend
	Precision kernels.Precision // of a trained model's products; Auto: a loaded model's own, else Preferred
	Preferred kernels.Precision
	Weights   []string // directories of the backbones
	Commit    string   // of the program, for model files
}

// precision is that of a model trained in the one that is named, "" for a model that is new.
func (m Machine) precision(trainedIn string) kernels.Precision {
	if m.Precision != kernels.Auto {
		return m.Precision
	}
	for _, p := range []kernels.Precision{kernels.FP32, kernels.BF16} {
		if p.String() == trainedIn {
			return p
		}
	}
	return m.Preferred
}

// backbone opens the backbone of a model that adapts one, nil for others.
func (m Machine) backbone(entry baselines.Entry, name string, seed int64) (*weights.Backbone, error) {
	if !entry.Adapts {
		return nil, nil
	}
	return weights.Open(name, m.Weights, seed)
}

// Recipe says how a model is fitted on the CSV itself.
type Recipe struct {
	Model             string
	Lookback, Horizon int
	Params, Train     json.RawMessage // hyper-parameters and train.Recipe; Train is nil for a model that is solved
	Backbone          string          // for a model that adapts one; may be "auto"
	Seed              int64
	Scaler            *data.Scaler // nil: that of the training rows
	ScalerName        string
}

// Fit fits the recipe's model on t, whose values it takes over: the last tenth of the rows, H at least, validates, and
// all before it trains. log takes a line per epoch.
func Fit(ctx context.Context, t *data.Table, r Recipe, on Machine, log func(format string, args ...any)) (*Model, error) {
	entry, err := baselines.Find(r.Model)
	if err != nil {
		return nil, err
	}
	set, err := t.ForFitting(r.Lookback, r.Horizon, r.Scaler)
	if err != nil {
		return nil, err
	}
	fitting, err := set.Windows(data.Train, r.Lookback, r.Horizon)
	if err != nil {
		return nil, err
	}
	val, err := set.Windows(data.Val, r.Lookback, r.Horizon)
	if err != nil {
		return nil, err
	}
	m := &Model{Set: set, Scaler: r.ScalerName, Meta: train.Meta{
		Model: r.Model, Params: r.Params, Lookback: r.Lookback, Horizon: r.Horizon, Channels: t.C, Season: t.Dates.Season(),
		Columns: t.Channels, Mean: set.Mean, Std: set.Std, Seed: r.Seed, Commit: on.Commit,
	}}
	if entry.Solve != nil {
		m.Meta.Precision = kernels.FP32.String()
		solved, err := entry.Solve(on.Backend, m.Meta.Config(nil))
		if err != nil {
			return nil, err
		}
		if _, err := solved.Fit(ctx, fitting, val); err != nil {
			return nil, err
		}
		m.Forecaster = solved
		return m, nil
	}
	return m, m.train(ctx, entry, r, on, fitting, val, log)
}

// train trains the model that m.Meta describes.
func (m *Model) train(ctx context.Context, entry baselines.Entry, r Recipe, on Machine, fitting, val *data.Windows, log func(string, ...any)) error {
	recipe, err := train.ParseRecipe(r.Train)
	if err != nil {
		return fmt.Errorf("how to train %s, %s: %w", r.Model, r.Train, err)
	}
	backbone, err := on.backbone(entry, r.Backbone, r.Seed)
	if err != nil {
		return err
	}
	precision := on.precision("")
	m.Meta.Loss, m.Meta.Precision = recipe.Loss, precision.String()
	if backbone != nil {
		m.Meta.Backbone, m.Meta.Weights = backbone.Name, backbone.Source
	}
	c := m.Meta.Config(backbone)
	if m.trained, err = entry.Train(on.Backend, c); err != nil {
		return err
	}
	err = train.Train(ctx, on.Backend, m.trained, c, recipe, precision, fitting, val, func(e result.Epoch) {
		log("epoch %d of %d: loss %.4f, validation mse %.4f, %.1f s", e.Epoch, recipe.Epochs, e.Train, e.Val, e.Seconds)
	})
	m.Forecaster = train.NewForecaster(on.Backend, m.trained, c, precision)
	return err
}

// Save keeps the model in a file that Load reads. A model that is solved has none: it is fitted again at once.
func (m *Model) Save(path, dataset string) error {
	if m.trained == nil {
		return fmt.Errorf("%s is solved, not trained, and keeps no file: it is fitted anew in no time", m.Meta.Model)
	}
	meta := m.Meta
	meta.Dataset = dataset
	return train.SaveModel(path, m.trained, meta)
}

// Loading says which model is wanted of a file. Zero values say nothing.
type Loading struct {
	Input             string // the CSV's path, for messages
	Model             string
	Lookback, Horizon int
	Backbone          string
	Scaler            *data.Scaler // nil: the file's own
	ScalerName        string
}

// Load makes the model that the file holds, to forecast t, whose values it takes over. A file that says otherwise than
// what is wanted, or that was made for other channels than t's, is an error that says what differs.
func Load(f *train.ModelFile, path string, t *data.Table, want Loading, on Machine) (*Model, error) {
	entry, err := baselines.Find(want.Model)
	if err != nil {
		return nil, err
	}
	meta := f.Meta
	if meta == nil {
		if meta, err = publicCALF(f.File, want.Model, t); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
	}
	if err := want.agree(meta, t); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	backbone, err := on.backbone(entry, meta.Backbone, meta.Seed)
	if err != nil {
		return nil, fmt.Errorf("%s: its backbone: %w", path, err)
	}
	m := &Model{Meta: *meta, Scaler: want.ScalerName}
	if backbone != nil && meta.Weights != "" && meta.Weights != backbone.Source {
		return nil, fmt.Errorf("%s was trained on backbone %s (%s), the one here is %s: give the folder of the first with --weights",
			path, meta.Backbone, meta.Weights, backbone.Source)
	}
	if !largeEnough(f.File, meta.Horizon) {
		return nil, fmt.Errorf("%s: it claims to forecast %d rows and has no tensor of that size: the file is damaged", path, meta.Horizon)
	}
	if t.Rows < meta.Lookback {
		return nil, fmt.Errorf("%s: %d rows are too few: the look-back of %s is %d", want.Input, t.Rows, path, meta.Lookback)
	}
	c := meta.Config(backbone)
	if m.trained, err = entry.Train(on.Backend, c); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if err := model.Import(m.trained, f.Read); err != nil {
		return nil, fmt.Errorf("%s is no %s of these sizes: %w", path, meta.Model, err)
	}
	if names := strings.Join(meta.Columns, ", "); names != strings.Join(t.Channels, ", ") {
		m.Notes = append(m.Notes, fmt.Sprintf("%s was trained on the columns %s, in this order; these are %s", path, shortened(names), shortened(strings.Join(t.Channels, ", "))))
	}
	scaler := want.Scaler
	if scaler == nil {
		scaler = &data.Scaler{Mean: meta.Mean, Std: meta.Std}
	}
	m.Set = t.Scale(*scaler)
	m.Forecaster = train.NewForecaster(on.Backend, m.trained, c, on.precision(meta.Precision))
	return m, nil
}

// agree compares what is wanted with what the file says of itself, and with the CSV.
func (want Loading) agree(meta *train.Meta, t *data.Table) error {
	switch {
	case meta.Model != want.Model:
		return fmt.Errorf("it holds the model %s, --model says %s", meta.Model, want.Model)
	case want.Horizon != 0 && want.Horizon != meta.Horizon:
		return fmt.Errorf("it forecasts %d rows, --horizon says %d: leave that out, or train another", meta.Horizon, want.Horizon)
	case want.Lookback != 0 && want.Lookback != meta.Lookback:
		return fmt.Errorf("it looks back on %d rows, --lookback says %d: leave that out, or train another", meta.Lookback, want.Lookback)
	case want.Backbone != "" && want.Backbone != meta.Backbone:
		return fmt.Errorf("its backbone is %q, --backbone says %q", meta.Backbone, want.Backbone)
	case meta.Channels != t.C:
		return fmt.Errorf("it was trained on %d channels (%s), %s has %d (%s)",
			meta.Channels, shortened(strings.Join(meta.Columns, ", ")), want.Input, t.C, shortened(strings.Join(t.Channels, ", ")))
	}
	return nil
}

// largeEnough says whether a tensor of the file has an axis of h or more: every model's last one does, and nothing of a
// claimed size may be made before.
func largeEnough(f *nn.File, h int) bool {
	return slices.ContainsFunc(f.Names(), func(name string) bool {
		shape, _ := f.Shape(name)
		return slices.ContainsFunc(shape, func(axis int) bool { return axis >= h })
	})
}

// shortened cuts a list that is too long for a message.
func shortened(s string) string {
	const most = 80
	if runes := []rune(s); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return s
}
