// This file holds windows: pairs of look-back and horizon, cut from the parts of
// a set as views on its array.

package data

import "fmt"

// A Part of a set's rows.
type Part string

// The parts of a [Split].
const (
	Train Part = "train"
	Val   Part = "val"
	Test  Part = "test"
)

// Windows returns the windows of a part, look-back L and horizon H in rows.
// Validation and test rows begin L rows early, so that each of the part's own
// rows is a target.
func (s *Set) Windows(part Part, L, H int) (*Windows, error) {
	var first, end int
	switch part {
	case Train:
		first, end = 0, s.train
	case Val:
		first, end = s.train-L, s.train+s.val
	case Test:
		first, end = s.train+s.val-L, s.train+s.val+s.test
	default:
		return nil, fmt.Errorf("%s: unknown part %q; want %s, %s or %s", s.Spec.Name, part, Train, Val, Test)
	}
	return s.windows(string(part), first, end, L, H)
}

// FewShot returns the training windows of a few-shot setting: those on the
// first (train-L)·percent/100 + L training rows, as in the published loaders.
// The scaler stays that of all training rows. percent runs from 1 to 100.
func (s *Set) FewShot(percent, L, H int) (*Windows, error) {
	if percent < 1 || percent > 100 {
		return nil, fmt.Errorf("%s: few-shot %d%%; want 1 to 100", s.Spec.Name, percent)
	}
	return s.windows(fmt.Sprintf("few-shot %d%% train", percent), 0, (s.train-L)*percent/100+L, L, H)
}

// windows cuts the windows of rows first to end, L look-back rows included.
func (s *Set) windows(part string, first, end, L, H int) (*Windows, error) {
	if L < 1 || H < 1 {
		return nil, fmt.Errorf("%s: look-back %d and horizon %d: want 1 row or more of each", s.Spec.Name, L, H)
	}
	if first < 0 {
		return nil, fmt.Errorf("%s: look-back %d of %s reaches before the first row: %d rows come before it; use a shorter one, or a longer file",
			s.Spec.Name, L, part, first+L)
	}
	rows := end - first
	if H > rows-L {
		return nil, fmt.Errorf("%s: %s has %d rows, where a window of look-back %d and horizon %d needs %d; use a shorter one, or a longer file",
			s.Spec.Name, part, rows, L, H, L+H)
	}
	return &Windows{s.Values[first*s.C : end*s.C : end*s.C], rows, s.C, L, H}, nil
}

// Windows are the N = rows-L-H+1 windows of a range of rows, in order of time:
// window i looks back on rows i to i+L-1 and has rows i+L to i+L+H-1 as its
// target. They share the set's array, nothing is copied; callers only read.
type Windows struct {
	values               []float32 // (rows, C)
	rows, c, look, ahead int
}

// Len returns N.
func (w *Windows) Len() int { return w.rows - w.look - w.ahead + 1 }

// Lookback returns L, in rows.
func (w *Windows) Lookback() int { return w.look }

// Horizon returns H, in rows.
func (w *Windows) Horizon() int { return w.ahead }

// Channels returns C.
func (w *Windows) Channels() int { return w.c }

// Values returns all rows, (N+L+H-1, C), the first L of look-back included.
func (w *Windows) Values() []float32 { return w.values }

// Rows returns the rows that hold the inputs of n windows from window i,
// (L+n-1, C): input i+k begins k rows into them.
func (w *Windows) Rows(i, n int) []float32 {
	if i < 0 || n < 1 || i > w.Len()-n {
		panic(fmt.Sprintf("data: Windows.Rows(%d, %d) of %d windows", i, n, w.Len()))
	}
	return w.view(i, w.look+n-1)
}

// Input returns the look-back of window i, (L, C).
func (w *Windows) Input(i int) []float32 {
	w.check(i)
	return w.view(i, w.look)
}

// Target returns the true future of window i, (H, C).
func (w *Windows) Target(i int) []float32 {
	w.check(i)
	return w.view(i+w.look, w.ahead)
}

func (w *Windows) check(i int) {
	if i < 0 || i >= w.Len() {
		panic(fmt.Sprintf("data: window %d of %d", i, w.Len()))
	}
}

// view returns n rows from row i, without spare capacity.
func (w *Windows) view(i, n int) []float32 {
	from, to := i*w.c, (i+n)*w.c
	return w.values[from:to:to]
}
