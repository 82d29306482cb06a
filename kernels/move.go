// Moving elements: strided copies in four dimensions, gather and scatter.

package kernels

// Layout describes a Move: Dim sizes, and the distance in elements between
// neighbours along each dimension in dst and in src; offsets are taken with
// Buf.Slice. A source stride of 0 repeats, overlapping source strides unfold. If
// places of dst coincide, dst.Add sums what falls on them: that is the gradient of a
// repetition or an unfolding. Unused dimensions have size 1.
type Layout struct{ Dim, Dst, Src [4]int }

func (l *level) move(dst Grad, src Buf, v Layout) {
	const op = "Move"
	sizes(op, v.Dim[:]...)
	sizes(op, v.Dst[:]...)
	sizes(op, v.Src[:]...)
	n, spanDst, spanSrc := 1, 1, 1
	for d, size := range v.Dim {
		n *= size
		spanDst += (size - 1) * v.Dst[d]
		spanSrc += (size - 1) * v.Src[d]
	}
	if n == 0 {
		return
	}
	need(op, "dst", dst.Buf, spanDst)
	need(op, "src", src, spanSrc)
	for range 3 { // bring the first real dimension to the front, to be split
		if v.Dim[0] == 1 {
			v = Layout{rotate(v.Dim), rotate(v.Dst), rotate(v.Src)}
		}
	}
	if rest := spanDst - (v.Dim[0]-1)*v.Dst[0]; v.Dst[0] < rest && coincide(v) {
		l.leaf.move(dst.Host, src.Host, v, dst.Add)
		return
	}
	parallelSpans(v.Dim[0], n/v.Dim[0], func(lo, hi int) {
		w := v
		w.Dim[0] = hi - lo
		l.leaf.move(dst.Host[lo*v.Dst[0]:], src.Host[lo*v.Src[0]:], w, dst.Add)
	})
}

func rotate(s [4]int) [4]int { return [4]int{s[1], s[2], s[3], s[0]} }

// coincide reports whether two places of dst may be the same element: if, in the
// order of their strides, a dimension is shorter than the reach of those below it.
func coincide(v Layout) bool {
	reach := 1
	for range v.Dim {
		next := -1
		for d, size := range v.Dim {
			if size > 1 && (next < 0 || v.Dst[d] < v.Dst[next]) {
				next = d
			}
		}
		if next < 0 {
			return false
		}
		if v.Dst[next] < reach {
			return true
		}
		reach += (v.Dim[next] - 1) * v.Dst[next]
		v.Dim[next] = 1
	}
	return false
}

func moveReference(dst, src []float32, v Layout, add bool) {
	for i := range v.Dim[0] {
		for j := range v.Dim[1] {
			for k := range v.Dim[2] {
				d := i*v.Dst[0] + j*v.Dst[1] + k*v.Dst[2]
				s := i*v.Src[0] + j*v.Src[1] + k*v.Src[2]
				for range v.Dim[3] {
					if add {
						dst[d] += src[s]
					} else {
						dst[d] = src[s]
					}
					d += v.Dst[3]
					s += v.Src[3]
				}
			}
		}
	}
}

// row reads the i-th index of a gather over r rows.
func row(op string, index Buf, i, r int) int {
	k := int(index.Host[i])
	if k < 0 || k >= r || float32(k) != index.Host[i] {
		panicf(op, "index %d is %v, want a whole number below %d", i, index.Host[i], r)
	}
	return k
}

func gather(y, x, index Buf, n, r, c int) {
	const op = "Gather"
	sizes(op, n, r, c)
	need(op, "y", y, n*c)
	need(op, "x", x, r*c)
	need(op, "index", index, n)
	parallelSpans(n, c, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			k := row(op, index, i, r)
			copy(y.Host[i*c:(i+1)*c], x.Host[k*c:])
		}
	})
}

func gatherGrad(dx, dy, index Buf, n, r, c int) {
	const op = "GatherGrad"
	sizes(op, n, r, c)
	need(op, "dx", dx, r*c)
	need(op, "dy", dy, n*c)
	need(op, "index", index, n)
	parallelSpans(c, n, func(lo, hi int) {
		for i := range n {
			k := row(op, index, i, r)
			for j := lo; j < hi; j++ {
				dx.Host[k*c+j] += dy.Host[i*c+j]
			}
		}
	})
}
