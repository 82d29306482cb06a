// The models that need no fitting: they repeat a part of the look-back.

package baselines

import (
	"context"
	"fmt"

	"ecalf/kernels"
	"ecalf/model"
)

// repeat is a forecaster without parameters: each channel's forecast is a pattern of rows taken from the look-back,
// over and over until the horizon is full.
type repeat struct {
	lookback, horizon, channels int
	period                      int // rows in the pattern
	// pattern writes the (period, C) rows to repeat, given one window's input (L, C).
	pattern func(dst, input []float32)
}

func (repeat) Fit(context.Context, model.Windows, model.Windows) (map[string]float64, error) {
	return nil, nil
}

// Predict writes the pattern once per window and then doubles what is written until the horizon is full.
func (m repeat) Predict(dst, rows []float32, n int) {
	l, h, c := m.lookback, m.horizon, m.channels
	for j := range n {
		out := dst[j*h*c : (j+1)*h*c] // (H, C)
		m.pattern(out[:min(m.period, h)*c], rows[j*c:(j+l)*c])
		for done := m.period * c; done < len(out); done *= 2 {
			copy(out[done:], out[:done])
		}
	}
}

func noParams(c model.Config) error { return c.Decode(&struct{}{}) }

// NewNaive forecasts the last value of the look-back for every step of the horizon.
func NewNaive(_ kernels.Backend, c model.Config) (model.ClosedForm, error) {
	return repeat{c.Lookback, c.Horizon, c.Channels, 1, lastRows(c.Lookback, 1, c.Channels)}, noParams(c)
}

// NewSeasonalNaive forecasts the last full season of the look-back, over and over. A look-back shorter than the
// season is NotApplicable.
func NewSeasonalNaive(_ kernels.Backend, c model.Config) (model.ClosedForm, error) {
	if c.Season < 1 || c.Season > c.Lookback {
		return nil, model.NotApplicable(fmt.Sprintf("SeasonalNaive needs a look-back of one season (%d rows), it is %d", c.Season, c.Lookback))
	}
	return repeat{c.Lookback, c.Horizon, c.Channels, c.Season, lastRows(c.Lookback, c.Season, c.Channels)}, noParams(c)
}

// lastRows is the pattern of the last `period` rows of the look-back.
func lastRows(lookback, period, channels int) func(dst, input []float32) {
	return func(dst, input []float32) { copy(dst, input[(lookback-period)*channels:]) }
}

// NewMean forecasts each channel's mean over the look-back.
func NewMean(_ kernels.Backend, c model.Config) (model.ClosedForm, error) {
	return repeat{c.Lookback, c.Horizon, c.Channels, 1, func(dst, input []float32) {
		for ch := range dst {
			var sum float64
			for t := ch; t < len(input); t += c.Channels {
				sum += float64(input[t])
			}
			dst[ch] = float32(sum / float64(c.Lookback))
		}
	}}, noParams(c)
}
