// OLS: one linear map from look-back to horizon, shared by all channels, solved in closed form.
// Toner & Darlow, "An Analysis of Linear Time Series Forecasting Models", ICML 2024 (arXiv 2403.14587), show that the
// linear models of the field (DLinear, NLinear, RLinear …) are this regression under different normalisations and that
// its closed form does as well as or better than their training.

package baselines

import (
	"context"
	"errors"
	"math"

	"gonum.org/v1/gonum/mat"

	"ecalf/kernels"
	"ecalf/model"
)

// ridgeGrid holds the candidate penalties, as shares of the mean squared input: 10⁻⁸ … 10¹, two a decade. The one with
// the smallest validation error is taken.
var ridgeGrid = func() (grid []float64) {
	for e := -16; e <= 2; e++ {
		grid = append(grid, math.Pow(10, float64(e)/2))
	}
	return grid
}()

type ols struct {
	backend                     kernels.Backend
	lookback, horizon, channels int
	instanceNorm                bool

	weights []float32 // (H, L)
	bias    []float32 // (H)
}

// NewOLS solves min Σ (y − Wᵀx − b)² + λ|W|² over all training windows and channels, λ chosen on validation.
func NewOLS(be kernels.Backend, c model.Config) (model.ClosedForm, error) {
	return &ols{backend: be, lookback: c.Lookback, horizon: c.Horizon, channels: c.Channels}, noParams(c)
}

// NewOLSInstanceNorm is OLS after each window's input mean μ is taken off input and target, and given back to the
// forecast. (Dividing by the window's deviation as well would cancel in a linear forecast.)
func NewOLSInstanceNorm(be kernels.Backend, c model.Config) (model.ClosedForm, error) {
	return &ols{backend: be, lookback: c.Lookback, horizon: c.Horizon, channels: c.Channels, instanceNorm: true}, noParams(c)
}

// Fit solves the regression for every penalty of the grid and keeps the best on validation. It reports the penalty
// ("ridge", a share of the mean squared input) and the mean squared error on the validation windows ("val_mse").
func (m *ols) Fit(ctx context.Context, train, val model.Windows) (map[string]float64, error) {
	fit, err := newMoments(ctx, train)
	if err != nil {
		return nil, err
	}
	check, err := newMoments(ctx, val)
	if err != nil {
		return nil, err
	}
	if m.instanceNorm {
		fit, check = fit.instanceNormed(), check.instanceNormed()
	}
	var best *mat.Dense
	var ridge float64
	bestError := math.Inf(1)
	for _, share := range ridgeGrid {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		w, ok := solveRidge(fit, share)
		if !ok {
			continue
		}
		if e := check.squaredError(w); e < bestError {
			best, ridge, bestError = w, share, e
		}
	}
	if best == nil {
		return nil, errors.New("no penalty of the grid gives a solvable system: are all training values equal?")
	}
	m.keep(best)
	return map[string]float64{"ridge": ridge, "val_mse": bestError / (check.n * float64(m.horizon))}, nil
}

// solveRidge returns W (L+1, H), the last row the unpenalised intercept, or false if the system is singular.
func solveRidge(m *moments, share float64) (*mat.Dense, bool) {
	l, h := m.zz.RawMatrix().Rows-1, m.zy.RawMatrix().Cols
	mean := func(a *mat.Dense, i, j int) float64 { return a.At(i, j) / m.n }
	cov, trace := mat.NewSymDense(l, nil), 0.0
	for i := range l {
		for j := i; j < l; j++ {
			cov.SetSym(i, j, mean(m.zz, i, j)-mean(m.zz, i, l)*mean(m.zz, j, l))
		}
		trace += cov.At(i, i)
	}
	for i := range l {
		cov.SetSym(i, i, cov.At(i, i)+share*trace/float64(l))
	}
	cross := mat.NewDense(l, h, nil)
	cross.Apply(func(i, j int, _ float64) float64 { return mean(m.zy, i, j) - mean(m.zz, i, l)*mean(m.zy, l, j) }, cross)

	var chol mat.Cholesky
	if !chol.Factorize(cov) {
		return nil, false
	}
	w := mat.NewDense(l+1, h, nil)
	if err := chol.SolveTo(w.Slice(0, l, 0, h).(*mat.Dense), cross); err != nil {
		return nil, false // the condition number is beyond float64
	}
	for j := range h {
		b := mean(m.zy, l, j)
		for i := range l {
			b -= mean(m.zz, i, l) * w.At(i, j)
		}
		w.Set(l, j, b)
	}
	return w, true
}

// keep stores the solution as the float32 map that Predict applies. Taking a window's mean off and giving it back is
// itself linear, so it is folded into the weights: W + (1 − Σ W)/L.
func (m *ols) keep(w *mat.Dense) {
	l, h := m.lookback, m.horizon
	m.weights, m.bias = make([]float32, h*l), make([]float32, h)
	for j := range h {
		back := 0.0
		if m.instanceNorm {
			back = 1
			for i := range l {
				back -= w.At(i, j)
			}
		}
		for i := range l {
			m.weights[j*l+i] = float32(w.At(i, j) + back/float64(l))
		}
		m.bias[j] = float32(w.At(l, j))
	}
}

// Predict is for every window j: dst[j] = W·rows[j … j+L-1] + b. The product reads the windows where they overlap.
func (m *ols) Predict(dst, rows []float32, n int) {
	l, h, c := m.lookback, m.horizon, m.channels
	for j := range n {
		for step, b := range m.bias {
			row := dst[(j*h+step)*c:][:c]
			for ch := range row {
				row[ch] = b
			}
		}
	}
	m.backend.Ops().MatMul(kernels.Wrap(dst), kernels.Wrap(m.weights), kernels.Wrap(rows), kernels.Product{
		M: h, K: l, N: c, Batch: n, StrideB: c, StrideC: h * c, Precision: kernels.FP32, Add: true,
	})
}
