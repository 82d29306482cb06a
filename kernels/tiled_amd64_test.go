//go:build cgo

package kernels

import "testing"

// Every thread has as many tasks as the others while there are rows enough, and none is higher than allowed.
func TestCut(t *testing.T) {
	defer SetThreads(SetThreads(2))
	for _, c := range []struct{ rows, cols, highest, least, down, across int }{
		{200, 64, 28, 32, 32, 1}, // time says how many
		{200, 16, 28, 1, 8, 1},   // the cache does
		{299, 16, 28, 1, 12, 1},  // it would be content with 11
		{25, 6, 28, 1, 4, 1},     // the threads do
		{3, 64, 28, 1, 3, 2},
		{1, 64, 28, 9, 1, 9},
		{1, 3, 28, 9, 1, 1}, // four tiles are the least width
	} {
		if down, across := cut(c.rows, c.cols, c.highest, c.least); down != c.down || across != c.across {
			t.Errorf("%d by %d tiles, %d high at most, %d tasks at least: %d by %d, want %d by %d",
				c.rows, c.cols, c.highest, c.least, down, across, c.down, c.across)
		}
	}
}
