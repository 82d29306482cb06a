// Instance norm: per sample and channel over time, and the way back.

package kernels

import "math"

func (l *level) instanceNorm(y, mean, std, x Buf, b, steps, c int, eps float32) {
	const op = "InstanceNorm"
	sizes(op, b, steps, c)
	need(op, "y", y, b*steps*c)
	need(op, "mean", mean, b*c)
	need(op, "std", std, b*c)
	need(op, "x", x, b*steps*c)
	parallelSpans(b, steps*c, func(lo, hi int) {
		n := steps * c
		l.leaf.instanceNorm(y.Host[lo*n:hi*n], mean.Host[lo*c:hi*c], std.Host[lo*c:hi*c], x.Host[lo*n:hi*n],
			hi-lo, steps, c, eps)
	})
}

func (l *level) instanceNormGrad(dx Grad, dy, std Buf, b, steps, c int) {
	if dx.Len != 0 {
		l.binary(Div, dx, dy, std, Channels(b, steps, c))
	}
}

func (l *level) denorm(y, x, mean, std Buf, b, steps, c int) {
	const op = "Denorm"
	sizes(op, b, steps, c)
	need(op, "y", y, b*steps*c)
	need(op, "x", x, b*steps*c)
	need(op, "mean", mean, b*c)
	need(op, "std", std, b*c)
	parallelSpans(b, steps*c, func(lo, hi int) {
		n := steps * c
		l.leaf.denorm(y.Host[lo*n:hi*n], x.Host[lo*n:hi*n], mean.Host[lo*c:hi*c], std.Host[lo*c:hi*c], hi-lo, steps, c)
	})
}

func (l *level) denormGrad(dx Grad, dy, std Buf, b, steps, c int) {
	if dx.Len != 0 {
		l.binary(Mul, dx, dy, std, Channels(b, steps, c))
	}
}

func instanceNormReference(y, mean, std, x []float32, b, steps, c int, eps float32) {
	for s := range b {
		x, y := x[s*steps*c:], y[s*steps*c:]
		for j := range c {
			var mu, variance float64
			for t := range steps {
				mu += float64(x[t*c+j])
			}
			mu /= float64(steps)
			for t := range steps {
				d := float64(x[t*c+j]) - mu
				variance += d * d
			}
			sd := math.Sqrt(variance/float64(steps) + float64(eps))
			mean[s*c+j], std[s*c+j] = float32(mu), float32(sd)
			for t := range steps {
				y[t*c+j] = float32((float64(x[t*c+j]) - mu) / sd)
			}
		}
	}
}

func denormReference(y, x, mean, std []float32, b, steps, c int) {
	for r := range b * steps {
		for j := range c {
			k := r/steps*c + j
			y[r*c+j] = float32(float64(x[r*c+j])*float64(std[k]) + float64(mean[k]))
		}
	}
}
