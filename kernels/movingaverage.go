// The centred moving average over time with repeated ends: DLinear's trend.

package kernels

func (l *level) movingAverage(y, x Buf, outer, steps, inner, width int) {
	checkMovingAverage("MovingAverage", y, x, outer, steps, inner, width)
	n := steps * inner
	parallelSpans(outer, n, func(lo, hi int) {
		l.leaf.movingAverage(y.Host[lo*n:hi*n], x.Host[lo*n:hi*n], steps, inner, width)
	})
}

func (l *level) movingAverageGrad(dx Grad, dy Buf, outer, steps, inner, width int) {
	if dx.Len == 0 {
		return
	}
	checkMovingAverage("MovingAverageGrad", dx.Buf, dy, outer, steps, inner, width)
	n := steps * inner
	parallelSpans(outer, n, func(lo, hi int) {
		l.leaf.movingAverageGrad(dx.Host[lo*n:hi*n], dy.Host[lo*n:hi*n], steps, inner, width, dx.Add)
	})
}

func checkMovingAverage(op string, y, x Buf, outer, steps, inner, width int) {
	sizes(op, outer, steps, inner)
	if width < 1 || width%2 == 0 {
		panicf(op, "width %d, want an odd number above 0", width)
	}
	need(op, "destination", y, outer*steps*inner)
	need(op, "source", x, outer*steps*inner)
}

func movingAverageReference(y, x []float32, steps, inner, width int) {
	reach := (width - 1) / 2
	for ; len(x) > 0; x, y = x[steps*inner:], y[steps*inner:] {
		for t := range steps {
			for i := range inner {
				var s float64
				for w := t - reach; w <= t+reach; w++ {
					s += float64(x[min(max(w, 0), steps-1)*inner+i])
				}
				y[t*inner+i] = float32(s / float64(width))
			}
		}
	}
}

// movingAverageGradReference gathers: step t receives from the outputs whose windows
// hold it, and the two end steps also from those whose windows reach beyond them.
func movingAverageGradReference(dx, dy []float32, steps, inner, width int, add bool) {
	reach := (width - 1) / 2
	for len(dy) > 0 {
		for t := range steps {
			for i := range inner {
				var s float64
				for o := max(0, t-reach); o <= min(steps-1, t+reach); o++ {
					s += float64(dy[o*inner+i])
				}
				if t == 0 {
					for o := range min(reach, steps) { // window of o has reach−o places before 0
						s += float64(reach-o) * float64(dy[o*inner+i])
					}
				}
				if t == steps-1 {
					for o := max(0, steps-reach); o < steps; o++ {
						s += float64(o+reach-t) * float64(dy[o*inner+i])
					}
				}
				put(&dx[t*inner+i], s/float64(width), add)
			}
		}
		dx, dy = dx[steps*inner:], dy[steps*inner:]
	}
}
