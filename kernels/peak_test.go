package kernels_test

import (
	"math"
	"testing"
	"time"

	"ecalf/kernels"
)

// Every peak that a level has can be measured over any time, however short.
func TestPeakOver(t *testing.T) {
	for _, be := range kernels.CPUs() {
		peak, ok := kernels.PeakOf(be)
		for _, c := range []struct {
			precision kernels.Precision
			known     float64
		}{{kernels.FP32, peak.FP32}, {kernels.BF16, peak.BF16}} {
			if ok && c.precision == kernels.FP32 && c.known <= 0 {
				t.Errorf("%s: no peak", be.Name())
			}
			for _, d := range []time.Duration{0, time.Microsecond, time.Millisecond} {
				got := peak.Over(c.precision, d)
				if math.IsNaN(got) || math.IsInf(got, 0) || ok != (got > 0) {
					t.Errorf("%s, %s, %v: %v GFLOP/s", be.Name(), c.precision, d, got)
				}
			}
		}
	}
}
