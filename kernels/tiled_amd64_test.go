//go:build cgo

package kernels

import "testing"

// Tasks are as high as asked, or a little lower where the last ones would keep a thread waiting.
func TestEvenHeight(t *testing.T) {
	defer SetThreads(SetThreads(2))
	for _, c := range []struct{ rows, high, want int }{
		{299, 10, 10}, // 30 tasks
		{200, 7, 6},   // 34 tasks of 6 take 102 rows' time, 29 of 7 take 105
		{56, 7, 7},
		{5, 1, 1},
		{0, 1, 1},
	} {
		if got := evenHeight(c.rows, c.high); got != c.want {
			t.Errorf("%d rows in tasks of at most %d: %d, want %d", c.rows, c.high, got, c.want)
		}
	}
}
