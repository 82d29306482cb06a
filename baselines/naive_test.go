package baselines

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"ecalf/model"
)

// Two channels, look-back 4, horizon 5; channel 1 is channel 0 plus 10. The expected forecasts are worked out by hand.
func TestNaiveForecasts(t *testing.T) {
	rows := []float32{1, 11, 2, 12, 3, 13, 6, 16, 9, 19} // two windows: rows 0–3 and 1–4
	for _, c := range []struct {
		model  string
		season int
		want   [2][5]float32 // channel 0 of each window
	}{
		{"Naive", 1, [2][5]float32{{6, 6, 6, 6, 6}, {9, 9, 9, 9, 9}}},
		{"SeasonalNaive", 2, [2][5]float32{{3, 6, 3, 6, 3}, {6, 9, 6, 9, 6}}},
		{"SeasonalNaive", 4, [2][5]float32{{1, 2, 3, 6, 1}, {2, 3, 6, 9, 2}}},
		{"Mean", 1, [2][5]float32{{3, 3, 3, 3, 3}, {5, 5, 5, 5, 5}}},
	} {
		m, err := Zoo[c.model].Solve(nil, model.Config{Lookback: 4, Horizon: 5, Channels: 2, Season: c.season})
		if err != nil {
			t.Fatal(err)
		}
		got := make([]float32, 2*5*2)
		m.Predict(got, rows, 2)
		var want []float32
		for _, window := range c.want {
			for _, v := range window {
				want = append(want, v, v+10)
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s with season %d: got %v, want %v", c.model, c.season, got, want)
		}
	}
}

// A season longer than the horizon must not write past it.
func TestSeasonLongerThanHorizon(t *testing.T) {
	m, err := NewSeasonalNaive(nil, model.Config{Lookback: 4, Horizon: 2, Channels: 1, Season: 3})
	if err != nil {
		t.Fatal(err)
	}
	got := []float32{0, 0, -7} // the last is a guard
	m.Predict(got[:2], []float32{1, 2, 3, 4}, 1)
	if want := []float32{2, 3, -7}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestSeasonBeyondLookbackIsNotApplicable(t *testing.T) {
	_, err := NewSeasonalNaive(nil, model.Config{Lookback: 96, Horizon: 96, Channels: 21, Season: 144})
	var reason model.NotApplicable
	if !errors.As(err, &reason) || reason != "SeasonalNaive needs a look-back of one season (144 rows), it is 96" {
		t.Errorf("got %v", err)
	}
}

func TestUnknownParamIsAnError(t *testing.T) {
	for name, entry := range Zoo {
		if entry.Solve == nil {
			continue
		}
		_, err := entry.Solve(nil, model.Config{Lookback: 4, Horizon: 2, Channels: 1, Season: 2, Params: []byte(`{"ridg":1}`)})
		if err == nil {
			t.Errorf("%s takes the unknown param ridg", name)
		}
	}
}

func TestFindNamesWhatIsKnown(t *testing.T) {
	for _, c := range []struct{ name, want string }{
		{"ols", `unknown model "ols": did you mean "OLS"?`},
		{"ARIMA", `unknown model "ARIMA": known are ` + strings.Join(Names(), ", ")},
	} {
		if _, err := Find(c.name); err == nil || err.Error() != c.want {
			t.Errorf("Find(%q): %v, want %s", c.name, err, c.want)
		}
	}
}
