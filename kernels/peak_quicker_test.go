package kernels

import "testing"

// The quicker precision is that of the loop that says it does more, by far here: the work itself is the same.
func TestQuicker(t *testing.T) {
	loop := func(flop float64) func(int) float64 {
		return func(rounds int) float64 {
			done := flop
			for i := range rounds {
				done += float64(i%2) / float64(rounds) // less than 1 in all
			}
			return done
		}
	}
	for _, c := range []struct {
		fma, dot float64
		want     Precision
	}{{1e9, 1e6, FP32}, {1e6, 1e9, BF16}} {
		if got := (peakLoops{fma: loop(c.fma), dot: loop(c.dot)}).quicker(); got != c.want {
			t.Errorf("%g FLOP to %g: %v, want %v", c.fma, c.dot, got, c.want)
		}
	}
	for _, l := range cpus {
		if l.peak.dot == nil && Quicker(l) != FP32 {
			t.Errorf("%s has no bfloat16 products and is said to be quicker in them", l.Name())
		}
	}
}
