// This file tests windows: their number, their place and that they are views.

package data

import (
	"strings"
	"testing"
)

// small returns a set of 100 rows and 2 channels that holds 1000·channel + row,
// unscaled.
func small() *Set {
	s := &Set{Spec: Spec{Name: "small"}, Table: &Table{Rows: 100, C: 2, Values: make([]float32, 200)}}
	s.train, s.val, s.test = 70, 10, 20
	for i := range s.Values {
		s.Values[i] = float32(1000*(i%2) + i/2)
	}
	return s
}

func TestWindows(t *testing.T) {
	const L, H = 8, 3
	tests := []struct {
		part     Part
		n, first int // windows, and the row of the set that the first begins at
	}{
		{Train, 70 - L - H + 1, 0},
		{Val, 10 - H + 1, 70 - L},
		{Test, 20 - H + 1, 80 - L},
	}
	s := small()
	for _, test := range tests {
		w, err := s.Windows(test.part, L, H)
		if err != nil {
			t.Fatal(err)
		}
		if w.Len() != test.n || w.Lookback() != L || w.Horizon() != H || w.Channels() != 2 {
			t.Errorf("%s: %d windows of %d to %d by %d, want %d of %d to %d by 2",
				test.part, w.Len(), w.Lookback(), w.Horizon(), w.Channels(), test.n, L, H)
		}
		if got, want := len(w.Values()), (test.n+L+H-1)*2; got != want {
			t.Errorf("%s: %d values, want %d", test.part, got, want)
		}
		for i := range w.Len() {
			x, y := w.Input(i), w.Target(i)
			if len(x) != L*2 || len(y) != H*2 {
				t.Fatalf("%s: window %d has %d inputs and %d targets", test.part, i, len(x), len(y))
			}
			row := test.first + i
			if x[0] != float32(row) || x[1] != float32(1000+row) || y[0] != float32(row+L) || y[len(y)-1] != float32(1000+row+L+H-1) {
				t.Errorf("%s: window %d is %v then %v, want it from row %d", test.part, i, x, y, row)
			}
			if &x[0] != &s.Values[row*2] {
				t.Errorf("%s: window %d is a copy", test.part, i)
			}
			n := min(4, w.Len()-i)
			rows := w.Rows(i, n)
			if len(rows) != (L+n-1)*2 || &rows[(n-1)*2] != &w.Input(i + n - 1)[0] {
				t.Errorf("%s: Rows(%d, %d) has %d values and input %d is not %d rows into it", test.part, i, n, len(rows), i+n-1, n-1)
			}
		}
	}
}

func TestFewShot(t *testing.T) {
	tests := []struct{ percent, rows int }{
		{100, 70},
		{10, (70-8)*10/100 + 8}, // 14 of 70: the formula of GPT4TS's Dataset_Custom
		{5, (70-8)*5/100 + 8},   // 11: one window
	}
	s := small()
	for _, test := range tests {
		w, err := s.FewShot(test.percent, 8, 3)
		if err != nil {
			t.Fatal(err)
		}
		if got := len(w.Values()) / 2; got != test.rows || w.Values()[0] != 0 {
			t.Errorf("%d%%: %d rows, want the first %d", test.percent, got, test.rows)
		}
	}
}

