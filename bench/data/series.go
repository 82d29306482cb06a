// This file holds what a forecast of a CSV's future needs of it: a set that is
// split for fitting alone, or scaled by numbers from elsewhere.

package data

import (
	"fmt"
	"slices"
)

// A Scaler holds each channel's mean and standard deviation, (C), in the data's
// own units.
type Scaler struct{ Mean, Std []float64 }

// Unscaled is the scaler of c channels that changes nothing.
func Unscaled(c int) Scaler {
	return Scaler{make([]float64, c), slices.Repeat([]float64{1}, c)}
}

// Scaler returns the mean and standard deviation of all of t's rows.
func (t *Table) Scaler() Scaler {
	mean, std := fit(t.Values, t.C)
	return Scaler{mean, std}
}

// Scale returns t as a set whose rows were scaled by s, none of them training
// rows. It takes over t's values. s has t's channels.
func (t *Table) Scale(s Scaler) *Set {
	if len(s.Mean) != t.C || len(s.Std) != t.C {
		panic(fmt.Sprintf("data: Scale of %d channels by %d means and %d deviations", t.C, len(s.Mean), len(s.Std)))
	}
	scale(t.Values, s.Mean, s.Std)
	return &Set{Spec: Spec{Channels: t.C, Rows: t.Rows, Step: t.Dates.Step, Season: t.Dates.Season()}, Table: t,
		Mean: s.Mean, Std: s.Std, test: t.Rows}
}

// ForFitting returns t as a set to fit a model on when nothing is to be scored: the
// last tenth of its rows, H at least, validates, all before it trains, and no row
// is left for a test. It takes over t's values and scales them by s, or, where s
// is nil, by the training rows. Fewer than L+2H rows are an error.
func (t *Table) ForFitting(L, H int, s *Scaler) (*Set, error) {
	if L < 1 || H < 1 || t.Rows < L+2*H {
		return nil, fmt.Errorf("%d rows are too few to fit a model on: look-back %d and horizon %d need %d, a window to learn from and %d rows to validate on; give a longer file, a shorter look-back or horizon, or a fitted model",
			t.Rows, L, H, L+2*H, H)
	}
	val := max(t.Rows/10, H)
	train := t.Rows - val
	if s == nil {
		mean, std := fit(t.Values[:train*t.C], t.C)
		s = &Scaler{mean, std}
	}
	set := t.Scale(*s)
	set.train, set.val, set.test = train, val, 0
	return set, nil
}

// AllWindows returns the windows of all rows, whatever part they are of.
func (s *Set) AllWindows(L, H int) (*Windows, error) {
	if s.Rows < L+H {
		return nil, fmt.Errorf("%d rows hold no window of look-back %d and horizon %d, which needs %d", s.Rows, L, H, L+H)
	}
	return s.windows("all", 0, s.Rows, L, H)
}

// Unscale replaces each of values, (rows, C), by value·std + mean of its channel.
func (s *Set) Unscale(values []float32) {
	for row := values; len(row) > 0; row = row[s.C:] {
		for i, v := range row[:s.C] {
			row[i] = float32(float64(v)*s.Std[i] + s.Mean[i])
		}
	}
}

// Irregular says, for a reader of a forecast, that dates do not all follow by one
// step; empty where they do.
func (t *Table) Irregular() string {
	if t.Dates.Irregular == 0 {
		return ""
	}
	return t.Dates.irregularity(t.Rows)
}
