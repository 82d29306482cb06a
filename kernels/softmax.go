// Softmax over rows, forward and backward.

package kernels

import "math"

func (l *level) softmax(y, x Buf, r, c int) {
	sizes("Softmax", r, c)
	need("Softmax", "y", y, r*c)
	need("Softmax", "x", x, r*c)
	parallelSpans(r, c, func(lo, hi int) { l.leaf.softmax(y.Host[lo*c:hi*c], x.Host[lo*c:hi*c], hi-lo, c) })
}

func (l *level) softmaxGrad(dx Grad, dy, y Buf, r, c int) {
	if dx.Len == 0 {
		return
	}
	const op = "SoftmaxGrad"
	sizes(op, r, c)
	need(op, "dx", dx.Buf, r*c)
	need(op, "dy", dy, r*c)
	need(op, "y", y, r*c)
	parallelSpans(r, c, func(lo, hi int) {
		l.leaf.softmaxGrad(dx.Host[lo*c:hi*c], dy.Host[lo*c:hi*c], y.Host[lo*c:hi*c], hi-lo, c, dx.Add)
	})
}

func softmaxReference(y, x []float32, r, c int) {
	for i := range r {
		x, y := x[i*c:(i+1)*c], y[i*c:(i+1)*c]
		top := math.Inf(-1)
		for _, v := range x {
			top = max(top, float64(v))
		}
		var sum float64
		for _, v := range x {
			sum += math.Exp(float64(v) - top)
		}
		for j, v := range x {
			y[j] = float32(math.Exp(float64(v)-top) / sum)
		}
	}
}

func softmaxGradReference(dx, dy, y []float32, r, c int, add bool) {
	for i := range r {
		dx, dy, y := dx[i*c:(i+1)*c], dy[i*c:(i+1)*c], y[i*c:(i+1)*c]
		var dot float64
		for j := range y {
			dot += float64(dy[j]) * float64(y[j])
		}
		for j := range y {
			put(&dx[j], float64(y[j])*(float64(dy[j])-dot), add)
		}
	}
}