func TestWindowsFaults(t *testing.T) {
	s := small()
	windows := func(part Part, L, H int) error { _, err := s.Windows(part, L, H); return err }
	fewShot := func(percent, L, H int) error { _, err := s.FewShot(percent, L, H); return err }
	tests := []struct {
		got  error
		want string
	}{
		{windows(Test, 8, 21), "small: test has 28 rows, where a window of look-back 8 and horizon 21 needs 29; use a shorter one, or a longer file"},
		{windows(Val, 8, 11), "small: val has 18 rows, where a window of look-back 8 and horizon 11 needs 19; use a shorter one, or a longer file"},
		{windows(Train, 60, 11), "small: train has 70 rows, where a window of look-back 60 and horizon 11 needs 71; use a shorter one, or a longer file"},
		{windows(Val, 71, 1), "small: look-back 71 of val reaches before the first row: 70 rows come before it; use a shorter one, or a longer file"},
		{fewShot(1, 8, 3), "small: few-shot 1% train has 8 rows, where a window of look-back 8 and horizon 3 needs 11; use a shorter one, or a longer file"},
		{fewShot(0, 8, 3), "small: few-shot 0%; want 1 to 100"},
		{fewShot(101, 8, 3), "small: few-shot 101%; want 1 to 100"},
		{windows(Train, 0, 3), "small: look-back 0 and horizon 3: want 1 row or more of each"},
		{windows(Train, 8, -1), "small: look-back 8 and horizon -1: want 1 row or more of each"},
		{windows("tst", 8, 3), `small: unknown part "tst"; want train, val or test`},
	}
	for _, test := range tests {
		if test.got == nil || test.got.Error() != test.want {
			t.Errorf("\n got %v\nwant %s", test.got, test.want)
		}
	}
}

func TestWindowsPanics(t *testing.T) {
	w, err := small().Windows(Test, 8, 3) // 18 windows
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		call func()
		want string
	}{
		{func() { w.Input(18) }, "data: window 18 of 18"},
		{func() { w.Target(-1) }, "data: window -1 of 18"},
		{func() { w.Rows(17, 2) }, "data: Windows.Rows(17, 2) of 18 windows"},
		{func() { w.Rows(0, 0) }, "data: Windows.Rows(0, 0) of 18 windows"},
	}
	for _, test := range tests {
		func() {
			defer func() {
				if got := recover(); got != test.want {
					t.Errorf("panic %v, want %s", got, test.want)
				}
			}()
			test.call()
		}()
	}
}

// TestWindowsAllocate shows that walking windows allocates nothing.
func TestWindowsAllocate(t *testing.T) {
	w, err := small().Windows(Test, 8, 3)
	if err != nil {
		t.Fatal(err)
	}
	var sum float32
	if n := testing.AllocsPerRun(10, func() {
		for i := range w.Len() {
			sum += w.Input(i)[0] + w.Target(i)[0] + w.Rows(i, 1)[0]
		}
	}); n != 0 {
		t.Errorf("%v allocations in a walk over the windows", n)
	}
}

// TestTestWindows counts the test windows of every known set and horizon, from
// the rows of the published test parts: N = rows - H + 1.
func TestTestWindows(t *testing.T) {
	testRows := map[string]int{
		"ETTh1": 4 * 30 * 24, "ETTh2": 4 * 30 * 24,
		"ETTm1": 4 * 30 * 24 * 4, "ETTm2": 4 * 30 * 24 * 4,
		// int(0.2 n) of 52,696, 26,304, 17,544 and 14,400 rows
		"Weather": 52696 / 5, "Electricity": 26304 / 5, "Traffic": 17544 / 5, "Synthetic": 14400 / 5,
	}
	// What the published loaders print at H 96.
	reported := map[string]int{"ETTh1": 2785, "ETTm1": 11425, "Weather": 10444}
	for _, spec := range Specs {
		s := newSet(spec, &Table{Rows: spec.Rows, C: 1, Values: make([]float32, spec.Rows)})
		for _, H := range []int{96, 192, 336, 720} {
			w, err := s.Windows(Test, 96, H)
			if err != nil {
				t.Fatal(err)
			}
			if want := testRows[spec.Name] - H + 1; w.Len() != want {
				t.Errorf("%s/%d: %d test windows, want %d", spec.Name, H, w.Len(), want)
			}
			if want, ok := reported[spec.Name]; ok && H == 96 && w.Len() != want {
				t.Errorf("%s/96: %d test windows, reported are %d", spec.Name, w.Len(), want)
			}
		}
		if strings.HasPrefix(spec.Name, "ETT") && s.train+s.val+s.test == spec.Rows {
			t.Errorf("%s: the split reaches its last row; the published one leaves rows unused", spec.Name)
		}
	}
}
