// Row norms: LayerNorm and RMSNorm, forward and backward.

package kernels

import "math"

func (l *level) layerNorm(y, mean, rstd, x, gamma, beta Buf, r, c int, eps float32) {
	const op = "LayerNorm"
	sizes(op, r, c)
	need(op, "y", y, r*c)
	need(op, "mean", mean, r)
	need(op, "rstd", rstd, r)
	need(op, "x", x, r*c)
	optional(op, "gamma", gamma, c)
	optional(op, "beta", beta, c)
	parallelSpans(r, c, func(lo, hi int) {
		l.leaf.layerNorm(y.Host[lo*c:hi*c], mean.Host[lo:hi], rstd.Host[lo:hi], x.Host[lo*c:hi*c],
			gamma.Host, beta.Host, c, eps)
	})
}

func (l *level) layerNormGrad(dx, dgamma, dbeta Grad, dy, x, mean, rstd, gamma Buf, r, c int) {
	const op = "LayerNormGrad"
	sizes(op, r, c)
	optional(op, "dx", dx.Buf, r*c)
	optional(op, "dgamma", dgamma.Buf, c)
	optional(op, "dbeta", dbeta.Buf, c)
	need(op, "dy", dy, r*c)
	need(op, "x", x, r*c)
	need(op, "mean", mean, r)
	need(op, "rstd", rstd, r)
	optional(op, "gamma", gamma, c)
	if dx.Len != 0 {
		parallelSpans(r, c, func(lo, hi int) {
			l.leaf.layerNormGrad(dx.Host[lo*c:hi*c], dy.Host[lo*c:hi*c], x.Host[lo*c:hi*c],
				mean.Host[lo:hi], rstd.Host[lo:hi], gamma.Host, c, dx.Add)
		})
	}
	l.normParamGrad(dgamma, dbeta, dy, x, mean, rstd, r, c)
}

// normParamGrad is dgamma = Σ_rows dy·(x−mean)·rstd and dbeta = Σ_rows dy, mean
// being 0 where empty. Columns are split over threads.
func (l *level) normParamGrad(dgamma, dbeta Grad, dy, x, mean, rstd Buf, r, c int) {
	if dgamma.Len == 0 && dbeta.Len == 0 {
		return
	}
	parallelStrips(c, r, func(lo, hi int) {
		l.leaf.normParamGrad(dgamma, dbeta, dy.Host, x.Host, mean.Host, rstd.Host, r, c, lo, hi)
	})
}

func (l *level) rmsNorm(y, rstd, x, gamma Buf, r, c int, eps float32) {
	const op = "RMSNorm"
	sizes(op, r, c)
	need(op, "y", y, r*c)
	need(op, "rstd", rstd, r)
	need(op, "x", x, r*c)
	optional(op, "gamma", gamma, c)
	parallelSpans(r, c, func(lo, hi int) {
		l.leaf.layerNorm(y.Host[lo*c:hi*c], nil, rstd.Host[lo:hi], x.Host[lo*c:hi*c], gamma.Host, nil, c, eps)
	})
}

func (l *level) rmsNormGrad(dx, dgamma Grad, dy, x, rstd, gamma Buf, r, c int) {
	const op = "RMSNormGrad"
	sizes(op, r, c)
	optional(op, "dx", dx.Buf, r*c)
	optional(op, "dgamma", dgamma.Buf, c)
	need(op, "dy", dy, r*c)
	need(op, "x", x, r*c)
	need(op, "rstd", rstd, r)
	optional(op, "gamma", gamma, c)
	if dx.Len != 0 {
		parallelSpans(r, c, func(lo, hi int) {
			l.leaf.layerNormGrad(dx.Host[lo*c:hi*c], dy.Host[lo*c:hi*c], x.Host[lo*c:hi*c],
				nil, rstd.Host[lo:hi], gamma.Host, c, dx.Add)
		})
	}
	l.normParamGrad(dgamma, Grad{}, dy, x, Buf{}, rstd, r, c)
}

// layerNormReference normalises len(rstd) rows; an empty mean makes it RMSNorm.
func layerNormReference(y, mean, rstd, x, gamma, beta []float32, c int, eps float32) {
	for r := range rstd {
		x, y := x[r*c:(r+1)*c], y[r*c:(r+1)*c]
		var mu, variance float64
		if len(mean) != 0 {
			for _, v := range x {
				mu += float64(v)
			}
			mu /= float64(c)
			mean[r] = float32(mu)
		}
		for _, v := range x {
			variance += (float64(v) - mu) * (float64(v) - mu)
		}
		s := 1 / math.Sqrt(variance/float64(c)+float64(eps))
		rstd[r] = float32(s)
		for i, v := range x {
			y[i] = float32((float64(v)-mu)*s*at(gamma, i, 1) + at(beta, i, 0))
		}
	}
}

// at is x[i], or def where x is left out.
func at(x []float32, i int, def float64) float64 {
	if len(x) == 0 {
		return def
	}
	return float64(x[i])
}

// layerNormGradReference gives dx of len(rstd) rows; an empty mean makes it RMSNorm's.
func layerNormGradReference(dx, dy, x, mean, rstd, gamma []float32, c int, add bool) {
	for r, s := range rstd {
		dx, dy, x := dx[r*c:(r+1)*c], dy[r*c:(r+1)*c], x[r*c:(r+1)*c]
		mu, s := at(mean, r, 0), float64(s)
		var sumG, sumGX float64
		for i, v := range x {
			g := float64(dy[i]) * at(gamma, i, 1)
			sumG += g
			sumGX += g * (float64(v) - mu) * s
		}
		if len(mean) == 0 {
			sumG = 0
		}
		for i, v := range x {
			g := float64(dy[i]) * at(gamma, i, 1)
			put(&dx[i], s*(g-sumG/float64(c)-(float64(v)-mu)*s*sumGX/float64(c)), add)
		}
	}
}

// normParamGradReference sums over r rows for columns [lo, hi).
func normParamGradReference(dgamma, dbeta Grad, dy, x, mean, rstd []float32, r, c, lo, hi int) {
	for j := lo; j < hi; j++ {
		var g, b float64
		for i := range r {
			d := float64(dy[i*c+j])
			b += d
			g += d * (float64(x[i*c+j]) - at(mean, i, 0)) * float64(rstd[i])
		}
		if dgamma.Len != 0 {
			put(&dgamma.Host[j], g, dgamma.Add)
		}
		if dbeta.Len != 0 {
			put(&dbeta.Host[j], b, dbeta.Add)
		}
	}
}
