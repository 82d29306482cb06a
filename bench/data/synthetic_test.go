// This file tests the synthetic set: that it stays what it is, and that the best
// forecast's error is the closed form's.

package data

import (
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"
)

func synthetic(t testing.TB) *Set {
	t.Helper()
	spec, err := Find("Synthetic")
	if err != nil {
		t.Fatal(err)
	}
	s, err := Open(spec, nil)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestSyntheticShape(t *testing.T) {
	s := synthetic(t)
	if s.Rows != s.Spec.Rows || s.C != s.Spec.Channels || len(s.Channels) != s.C || len(s.Values) != s.Rows*s.C || s.Dates.Step != s.Spec.Step {
		t.Errorf("%d rows of %d channels %q, step %v; the spec says %+v", s.Rows, s.C, s.Channels, s.Dates.Step, s.Spec)
	}
	if !s.Verified || len(s.Warnings) != 0 {
		t.Errorf("verified %v, warnings %q", s.Verified, s.Warnings)
	}
	if again := synthetic(t); again.SHA256 != s.SHA256 {
		t.Error("generated twice, it is not the same")
	}
	// Scaled by the training rows, the trend must not carry the test rows off.
	for i, v := range s.Values {
		if math.Abs(float64(v)) > 5 {
			t.Fatalf("row %d, channel %d is %v deviations off", i/s.C, i%s.C, v)
		}
	}
}

// TestSyntheticGolden pins the first and the last row. The values were recorded
// on amd64; an architecture that fuses multiply and add may round the last bit of
// a float64 otherwise, which moves a float32 below 4 by 2⁻²² at most.
func TestSyntheticGolden(t *testing.T) {
	table := generate(14400)
	first, last := table.Values[:7], table.Values[14399*7:]
	tests := []struct{ got, want []float32 }{
		{first, []float32{-1.3567683, 2.3247528, 2.336875, 1.0916398, -1.0084026, -2.4774263, -2.1095796}},
		{last, []float32{0.030468974, -0.44498485, 0.6201144, 2.0047412, 0.23212141, -1.0456902, -1.6392547}},
	}
	for _, test := range tests {
		for i, want := range test.want {
			if math.Abs(float64(test.got[i]-want)) > 0x1p-22 {
				t.Errorf("got %v, want %v", test.got, test.want)
				break
			}
		}
	}
}

// TestBayesError forecasts every test window as well as can be and compares the
// errors, per channel and step and overall, with the closed form.
//
// How far a mean over windows may stray: the error of channel i at step h is
// Gaussian with variance v = c_0, and its values at origins d rows apart
// covary by
//
//	c_d = Σ_j M_ij² σ_j² φ_j^d (1-φ_j^(2(h-d))) / (1-φ_j²)  for d < h, else 0
//
// so the squares covary by 2 c_d² and the absolute values by
// 2/π v (√(1-ρ²) + ρ asin ρ - 1), ρ = c_d/v. The mean of N of them has variance
// 1/N Σ_d (1-|d|/N) covariance_d. A mean over channels and steps strays by
// the mean of their deviations at most (Cauchy and Schwarz). Five deviations are
// allowed, 7·96 means being compared at once.
func TestBayesError(t *testing.T) {
	const L, c = 96, syntheticChannels
	s := synthetic(t)
	m := mixing()
	inverse := mat.NewDense(c, c, nil)
	for i := range c {
		for j := range c {
			inverse.Set(i, j, m[i][j])
		}
	}
	if err := inverse.Inverse(inverse); err != nil {
		t.Fatalf("the mixing matrix: %v", err)
	}
	for _, H := range []int{1, 24, 96} {
		w, err := s.Windows(Test, L, H)
		if err != nil {
			t.Fatal(err)
		}
		begin := s.train + s.val - L // row of the set that the test part begins at
		squared, absolute := make([]float64, H*c), make([]float64, H*c)
		for n := range w.Len() {
			now := begin + n + L - 1 // last row of the look-back
			x, y := w.Input(n)[(L-1)*c:], w.Target(n)
			residue := mat.NewVecDense(c, nil)
			for i := range c {
				residue.SetVec(i, float64(x[i])*s.Std[i]+s.Mean[i]-deterministic(now, i, s.Rows))
			}
			var z mat.VecDense
			z.MulVec(inverse, residue)
			for h := 1; h <= H; h++ {
				for j := range c {
					z.SetVec(j, z.AtVec(j)*syntheticChannel[j].phi)
				}
				for i := range c {
					best := deterministic(now+h, i, s.Rows)
					for j := range c {
						best += m[i][j] * z.AtVec(j)
					}
					e := float64(y[(h-1)*c+i]) - (best-s.Mean[i])/s.Std[i]
					squared[(h-1)*c+i] += e * e / float64(w.Len())
					absolute[(h-1)*c+i] += math.Abs(e) / float64(w.Len())
				}
			}
		}
		var mse, mae, mseStray, maeStray float64
		for k := range squared {
			i, h := k%c, k/c+1
			want := bayesMSE(i, h) / (s.Std[i] * s.Std[i])
			square, abs := strays(i, h, w.Len())
			square, abs = square/(s.Std[i]*s.Std[i]), abs/s.Std[i]
			if math.Abs(squared[k]-want) > 5*square {
				t.Errorf("H %d, channel %d, step %d: MSE %.4f, closed form %.4f ± %.4f", H, i, h, squared[k], want, square)
			}
			if want := math.Sqrt(2 / math.Pi * want); math.Abs(absolute[k]-want) > 5*abs {
				t.Errorf("H %d, channel %d, step %d: MAE %.4f, closed form %.4f ± %.4f", H, i, h, absolute[k], want, abs)
			}
			n := float64(len(squared))
			mse, mae = mse+squared[k]/n, mae+absolute[k]/n
			mseStray, maeStray = mseStray+square/n, maeStray+abs/n
		}
		wantMSE, wantMAE := BayesError(s, H)
		t.Logf("H %d: MSE %.4f, closed form %.4f ± %.4f; MAE %.4f, closed form %.4f ± %.4f", H, mse, wantMSE, mseStray, mae, wantMAE, maeStray)
		if math.Abs(mse-wantMSE) > 5*mseStray || math.Abs(mae-wantMAE) > 5*maeStray {
			t.Errorf("H %d: MSE %.4f, closed form %.4f ± %.4f; MAE %.4f, closed form %.4f ± %.4f", H, mse, wantMSE, mseStray, mae, wantMAE, maeStray)
		}
	}
}

// strays returns the standard deviations of the mean squared and mean absolute
// error of channel i at step h over n windows: see TestBayesError.
func strays(i, h, n int) (square, abs float64) {
	m := mixing()
	covariance := func(d int) (c float64) {
		for j, channel := range syntheticChannel {
			ms := m[i][j] * sigma(j)
			c += ms * ms * math.Pow(channel.phi, float64(d)) *
				(1 - math.Pow(channel.phi, 2*float64(h-d))) / (1 - channel.phi*channel.phi)
		}
		return c
	}
	v := covariance(0)
	for d := range h {
		weight := 2 * (1 - float64(d)/float64(n)) / float64(n)
		if d == 0 {
			weight /= 2
		}
		c := covariance(d)
		rho := min(c/v, 1)
		square += weight * 2 * c * c
		abs += weight * 2 / math.Pi * v * (math.Sqrt(1-rho*rho) + rho*math.Asin(rho) - 1)
	}
	return math.Sqrt(square), math.Sqrt(abs)
}

func TestBayesErrorPanics(t *testing.T) {
	defer func() {
		if got, want := recover(), "data: BayesError of small, known only for Synthetic"; got != want {
			t.Errorf("panic %v, want %s", got, want)
		}
	}()
	BayesError(small(), 96)
}
