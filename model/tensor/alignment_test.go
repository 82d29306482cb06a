// Descriptors, alignment scores and the clip: what has no gradient, or a known one.

package tensor

import (
	"math"
	"testing"

	"ecalf/kernels"
)

// A sine of period 8 has autocorrelation cos(2π·4/8) = −1 at lag 4 and 1 at lags 8 and 16: the season is halved until
// two of it fit into the window of 32.
func TestDescribeHalvesTheSeason(t *testing.T) {
	const l = 32
	x := make([]float32, l)
	for i := range x {
		x[i] = float32(math.Sin(2 * math.Pi * float64(i) / 8))
	}
	for _, tt := range []struct {
		season int
		want   float32
	}{{0, 0}, {1, 0}, {4, -1}, {8, 1}, {16, 1}, {34, 1}, {65, 1}} {
		tp := trainTape(reference())
		phi := tp.Describe(tp.Input(x, 1, l, 1), tt.season)
		if phi.Trains() {
			t.Fatal("the descriptors train")
		}
		got := phi.Values()[6]
		// 1e-5 is added to the variance and to the power, which are ½ and 1.
		if math.Abs(float64(got-tt.want)) > 1e-4 {
			t.Errorf("season %d: %v, want %v", tt.season, got, tt.want)
		}
	}
}

// A rotation, a scale and a shift of the features leave their alignment 1; features of no common direction
// have none.
func TestCKA(t *testing.T) {
	tp := trainTape(reference())
	x := []float32{1, 0, 0, 1, -1, 0, 0, -1} // 4 tokens of 2
	score := func(z []float32) float32 {
		s := tp.CKA(tp.Input(x, 2, 2, 2), tp.Input(z, 2, 2, 2))
		if s.Trains() || s.Rank() != 0 {
			t.Fatalf("score %v, trains: %v", s.Shape(), s.Trains())
		}
		return s.Values()[0]
	}
	for name, tt := range map[string]struct {
		z    []float32
		want float64
	}{
		"turned, scaled, shifted": {[]float32{5, 8, 2, 5, 5, 2, 8, 5}, 1},
		"one direction":           {[]float32{1, 0, 0, 0, -1, 0, 0, 0}, math.Sqrt(0.5)}, // ‖XᵀZ‖² = 4, ‖XᵀX‖ = √8, ‖ZᵀZ‖ = 2
		"another order":           {[]float32{1, 0, -1, 0, 1, 0, -1, 0}, 0},
		"constant":                {[]float32{3, 3, 3, 3, 3, 3, 3, 3}, 0},
	} {
		if got := score(tt.z); math.Abs(float64(got)-tt.want) > 1e-6 {
			t.Errorf("%s: %v, want %v", name, got, tt.want)
		}
	}
}

func TestClip(t *testing.T) {
	inf := float32(math.Inf(1))
	tp := trainTape(reference())
	sameBits(t, []float32{-1, -1, 0.5, 2, 2}, tp.Clip(tp.Input([]float32{-inf, -3, 0.5, 2, inf}, 5), -1, 2).Values())
}

// A contrast whose temperature and scores come from parameters passes its gradient on through the clip.
func TestContrastTemperature(t *testing.T) {
	for _, tt := range []struct {
		theta float32
		moves bool
	}{{-2, true}, {-9, false}, {9, false}} { // e^θ clipped to [0.03, 1]
		be := reference()
		tp := trainTape(be)
		theta, x := From(be, []float32{tt.theta}, 1), From(be, []float32{1, 2, 3, -1, 0, 1}, 3, 2)
		theta.Track()
		x.Track()
		tau := tp.Unary(kernels.Exp, tp.Clip(theta, float32(math.Log(0.03)), 0))
		tp.Backward(tp.Contrast(x, tp.Input([]float32{2, 1, 0, -1, 1, 1}, 3, 2), tau))
		grad := make([]float32, 1)
		be.Download(grad, theta.Grad())
		if moves := grad[0] != 0; moves != tt.moves || grad[0] != grad[0] {
			t.Errorf("θ %v: gradient %v, want it to be 0: %v", tt.theta, grad[0], !tt.moves)
		}
	}
}
