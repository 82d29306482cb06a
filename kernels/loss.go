// Losses and the squared norm: reductions of a whole array to one number.

package kernels

import (
	"fmt"
	"math"
)

// LossKind is the penalty ℓ of a difference.
type LossKind int

const (
	MSE      LossKind = iota // d²
	L1                       // |d|, derivative 0 at 0
	SmoothL1                 // d²/2 where |d| < 1, else |d| − 1/2
	numLoss
)

// LossKinds returns every LossKind.
func LossKinds() []LossKind { return []LossKind{MSE, L1, SmoothL1} }

func (k LossKind) String() string {
	if k < 0 || k >= numLoss {
		return fmt.Sprintf("LossKind(%d)", int(k))
	}
	return [...]string{"mse", "l1", "smooth-l1"}[k]
}

func (k LossKind) value(d float64) float64 {
	switch {
	case k == MSE:
		return d * d
	case k == SmoothL1 && math.Abs(d) < 1:
		return d * d / 2
	case k == SmoothL1:
		return math.Abs(d) - 0.5
	}
	return math.Abs(d)
}

func (k LossKind) slope(d float64) float64 {
	switch {
	case k == MSE:
		return 2 * d
	case k == SmoothL1 && math.Abs(d) < 1:
		return d
	}
	return Abs.slope(d)
}

// reduce is Σ f(lo, hi) over the chunks of [0, n). A chunk is short enough for float32
// sums; the chunks of a part, and then the parts, are added in order, so that the total does
// not depend on who summed which.
func reduce(n int, f func(lo, hi int) float64) (total float64) {
	const chunk, parts = 1 << 14, 64
	if n <= chunk {
		return f(0, n)
	}
	var sums [parts]float64
	chunks := ceil(n, chunk)
	parallel(parts, n >= wakingWork, func(i int) {
		for c := i * chunks / parts; c < (i+1)*chunks/parts; c++ {
			sums[i] += f(c*chunk, min((c+1)*chunk, n))
		}
	})
	for _, s := range sums {
		total += s
	}
	return total
}

func (l *level) loss(kind LossKind, loss Grad, x, y Buf, n int) {
	const op = "Loss"
	need(op, "loss", loss.Buf, 1)
	need(op, "x", x, n)
	need(op, "y", y, n)
	total := reduce(n, func(lo, hi int) float64 { return l.leaf.loss(kind, x.Host[lo:hi], y.Host[lo:hi]) })
	put(&loss.Host[0], total/float64(n), loss.Add)
}

func (l *level) lossGrad(kind LossKind, dx, dy Grad, dloss, x, y Buf, n int) {
	const op = "LossGrad"
	optional(op, "dx", dx.Buf, n)
	optional(op, "dy", dy.Buf, n)
	need(op, "dloss", dloss, 1)
	need(op, "x", x, n)
	need(op, "y", y, n)
	for _, side := range []struct {
		d    Grad
		sign float32
	}{{dx, 1}, {dy, -1}} {
		if side.d.Len != 0 {
			parallelSpans(n, 1, func(lo, hi int) {
				l.leaf.lossGrad(kind, side.d.Host[lo:hi], x.Host[lo:hi], y.Host[lo:hi],
					side.sign*dloss.Host[0]/float32(n), side.d.Add)
			})
		}
	}
}

func (l *level) sumSquares(y Grad, x Buf, n int) {
	need("SumSquares", "y", y.Buf, 1)
	need("SumSquares", "x", x, n)
	total := reduce(n, func(lo, hi int) float64 { return l.leaf.sumSquares(x.Host[lo:hi]) })
	put(&y.Host[0], total, y.Add)
}

func lossReference(kind LossKind, x, y []float32) (sum float64) {
	for i := range x {
		sum += kind.value(float64(x[i]) - float64(y[i]))
	}
	return sum
}

// lossGradReference is d = factor·ℓ'(x − y).
func lossGradReference(kind LossKind, d, x, y []float32, factor float32, add bool) {
	for i := range x {
		put(&d[i], float64(factor)*kind.slope(float64(x[i])-float64(y[i])), add)
	}
}

func sumSquaresReference(x []float32) (sum float64) {
	for _, v := range x {
		sum += float64(v) * float64(v)
	}
	return sum
}
