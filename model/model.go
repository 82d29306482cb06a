// Package model says what a forecaster looks like from outside: what it may see of a data set, how it is
// configured, how it is fitted and asked for forecasts.
//
// Shapes, here and everywhere: L look-back rows, H horizon rows, C channels (variates), N windows of a part of a
// data set. Values are z-scored; a window's input is (L, C) and its target (H, C), both row-major.
package model

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"

	"ecalf/kernels"
	"ecalf/model/nn"
	"ecalf/model/tensor"
	"ecalf/model/weights"
)

// Windows is what a model may see of one part of a data set: N overlapping windows over one array of rows. Window i
// reads rows i … i+L-1 and is asked for rows i+L … i+L+H-1.
type Windows interface {
	Len() int                // N = rows - L - H + 1
	Lookback() int           // L
	Horizon() int            // H
	Channels() int           // C
	Values() []float32       // every row of the part, (N+L+H-1, C)
	Rows(i, n int) []float32 // the rows that hold the inputs of windows i … i+n-1, (L+n-1, C)
	Target(i int) []float32  // (H, C)
}

// Forecaster is a fitted model.
type Forecaster interface {
	// Predict writes the forecasts of n consecutive windows to dst (n, H, C). rows (L+n-1, C) holds their inputs:
	// window j reads rows j … j+L-1. A forecast depends on its own window alone, never on n.
	Predict(dst, rows []float32, n int)
}

// ClosedForm is a model that is fitted by solving, not by gradient steps. Its Predict may be called from several
// goroutines at once.
type ClosedForm interface {
	Forecaster
	// Fit sees the training windows and chooses hyper-parameters on the validation windows. It returns what it
	// chose, by name, for the record.
	Fit(ctx context.Context, train, val Windows) (map[string]float64, error)
}

// Output is what a trained model computes for a batch.
type Output struct {
	Pred *tensor.Tensor // the forecast, (B, H, C)
	Aux  *tensor.Tensor // a loss to add to the task's, one number; nil for most
}

// Model is a model that is trained by gradient steps.
type Model interface {
	// Forward computes the forecasts of a batch x (B, L, C) on the tape, in training or in evaluation as the tape says.
	Forward(tp *tensor.Tape, x *tensor.Tensor) Output
	// Params lists all parameters, frozen ones too, in an order that is always the same.
	Params() []*nn.Param
}

// Observer is a model with numbers worth a look while it trains, such as the parts of its loss.
type Observer interface {
	// Observe returns numbers of the last training step by name. Their means over an epoch are in the record.
	Observe() map[string]float64
}

// Exporter is a model whose files hold other arrays than its parameters or have other names for them, such as those of
// its authors' public code.
type Exporter interface {
	// Export returns all arrays of a file, frozen ones too.
	Export() []nn.Array
	// Import takes the arrays found under the names of Export. One that is missing or has another shape is an error.
	Import(find nn.Lookup) error
}

// Export returns what a file of m holds: its own choice if it is an Exporter, else all its parameters.
func Export(m Model) []nn.Array {
	if e, ok := m.(Exporter); ok {
		return e.Export()
	}
	return nn.State(m.Params())
}

// Import gives m the arrays of a file, the way back from Export.
func Import(m Model, find nn.Lookup) error {
	if e, ok := m.(Exporter); ok {
		return e.Import(find)
	}
	return nn.SetState(m.Params(), find)
}

// Config is everything a model is built from.
type Config struct {
	Lookback, Horizon, Channels int
	Season                      int               // rows in the data set's main season, 24 for hourly data
	Seed                        int64             // draws the weights and the batches; 0 for a model that draws nothing
	Loss                        kernels.LossKind  // the task's, for models that add losses of the same kind
	Backbone                    *weights.Backbone // for models that adapt a language model; nil for others
	Params                      json.RawMessage   // the model's own hyper-parameters, from the suite; nil = its defaults
}

// Decode fills the model's own parameter struct from c.Params and leaves at its default what is not named. An unknown
// key or a wrong type is an error.
func (c Config) Decode(params any) error {
	if len(c.Params) == 0 {
		return nil
	}
	d := json.NewDecoder(bytes.NewReader(c.Params))
	d.DisallowUnknownFields()
	if err := d.Decode(params); err != nil {
		return fmt.Errorf("params %s: %w", c.Params, err)
	}
	return nil
}

// NotApplicable is the error of a model that cannot be built for a data set or horizon for a reason of its own, such
// as a season longer than the look-back. Its cell is recorded with the reason and stays blank in the tables.
type NotApplicable string

func (e NotApplicable) Error() string { return string(e) }

// NewClosedForm builds a model that is fitted by solving.
type NewClosedForm func(be kernels.Backend, c Config) (ClosedForm, error)

// New builds a model that is trained.
type New func(be kernels.Backend, c Config) (Model, error)
