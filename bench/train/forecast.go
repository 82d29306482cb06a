// Models outside of a cell: trained or loaded to forecast what nobody can score yet.

package train

import (
	"context"
	"errors"

	"ecalf/bench/result"
	"ecalf/kernels"
	"ecalf/model"
	"ecalf/model/tensor"
	"ecalf/model/weights"
)

// Config is what the model of the file is built from; backbone is nil for one that adapts none.
func (m *Meta) Config(backbone *weights.Backbone) model.Config {
	return model.Config{
		Lookback: m.Lookback, Horizon: m.Horizon, Channels: m.Channels, Season: m.Season, Seed: m.Seed,
		Loss: Recipe{Loss: m.Loss}.lossKind(), Backbone: backbone, Params: m.Params,
	}
}

// Train trains m, which was built from c, and leaves it with the weights of the epoch that did best on val. told takes
// every epoch as it ends.
func Train(ctx context.Context, be kernels.Backend, m model.Model, c model.Config, r Recipe, p kernels.Precision, train, val model.Windows, told func(result.Epoch)) error {
	t := newTrainer(be, m, r, Protocols["standard"], c, p)
	return t.fit(ctx, train, val, func() error {
		told(t.epochs[len(t.epochs)-1])
		return nil
	})
}

// NewForecaster makes a forecaster of m, which was built from c: evaluation, without dropout. It is for one goroutine at
// a time.
func NewForecaster(be kernels.Backend, m model.Model, c model.Config, p kernels.Precision) model.Forecaster {
	t := &trainer{model: m, tape: tensor.NewTape(be, uint64(c.Seed)), lookback: c.Lookback, horizon: c.Horizon, channels: c.Channels}
	t.tape.Precision = p
	return t
}

// Attention returns how f's model looks at the prototypes in one window (L, C). f is a NewForecaster of a model that has
// prototypes; of any other it is an error.
func Attention(f model.Forecaster, window []float32) (model.Attention, error) {
	t, _ := f.(*trainer)
	if t == nil {
		return model.Attention{}, errNoPrototypes
	}
	a, ok := t.model.(model.Attender)
	if !ok {
		return model.Attention{}, errNoPrototypes
	}
	t.tape.Eval()
	return a.Attention(t.tape, t.tape.Input(window, 1, t.lookback, t.channels))
}

var errNoPrototypes = errors.New("this model does not look at prototypes: CALF and EnhancedCALF do")

// EachForecast hands the forecast (H, C) of every window of w to take, in their order. take may keep nothing of it.
func EachForecast(ctx context.Context, f model.Forecaster, w model.Windows, take func(forecast []float32) error) error {
	size := w.Horizon() * w.Channels()
	batch := min(evalBatch(w), w.Len())
	dst := make([]float32, batch*size) // (batch, H, C)
	for first := 0; first < w.Len(); first += batch {
		if err := ctx.Err(); err != nil {
			return err
		}
		n := min(batch, w.Len()-first)
		f.Predict(dst[:n*size], w.Rows(first, n), n)
		for j := range n {
			if err := take(dst[j*size : (j+1)*size]); err != nil {
				return err
			}
		}
	}
	return nil
}
