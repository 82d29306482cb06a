// Moves: the same values in another order, a part of them, or several times.

package tensor

import "ecalf/kernels"

// walk visits elements of two arrays together: size[d] places along axis d, to[d] and
// from[d] apart in destination and source, beginning at toAt and fromAt.
type walk struct {
	rank         int
	size         [MaxDims]int
	to, from     [MaxDims]int
	toAt, fromAt int
}

// walkOver visits d in its order, with the given strides.
func walkOver(d dims, to, from [MaxDims]int) walk {
	return walk{rank: d.rank, size: d.size, to: to, from: from}
}

// back is the walk the other way.
func (w walk) back() walk {
	w.to, w.from, w.toAt, w.fromAt = w.from, w.to, w.fromAt, w.toAt
	return w
}

// merged joins axes that are one axis in both arrays.
func (w walk) merged() walk {
	m := walk{toAt: w.toAt, fromAt: w.fromAt}
	for d := range w.rank {
		n := w.size[d]
		if last := m.rank - 1; last >= 0 && m.to[last] == n*w.to[d] && m.from[last] == n*w.from[d] {
			m.size[last] *= n
			m.to[last], m.from[last] = w.to[d], w.from[d]
		} else if n != 1 {
			m.size[m.rank], m.to[m.rank], m.from[m.rank] = n, w.to[d], w.from[d]
			m.rank++
		}
	}
	return m
}

// move copies or adds src to dst along w.
func (tp *Tape) move(dst kernels.Grad, src kernels.Buf, w walk) {
	if dst.Len == 0 || src.Len == 0 {
		return
	}
	w = w.merged()
	layout, rounds := kernels.Layout{Dim: [4]int{1, 1, 1, 1}}, 1
	first := max(0, w.rank-4) // an axis too many is walked here
	if first > 0 {
		rounds = w.size[0]
	}
	for d := first; d < w.rank; d++ {
		at := 4 - w.rank + d
		layout.Dim[at], layout.Dst[at], layout.Src[at] = w.size[d], w.to[d], w.from[d]
	}
	for i := range rounds {
		to := dst
		to.Buf = dst.Slice(w.toAt+i*w.to[0], dst.Len)
		tp.ops.Move(to, src.Slice(w.fromAt+i*w.from[0], src.Len), layout)
	}
}

// moved is a new tensor of shape d whose elements w fetches from x; whole says that each
// element of x is fetched exactly once.
func (tp *Tape) moved(x *Tensor, d dims, w walk, whole bool) *Tensor {
	y := tp.result(d, x)
	tp.move(kernels.Into(y.Buf), x.Buf, w)
	if y.needs {
		tp.record(y, func() {
			if whole {
				tp.move(tp.grad(x), y.grad, w.back())
			} else {
				tp.move(tp.gradSum(x), y.grad, w.back())
			}
		})
	}
	return y
}

// Permute returns x with axis order[i] as its axis i.
func (tp *Tape) Permute(x *Tensor, order ...int) *Tensor {
	if len(order) != x.Rank() {
		panicf("Permute", "order %v of %v", order, x.dims)
	}
	var d dims
	var from [MaxDims]int
	strides, seen := x.dims.strides(), [MaxDims]bool{}
	for i, axis := range order {
		axis = x.dims.axis("Permute", axis)
		if seen[axis] {
			panicf("Permute", "order %v has an axis twice", order)
		}
		seen[axis] = true
		d = d.append(x.dims.size[axis])
		from[i] = strides[axis]
	}
	return tp.moved(x, d, walkOver(d, d.strides(), from), true)
}

// Transpose exchanges two axes.
func (tp *Tape) Transpose(x *Tensor, a, b int) *Tensor {
	order := [MaxDims]int{0, 1, 2, 3, 4}
	a, b = x.dims.axis("Transpose", a), x.dims.axis("Transpose", b)
	order[a], order[b] = b, a
	return tp.Permute(x, order[:x.Rank()]...)
}

// Slice returns entries [lo, hi) of an axis. See Rows for the first.
func (tp *Tape) Slice(x *Tensor, axis, lo, hi int) *Tensor {
	axis = x.dims.axis("Slice", axis)
	if lo < 0 || hi < lo || hi > x.dims.size[axis] {
		panicf("Slice", "[%d, %d) of axis %d of %v", lo, hi, axis, x.dims)
	}
	d, from := x.dims.with(axis, hi-lo), x.dims.strides()
	w := walkOver(d, d.strides(), from)
	w.fromAt = lo * from[axis]
	return tp.moved(x, d, w, false)
}

