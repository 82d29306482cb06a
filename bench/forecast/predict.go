// The forecasts themselves: of the rows after the last, or of every window of the CSV.

package forecast

import (
	"context"
	"fmt"
	"math"
	"time"

	"ecalf/bench/data"
	"ecalf/bench/train"
	"ecalf/model"
)

// Next returns the forecast of the H rows after the CSV's last one, (H, C), in the CSV's own units.
func (m *Model) Next() ([]float32, error) { return m.From(m.Set.Rows) }

// From returns the forecast (H, C) of the H rows from row on, counted from 0, in the CSV's own units.
func (m *Model) From(row int) ([]float32, error) {
	values := make([]float32, m.Meta.Horizon*m.Set.C)
	m.Predict(values, m.before(row), 1)
	return values, m.finish(values)
}

// Attention returns how the window before a row looks at the prototypes. A model without prototypes is an error.
func (m *Model) Attention(row int) (model.Attention, error) {
	return train.Attention(m.Forecaster, m.before(row))
}

// before is the window (L, C) that ends before a row, scaled.
func (m *Model) before(row int) []float32 {
	return m.Set.Values[(row-m.Meta.Lookback)*m.Set.C : row*m.Set.C]
}

// Windows returns every window of the CSV whose target it holds, N = rows-L-H+1.
func (m *Model) Windows() (*data.Windows, error) {
	return m.Set.AllWindows(m.Meta.Lookback, m.Meta.Horizon)
}

// EachWindow hands the forecast (H, C) of every window, in the CSV's own units and the order of Windows, to take, which
// may keep nothing of it.
func (m *Model) EachWindow(ctx context.Context, take func(window int, values []float32) error) error {
	w, err := m.Windows()
	if err != nil {
		return err
	}
	window := 0
	return train.EachForecast(ctx, m, w, func(values []float32) error {
		if err := m.finish(values); err != nil {
			return fmt.Errorf("window %d of %d, counted from 0: %w", window, w.Len(), err)
		}
		err := take(window, values)
		window++
		return err
	})
}

// finish brings a forecast to the CSV's own units. One that is not finite is an error that says where.
func (m *Model) finish(values []float32) error {
	m.Set.Unscale(values)
	for i, v := range values {
		if math.IsNaN(float64(v)) || math.IsInf(float64(v), 0) {
			return fmt.Errorf("the forecast of %s, %d rows ahead, is %v: the model or the scaler does not fit this file", m.Set.Channels[i%m.Set.C], i/m.Set.C+1, v)
		}
	}
	return nil
}

// Label is what a row, counted from 0, has in its first column: its date as the CSV writes dates, going on by the CSV's
// step past its end; or its number, counted from 1, where the CSV has no dates.
func (m *Model) Label(row int) string {
	if t, ok := m.date(row); ok {
		return t.Format(m.Set.Dates.Layout)
	}
	return fmt.Sprint(row + 1)
}

// LabelColumn is the name of the first column: the CSV's own, if it has one.
func (m *Model) LabelColumn() string {
	if name := m.Set.DateColumn; name != "" && m.Set.Dates.Known() {
		return name
	}
	if m.Set.Dates.Known() {
		return "date"
	}
	return "row"
}

// date is a row's date; false where the CSV has none.
func (m *Model) date(row int) (time.Time, bool) {
	if !m.Set.Dates.Known() {
		return time.Time{}, false
	}
	return m.Set.Dates.OfRow(row), true
}
