package baselines

import (
	"context"
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"
	"pgregory.net/rapid"

	"ecalf/kernels"
	"ecalf/model"
)

// slowMoments builds every window and sums z zᵀ, z yᵀ and |y|² as the definition says. With norm, the window's input
// mean is taken off input and target first.
func slowMoments(s series, norm bool) *moments {
	l, h, c := s.l, s.h, s.c
	m := &moments{zz: mat.NewDense(l+1, l+1, nil), zy: mat.NewDense(l+1, h, nil)}
	for i := range s.Len() {
		in, target := s.Rows(i, 1), s.Target(i)
		for ch := range c {
			z, y, mean := mat.NewVecDense(l+1, nil), mat.NewVecDense(h, nil), 0.0
			for t := range l {
				z.SetVec(t, float64(in[t*c+ch]))
				mean += z.AtVec(t) / float64(l)
			}
			for t := range h {
				y.SetVec(t, float64(target[t*c+ch]))
			}
			if norm {
				for t := range l {
					z.SetVec(t, z.AtVec(t)-mean)
				}
				for t := range h {
					y.SetVec(t, y.AtVec(t)-mean)
				}
			}
			z.SetVec(l, 1)
			m.zz.RankOne(m.zz, 1, z, z)
			m.zy.RankOne(m.zy, 1, z, y)
			m.yy += mat.Dot(y, y)
			m.n++
		}
	}
	return m
}

// The recurrences add and take off n·C·(L+H) terms in float64, so the bound is their number times the unit roundoff
// times the sum of squares, which bounds every sum of products (Cauchy–Schwarz).
func TestMomentsAreThoseOfTheWindows(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l, h := rapid.IntRange(1, 9).Draw(t, "L"), rapid.IntRange(1, 12).Draw(t, "H")
		c, n := rapid.IntRange(1, 4).Draw(t, "C"), rapid.IntRange(1, 30).Draw(t, "N")
		s := randomSeries(rapid.Uint64().Draw(t, "seed"), n+l+h-1, l, h, c)
		got, err := newMoments(context.Background(), s)
		if err != nil {
			t.Fatal(err)
		}
		squares := float64(len(s.values)) // for the column of ones
		for _, v := range s.values {
			squares += float64(v) * float64(v)
		}
		bound := 0x1p-53 * 4 * float64((n+l+h)*c*(l+h)) * squares
		compare := func(name string, got, want *moments) {
			if got.n != want.n {
				t.Fatalf("%s: n = %v, want %v", name, got.n, want.n)
			}
			if !mat.EqualApprox(got.zz, want.zz, bound) || !mat.EqualApprox(got.zy, want.zy, bound) {
				t.Fatalf("%s: L %d H %d C %d N %d: moments differ by more than %g:\n%v\nwant\n%v", name, l, h, c, n, bound, mat.Formatted(got.zz), mat.Formatted(want.zz))
			}
			if d := math.Abs(got.yy - want.yy); d > bound*float64(h) {
				t.Fatalf("%s: Σ|y|² is off by %g, bound %g", name, d, bound*float64(h))
			}
		}
		compare("plain", got, slowMoments(s, false))
		compare("instance norm", got.instanceNormed(), slowMoments(s, true))
	})
}

// A series that follows a linear recurrence exactly is forecast exactly, up to float32 and the smallest ridge.
func TestOLSRecoversALinearRecurrence(t *testing.T) {
	const rows, l, h, c = 400, 8, 5, 2
	s := series{make([]float32, rows*c), l, h, c}
	for t := range rows {
		s.values[t*c] = float32(math.Sin(0.37 * float64(t)))
		s.values[t*c+1] = float32(math.Cos(0.37*float64(t)) / 2)
	}
	for _, name := range []string{"OLS", "OLS+IN"} {
		m := fitted(t, name, s, s)
		var worst float64
		forecast := make([]float32, h*c)
		for i := range s.Len() {
			m.Predict(forecast, s.Rows(i, 1), 1)
			for k, y := range s.Target(i) {
				worst = max(worst, math.Abs(float64(forecast[k]-y)))
			}
		}
		// The values are rounded to 2⁻²⁵; the smallest penalty, 10⁻⁸ of the mean square, shrinks by about as much.
		if worst > 1e-5 {
			t.Errorf("%s: largest error %g on a noiseless recurrence", name, worst)
		}
	}
}

