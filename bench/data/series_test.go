// This file tests the sets that forecasts of a CSV's future are made of.

package data

import (
	"math"
	"slices"
	"strings"
	"testing"
)

// ramp is a table of so many rows whose channels are the row's number and ten times it.
func ramp(rows int) *Table {
	t := &Table{Channels: []string{"a", "b"}, Rows: rows, C: 2}
	for i := range rows {
		t.Values = append(t.Values, float32(i), float32(10*i))
	}
	return t
}

func TestForFitting(t *testing.T) {
	tests := []struct {
		rows, l, h int
		train, val int
		err        string
	}{
		{rows: 200, l: 8, h: 4, train: 180, val: 20},
		{rows: 30, l: 8, h: 4, train: 26, val: 4}, // a tenth is less than the horizon
		{rows: 16, l: 8, h: 4, train: 12, val: 4},
		{rows: 15, l: 8, h: 4, err: "15 rows are too few to fit a model on: look-back 8 and horizon 4 need 16"},
	}
	for _, test := range tests {
		s, err := ramp(test.rows).ForFitting(test.l, test.h, nil)
		if test.err != "" {
			if err == nil || !strings.Contains(err.Error(), test.err) {
				t.Errorf("%d rows: %v, want %q", test.rows, err, test.err)
			}
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		train, err := s.Windows(Train, test.l, test.h)
		if err != nil || train.Len() != test.train-test.l-test.h+1 {
			t.Errorf("%d rows: %d training windows (%v), want %d", test.rows, train.Len(), err, test.train-test.l-test.h+1)
		}
		val, err := s.Windows(Val, test.l, test.h)
		if err != nil || val.Len() != test.val-test.h+1 { // begins a look-back early
			t.Errorf("%d rows: %d validation windows (%v), want %d", test.rows, val.Len(), err, test.val-test.h+1)
		}
		// The mean of 0 … n-1 is (n-1)/2, its variance (n²-1)/12.
		n := float64(test.train)
		if math.Abs(s.Mean[0]-(n-1)/2) > 1e-9 || math.Abs(s.Std[1]-10*math.Sqrt((n*n-1)/12)) > 1e-9 {
			t.Errorf("%d rows: mean %v, deviation %v are not those of the %d training rows", test.rows, s.Mean, s.Std, test.train)
		}
		if s.Unscale(s.Values); !slices.EqualFunc(s.Values, ramp(test.rows).Values, func(a, b float32) bool { return math.Abs(float64(a-b)) < 1e-3 }) {
			t.Errorf("%d rows: unscaled %v", test.rows, s.Values) // 1e-3: three roundings of numbers below 2000
		}
	}
}

func TestScaleByOthers(t *testing.T) {
	s := ramp(6).Scale(Scaler{Mean: []float64{1, 0}, Std: []float64{2, 5}})
	if want := []float32{-.5, 0, 0, 2, .5, 4, 1, 6, 1.5, 8, 2, 10}; !slices.Equal(s.Values, want) {
		t.Errorf("scaled %v, want %v", s.Values, want)
	}
	w, err := s.AllWindows(2, 3)
	if err != nil || w.Len() != 2 {
		t.Errorf("%d windows (%v), want 6-2-3+1", w.Len(), err)
	}
	if _, err := s.AllWindows(4, 3); err == nil || !strings.Contains(err.Error(), "6 rows hold no window of look-back 4 and horizon 3, which needs 7") {
		t.Errorf("a window longer than the file: %v", err)
	}
	if s := ramp(3).Scale(Unscaled(2)); !slices.Equal(s.Values, ramp(3).Values) {
		t.Errorf("unscaled %v", s.Values)
	}
	if all := ramp(3).Scaler(); all.Mean[1] != 10 { // of 0, 10, 20
		t.Errorf("mean %v of all rows", all.Mean)
	}
}
