// This file holds windows: pairs of look-back and horizon as views on one array.

package data

import "fmt"

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