func fitted(t *testing.T, name string, train, val series) model.ClosedForm {
	t.Helper()
	be, err := kernels.Best()
	if err != nil {
		t.Fatal(err)
	}
	m, err := Zoo[name].Solve(be, model.Config{Lookback: train.l, Horizon: train.h, Channels: train.c})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := m.Fit(context.Background(), train, val); err != nil {
		t.Fatal(err)
	}
	return m
}

// With instance norm, adding a constant to a window adds it to the forecast; without, it does not (the data has a level).
func TestInstanceNormFollowsTheLevel(t *testing.T) {
	s := randomSeries(3, 300, 8, 4, 1)
	shifted := make([]float32, 8)
	for i, v := range s.Rows(0, 1) {
		shifted[i] = v + 100
	}
	for _, c := range []struct {
		model   string
		follows bool
	}{{"OLS+IN", true}, {"OLS", false}} {
		m := fitted(t, c.model, s, s)
		a, b := make([]float32, 4), make([]float32, 4)
		m.Predict(a, s.Rows(0, 1), 1)
		m.Predict(b, shifted, 1)
		for i := range a {
			// 100 has an ulp of 2⁻¹⁷ in float32; eight such terms are added.
			if got := math.Abs(float64(b[i]-a[i])-100) < 8*0x1p-17; got != c.follows {
				t.Errorf("%s: step %d moves by %v for a shift of 100", c.model, i, b[i]-a[i])
			}
		}
	}
}

// The ridge is the one of the grid with the least validation error, and that error is what Fit reports.
func TestRidgeIsChosenOnValidation(t *testing.T) {
	train, val := randomSeries(5, 60, 12, 3, 1), randomSeries(6, 200, 12, 3, 1)
	be, err := kernels.Best()
	if err != nil {
		t.Fatal(err)
	}
	m, err := NewOLS(be, model.Config{Lookback: 12, Horizon: 3, Channels: 1})
	if err != nil {
		t.Fatal(err)
	}
	got, err := m.Fit(context.Background(), train, val)
	if err != nil {
		t.Fatal(err)
	}
	fit, check := slowMoments(train, false), slowMoments(val, false)
	best, bestShare := math.Inf(1), 0.0
	for _, share := range ridgeGrid {
		w, ok := solveRidge(fit, share)
		if !ok {
			t.Fatalf("ridge %g: singular", share)
		}
		if e := check.squaredError(w) / (check.n * 3); e < best {
			best, bestShare = e, share
		}
	}
	if got["ridge"] != bestShare || math.Abs(got["val_mse"]-best) > 1e-9*best {
		t.Errorf("Fit chose %v, the grid's best is ridge %g with %g", got, bestShare, best)
	}
	if bestShare == ridgeGrid[0] {
		t.Error("48 noisy windows of 12 values should want a penalty: the test shows nothing")
	}
}

func TestOLSForecastsDoNotDependOnTheBatch(t *testing.T) {
	for _, c := range []int{1, 7, 33} {
		s := randomSeries(9, 200, 16, 10, c)
		m := fitted(t, "OLS", s, s)
		size, n := 10*c, s.Len()
		all, one := make([]float32, n*size), make([]float32, size)
		m.Predict(all, s.Rows(0, n), n)
		for i := range n {
			m.Predict(one, s.Rows(i, 1), 1)
			for k := range one {
				if one[k] != all[i*size+k] {
					t.Fatalf("C %d window %d value %d: alone %v, in a batch of %d %v", c, i, k, one[k], n, all[i*size+k])
				}
			}
		}
	}
}

func TestFitEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	s := randomSeries(1, 100, 8, 4, 2)
	m, err := NewOLS(nil, model.Config{Lookback: 8, Horizon: 4, Channels: 2})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := m.Fit(ctx, s, s); err != context.Canceled {
		t.Errorf("Fit under a cancelled context: %v", err)
	}
}

func TestConstantTrainingDataIsAnError(t *testing.T) {
	s := series{make([]float32, 100), 8, 4, 1}
	m, err := NewOLS(nil, model.Config{Lookback: 8, Horizon: 4, Channels: 1})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := m.Fit(context.Background(), s, s); err == nil {
		t.Error("OLS fits a series of zeros")
	}
}
