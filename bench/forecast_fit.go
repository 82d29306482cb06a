// The model of ecalf forecast: loaded, or fitted on the input.

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"path/filepath"

	"ecalf/baselines"
	"ecalf/bench/data"
	"ecalf/bench/forecast"
	"ecalf/bench/suites"
	"ecalf/bench/train"
)

// fitted is the model of the checkpoint, or one that is fitted on the table.
func (o *forecastOptions) fitted(ctx context.Context, t *data.Table, on forecast.Machine, stderr io.Writer) (*forecast.Model, error) {
	if o.checkpoint != "" {
		f, err := train.LoadModel(o.checkpoint)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		if f.Meta == nil && (o.scaler == "" || o.scaler == "checkpoint") {
			return nil, usagef("%s does not say how its data was scaled: give --scaler with none, input or a data set", o.checkpoint)
		}
		scaler, name, err := o.scaling(t, "checkpoint", stderr)
		if err != nil {
			return nil, err
		}
		return forecast.Load(f, o.checkpoint, t, forecast.Loading{Input: o.input, Model: o.model, Lookback: o.lookback, Horizon: o.horizon,
			Backbone: o.backbone, Scaler: scaler, ScalerName: name}, on)
	}
	r := forecast.Recipe{Model: o.model, Lookback: o.lookback, Horizon: o.horizon, Backbone: o.backbone, Seed: o.seed}
	if r.Horizon == 0 {
		r.Horizon = tableHorizons[0]
	}
	if r.Lookback == 0 {
		r.Lookback = tableLookback
	}
	if r.Backbone == "" {
		r.Backbone = "auto"
	}
	var err error
	if r.Params, r.Train, err = o.recipe(r.Horizon); err != nil {
		return nil, usageError{err}
	}
	if r.Scaler, r.ScalerName, err = o.scaling(t, "input", stderr); err != nil {
		return nil, err
	}
	m, err := forecast.Fit(ctx, t, r, on, func(format string, args ...any) {
		fmt.Fprintf(stderr, format+"\n", args...)
	})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", o.input, err)
	}
	if o.save != "" {
		return m, m.Save(o.save, filepath.Base(o.input))
	}
	return m, nil
}

// recipe is what a suite says of the model, with the changes of --params, --train and --epochs.
func (o *forecastOptions) recipe(horizon int) (params, recipe json.RawMessage, err error) {
	params, recipe, known := suites.Default(o.model, horizon)
	if params, err = changed(params, o.params); err != nil {
		return nil, nil, fmt.Errorf("--params %s: %w", o.params, err)
	}
	if baselines.Zoo[o.model].Solve != nil {
		return params, nil, nil
	}
	if recipe, err = changed(recipe, o.train); err != nil {
		return nil, nil, fmt.Errorf("--train %s: %w", o.train, err)
	}
	if o.epochs > 0 {
		if recipe, err = changed(recipe, fmt.Sprintf(`{"epochs":%d}`, o.epochs)); err != nil {
			return nil, nil, err
		}
	}
	if _, err := train.ParseRecipe(recipe); err != nil && !known {
		return nil, nil, fmt.Errorf("no suite says how %s is trained, so --train must: %w", o.model, err)
	} else if err != nil {
		return nil, nil, fmt.Errorf("--train %s: %w", o.train, err)
	}
	return params, recipe, nil
}

// changed sets the keys of a JSON object to those of another.
func changed(object json.RawMessage, by string) (json.RawMessage, error) {
	if by == "" && object != nil {
		return object, nil
	}
	all := map[string]json.RawMessage{}
	if object != nil {
		if err := json.Unmarshal(object, &all); err != nil {
			return nil, err
		}
	}
	some := map[string]json.RawMessage{}
	if by != "" {
		if err := json.Unmarshal([]byte(by), &some); err != nil {
			return nil, fmt.Errorf("want a JSON object: %w", err)
		}
	}
	maps.Copy(all, some)
	return json.Marshal(all)
}

// scaling is what --scaler names, usual where it names nothing. A nil scaler is the checkpoint's, or that of the rows
// that train.
func (o *forecastOptions) scaling(t *data.Table, usual string, stderr io.Writer) (*data.Scaler, string, error) {
	switch name := o.scaler; {
	case name == "" || name == usual:
		return nil, usual, nil
	case name == "none":
		s := data.Unscaled(t.C)
		return &s, name, nil
	case name == "input":
		s := t.Scaler()
		return &s, name, nil
	}
	set, err := newDatasets(o.data, nil, stderr).get(o.scaler)
	if err != nil {
		return nil, "", fmt.Errorf("--scaler %s: %w", o.scaler, err)
	}
	if set.C != t.C {
		return nil, "", fmt.Errorf("--scaler %s: it has %d channels, %s has %d", o.scaler, set.C, o.input, t.C)
	}
	return &data.Scaler{Mean: set.Mean, Std: set.Std}, o.scaler, nil
}