// Concat joins tensors, which differ in the size of that axis alone, along an axis.
func (tp *Tape) Concat(axis int, xs ...*Tensor) *Tensor {
	axis = xs[0].dims.axis("Concat", axis)
	n := 0
	for _, x := range xs {
		if x.Rank() != xs[0].Rank() || x.dims.with(axis, 0) != xs[0].dims.with(axis, 0) {
			panicf("Concat", "%v and %v along axis %d", xs[0].dims, x.dims, axis)
		}
		n += x.dims.size[axis]
	}
	d := xs[0].dims.with(axis, n)
	y, to := tp.result(d, xs...), d.strides()
	at := 0
	for _, x := range xs {
		w := walkOver(x.dims, to, x.dims.strides())
		w.toAt = at
		at += x.dims.size[axis] * to[axis]
		tp.move(kernels.Into(y.Buf), x.Buf, w)
	}
	if y.needs {
		parts := append([]*Tensor(nil), xs...)
		tp.record(y, func() {
			at := 0
			for _, x := range parts {
				w := walkOver(x.dims, x.dims.strides(), to)
				w.fromAt = at
				at += x.dims.size[axis] * to[axis]
				tp.move(tp.grad(x), y.grad, w)
			}
		})
	}
	return y
}

// Expand repeats x's axes of size 1 to the given shape, which has as many axes.
func (tp *Tape) Expand(x *Tensor, shape ...int) *Tensor {
	d, from := dimsOf("Expand", shape), x.dims.strides()
	if d.rank != x.Rank() {
		panicf("Expand", "%v to %v", x.dims, d)
	}
	for i, n := range shape {
		if x.dims.size[i] != n {
			if x.dims.size[i] != 1 {
				panicf("Expand", "%v to %v", x.dims, d)
			}
			from[i] = 0
		}
	}
	return tp.moved(x, d, walkOver(d, d.strides(), from), false)
}

// Unfold cuts the last axis (L) of x into windows of size steps that begin stride steps
// apart: (…, P, size), P = (L − size)/stride + 1. They are PatchTST's patches.
func (tp *Tape) Unfold(x *Tensor, size, stride int) *Tensor {
	l := x.Dim(-1)
	if size < 1 || stride < 1 || size > l {
		panicf("Unfold", "windows of %d every %d of %v", size, stride, x.dims)
	}
	d := x.dims.with(x.Rank()-1, (l-size)/stride+1).append(size)
	from := x.dims.strides()
	from[x.Rank()-1], from[x.Rank()] = stride, 1
	return tp.moved(x, d, walkOver(d, d.strides(), from), false)
}

// PadEdge repeats the first value of an axis before times before it and the last one
// after times after it.
func (tp *Tape) PadEdge(x *Tensor, axis, before, after int) *Tensor {
	axis = x.dims.axis("PadEdge", axis)
	n := x.dims.size[axis]
	if before < 0 || after < 0 || n == 0 {
		panicf("PadEdge", "%d and %d values beyond axis %d of %v", before, after, axis, x.dims)
	}
	d := x.dims.with(axis, before+n+after)
	to, from := d.strides(), x.dims.strides()
	middle := walkOver(x.dims, to, from)
	middle.toAt = before * to[axis]
	edge := func(count, toAt, fromAt int) walk {
		w := walkOver(x.dims.with(axis, count), to, from)
		w.from[axis] = 0
		w.toAt, w.fromAt = toAt*to[axis], fromAt*from[axis]
		return w
	}
	walks := [3]walk{middle, edge(before, 0, 0), edge(after, before+n, n-1)}
	y := tp.result(d, x)
	for _, w := range walks {
		tp.move(kernels.Into(y.Buf), x.Buf, w)
	}
	if y.needs {
		tp.record(y, func() {
			for _, w := range walks { // the middle first: it reaches all of x
				tp.move(tp.grad(x), y.grad, w.back())
			}
		})
	}
	return y
}

// Gather returns the rows of the table x (R, D) that index (…) names: (…, D). The
// indices are whole numbers below R.
func (tp *Tape) Gather(x, index *Tensor) *Tensor {
	if x.Rank() != 2 {
		panicf("Gather", "table %v, want (R, D)", x.dims)
	}
	r, c, n := x.Dim(0), x.Dim(1), index.Len()
	y := tp.result(index.dims.append(c), x)
	tp.ops.Gather(y.Buf, x.Buf, index.Buf, n, r, c)
	if y.needs {
		tp.record(y, func() { tp.ops.GatherGrad(tp.gradSum(x).Buf, y.grad, index.Buf, n, r, c) })
	}
	return y
}
