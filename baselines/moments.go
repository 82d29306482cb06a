// Second moments of all windows of a series, without ever building a window.

package baselines

import (
	"context"
	"sync"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"ecalf/kernels"
	"ecalf/model"
)

// moments are the sums that least squares needs, over all windows and channels: with x (L) a window's input, y (H)
// its target and z = [x; 1]:
type moments struct {
	n  float64    // samples: N·C
	zz *mat.Dense // (L+1, L+1): Σ z zᵀ
	zy *mat.Dense // (L+1, H): Σ z yᵀ
	yy float64    // Σ |y|²
}

// newMoments computes the moments of w in O(C·N·(L+H)) operations instead of the O(C·N·L·(L+H)) of the windows
// themselves: neighbouring windows share all rows but two, so with v the series, N windows and S[i][j] = Σ_w v[w+i]·v[w+j],
//
//	S[i+1][j+1] = S[i][j] − v[i]·v[j] + v[N+i]·v[N+j].
//
// Only the first row, the autocovariance at lags 0 … L+H-1, is summed over the windows.
func newMoments(ctx context.Context, w model.Windows) (*moments, error) {
	l, h, c, n := w.Lookback(), w.Horizon(), w.Channels(), w.Len()
	span := l + h
	lags, err := lagSums(ctx, w.Values(), n, c, span)
	if err != nil {
		return nil, err
	}
	head := rowProducts(w.Values()[:span*c], l, span, c)
	tail := rowProducts(w.Values()[n*c:], l, span, c) // the last row of the part closes the last window, so this is span-1 rows
	sums, squares := slidingSums(w.Values(), n, c, span)

	m := &moments{n: float64(n * c), zz: mat.NewDense(l+1, l+1, nil), zy: mat.NewDense(l+1, h, nil)}
	row := lags // S[i], indexed by j; row i is known for j >= i
	for i := range l {
		for j := i; j < span; j++ {
			if j < l {
				m.zz.Set(i, j, row[j])
				m.zz.Set(j, i, row[j])
			} else {
				m.zy.Set(i, j-l, row[j])
			}
		}
		next := make([]float64, span)
		for j := i; j+1 < span; j++ {
			next[j+1] = row[j] - head.At(i, j) + tail.At(i, j)
		}
		row = next
	}
	for i := range l {
		m.zz.Set(i, l, sums[i])
		m.zz.Set(l, i, sums[i])
	}
	m.zz.Set(l, l, m.n)
	m.zy.SetRow(l, sums[l:])
	m.yy = floats.Sum(squares[l:])
	return m, nil
}

// lagSums is: for d := range span { lags[d] = Σ_c Σ_{w<n} v[w][c]·v[w+d][c] }. Channels are summed in their order, so
// the bits do not depend on the number of threads.
func lagSums(ctx context.Context, values []float32, n, c, span int) ([]float64, error) {
	perChannel := make([][]float64, c)
	var group sync.WaitGroup
	channels := make(chan int)
	for range kernels.Threads() {
		group.Go(func() {
			v := make([]float64, n+span-1)
			for ch := range channels {
				for t := range v {
					v[t] = float64(values[t*c+ch])
				}
				lags := make([]float64, span)
				for d := range lags {
					lags[d] = floats.Dot(v[:n], v[d:d+n])
				}
				perChannel[ch] = lags
			}
		})
	}
	for ch := range c {
		if ctx.Err() != nil {
			break
		}
		channels <- ch
	}
	close(channels)
	group.Wait()
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	total := make([]float64, span)
	for _, lags := range perChannel {
		floats.Add(total, lags)
	}
	return total, nil
}

// rowProducts is: for i := range l { for j := range span-1 { p[i][j] = Σ_c rows[i][c]·rows[j][c] } }, rows (span-1 or more, C).
func rowProducts(rows []float32, l, span, c int) *mat.Dense {
	v := make([]float64, (span-1)*c)
	for i := range v {
		v[i] = float64(rows[i])
	}
	p := mat.NewDense(l, span-1, nil)
	all := blas64.General{Rows: span - 1, Cols: c, Stride: c, Data: v}
	first := blas64.General{Rows: l, Cols: c, Stride: c, Data: v}
	blas64.Gemm(blas.NoTrans, blas.Trans, 1, first, all, 0, p.RawMatrix())
	return p
}

// slidingSums is: for j := range span { sums[j] = Σ_c Σ_{w<n} v[w+j][c]; squares[j] = Σ_c Σ_{w<n} v[w+j][c]² }.
func slidingSums(values []float32, n, c, span int) (sums, squares []float64) {
	rowSum, rowSquare := make([]float64, n+span), make([]float64, n+span) // prefix sums over rows
	for t := range n + span - 1 {
		var s, q float64
		for _, v := range values[t*c : (t+1)*c] {
			s += float64(v)
			q += float64(v) * float64(v)
		}
		rowSum[t+1], rowSquare[t+1] = rowSum[t]+s, rowSquare[t]+q
	}
	sums, squares = make([]float64, span), make([]float64, span)
	for j := range span {
		sums[j], squares[j] = rowSum[j+n]-rowSum[j], rowSquare[j+n]-rowSquare[j]
	}
	return sums, squares
}

// instanceNormed returns the moments of the same windows after every window's own input mean μ is taken off its input
// and its target: x − μ, y − μ. It follows from the moments alone, since μ = 1ᵀx/L is linear in x.
func (m *moments) instanceNormed() *moments {
	l, h := m.zz.RawMatrix().Rows-1, m.zy.RawMatrix().Cols
	center := mat.NewDense(l+1, l+1, nil) // z ↦ [x − μ; 1]
	for i := range l {
		for j := range l {
			center.Set(i, j, -1/float64(l))
		}
		center.Set(i, i, 1-1/float64(l))
	}
	center.Set(l, l, 1)
	mean := mat.NewVecDense(l+1, nil) // z ↦ μ
	for i := range l {
		mean.SetVec(i, 1/float64(l))
	}

	out := &moments{n: m.n, zz: mat.NewDense(l+1, l+1, nil), zy: mat.NewDense(l+1, h, nil)}
	out.zz.Product(center, m.zz, center.T())
	var zmu mat.VecDense // Σ z μ
	zmu.MulVec(m.zz, mean)
	shifted := mat.DenseCopyOf(m.zy) // Σ z (y − μ)ᵀ
	for j := range h {
		for i := range l + 1 {
			shifted.Set(i, j, shifted.At(i, j)-zmu.AtVec(i))
		}
	}
	out.zy.Mul(center, shifted)
	var muy mat.VecDense // Σ μ y
	muy.MulVec(m.zy.T(), mean)
	out.yy = m.yy - 2*mat.Sum(&muy) + float64(h)*mat.Dot(mean, &zmu)
	return out
}

// squaredError is Σ |y − Wᵀz|² over the samples of the moments, for weights w (L+1, H) whose last row is the intercept.
func (m *moments) squaredError(w *mat.Dense) float64 {
	var zzw mat.Dense
	zzw.Mul(m.zz, w)
	zzw.Sub(&zzw, scaled(2, m.zy))
	return m.yy + floats.Dot(w.RawMatrix().Data, zzw.RawMatrix().Data)
}

func scaled(f float64, a *mat.Dense) *mat.Dense {
	var b mat.Dense
	b.Scale(f, a)
	return &b
}
