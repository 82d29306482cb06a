// The alignment score of two branches: linear centred kernel alignment of a subset of their tokens
// (Kornblith et al. 2019, equation 3).

package kernels

import (
	"math"

	"ecalf/kernels/internal/memory"
)

const (
	// MaxCKARows is the largest number of tokens that Ops.CKA looks at.
	MaxCKARows = 512
	// ckaGroup rows of the Gram matrices are summed at a time, ckaLeast is the norm below which features count
	// as constant.
	ckaGroup = 16
	ckaLeast = 1e-12
)

// ckaRows returns how many of t tokens are taken, and their distance: row i is token i·step mod t, all different
// and spread over samples and channels.
func ckaRows(t int) (n, step int) {
	n = min(t, MaxCKARows)
	for step = ceil(t, max(n, 1)); gcd(step, t) > 1; step++ {
	}
	return n, step
}

func gcd(a, b int) int {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

func (l *level) cka(score, x, z Buf, t, d int) {
	const op = "CKA"
	sizes(op, t, d)
	need(op, "score", score, 1)
	need(op, "x", x, t*d)
	need(op, "z", z, t*d)
	if score.Host[0] = 0; t == 0 {
		return
	}
	n, step := ckaRows(t)
	space := memory.Borrow(2 * n * d)
	defer memory.GiveBack(space)
	cx, cz := space[:n*d], space[n*d:]
	parallelStrips(d, 4*n, func(lo, hi int) {
		l.leaf.centre(cx, x.Host, n, step, t, d, lo, hi)
		l.leaf.centre(cz, z.Host, n, step, t, d, lo, hi)
	})
	var parts [MaxCKARows / ckaGroup][3]float64
	Parallel(ceil(n, ckaGroup), func(i int) {
		l.leaf.gramSums(&parts[i], cx, cz, n, d, i*ckaGroup, min((i+1)*ckaGroup, n))
	})
	var xz, xx, zz float64
	for _, p := range parts {
		xz, xx, zz = xz+p[0], xx+p[1], zz+p[2]
	}
	if norm := math.Sqrt(xx) * math.Sqrt(zz); !(norm <= ckaLeast) {
		score.Host[0] = float32(clip(xz/norm, 0, 1))
	}
}

// centreReference gives columns [lo, hi) of the n chosen rows of x less their mean.
func centreReference(y, x []float32, n, step, t, d, lo, hi int) {
	for j := lo; j < hi; j++ {
		var mean float64
		for i := range n {
			mean += float64(x[i*step%t*d+j])
		}
		mean /= float64(n)
		for i := range n {
			y[i*d+j] = float32(float64(x[i*step%t*d+j]) - mean)
		}
	}
}

// gramSumsReference gives the parts of Σ(XXᵀ)(ZZᵀ), Σ(XXᵀ)² and Σ(ZZᵀ)² of rows [lo, hi), and of the
// columns of the same numbers below them.
func gramSumsReference(sums *[3]float64, x, z []float32, n, d, lo, hi int) {
	*sums = [3]float64{}
	for i := lo; i < hi; i++ {
		for j := i; j < n; j++ {
			inX, inZ := dot(x[i*d:][:d], x[j*d:][:d]), dot(z[i*d:][:d], z[j*d:][:d])
			both := 2.0 // (i, j) and (j, i)
			if i == j {
				both = 1
			}
			sums[0] += both * inX * inZ
			sums[1] += both * inX * inX
			sums[2] += both * inZ * inZ
		}
	}
}
