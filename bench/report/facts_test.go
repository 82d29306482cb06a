// Tests of how figures are written, and of what lines keep.

package report

import "testing"

func TestUnits(t *testing.T) {
	for _, c := range []struct{ got, want string }{
		{seconds(2.68e-7), "0.268 µs"}, {seconds(0.0425), "42.5 ms"}, {seconds(1), "1 s"}, {seconds(99), "99 s"}, {seconds(600), "10 min"}, {seconds(5999), "100 min"}, {seconds(7200), "2 h"},
		{quantity(22.847, "MB", "GB"), "22.8 MB"}, {quantity(1500, "MB", "GB"), "1.5 GB"}, {quantity(2.5e6, "MB", "GB"), "2.5e+03 GB"},
		{median(nil, seconds), ""}, {median([]float64{3, 1, 2}, seconds), "2 s"}, {median([]float64{4, 1, 2, 3}, seconds), "2.5 s"},
		{summed(nil, seconds), ""}, {summed([]float64{1, 2}, seconds), "3 s"},
		{counted(1, "cell"), "1 cell"}, {counted(2, "cell"), "2 cells"}, {numbered(0, "core"), ""},
		{join(", ", "", "a", "", "b"), "a, b"},
	} {
		if c.got != c.want {
			t.Errorf("%q, want %q", c.got, c.want)
		}
	}
}

func TestLinesKeepTheirEnds(t *testing.T) {
	for _, n := range []int{1, 2, mostPoints, mostPoints + 1, 2*mostPoints + 7, 1000} {
		y := make([]float64, n)
		for i := range y {
			y[i] = float64(i)
		}
		points := line{y: y}.points()
		first, last := points[0], points[len(points)-1]
		if first.X != 1 || last.X != float64(n) || last.Y != y[n-1] || len(points) > mostPoints+1 || n <= mostPoints && len(points) != n {
			t.Errorf("%d epochs: %d points from %v to %v", n, len(points), first, last)
		}
	}
}
