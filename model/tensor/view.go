// Views: other shapes of the same memory. They cost nothing, and their gradient is a
// part of that of the tensor they show.

package tensor

// Reshape returns x's values, in their order, in another shape. One size may be −1: what
// is left for it. It is a view.
func (tp *Tape) Reshape(x *Tensor, shape ...int) *Tensor {
	rest, open := x.Len(), -1
	var d dims
	for i, n := range shape {
		if n == -1 && open < 0 {
			open, n = i, 1
		}
		d = d.append(n)
		rest /= max(n, 1)
	}
	if open >= 0 {
		d.size[open] = rest
	}
	if d.len() != x.Len() {
		panicf("Reshape", "%v into %v", x.dims, shape)
	}
	return tp.view(x, d, 0)
}

// Rows returns entries [lo, hi) of the first axis. It is a view.
func (tp *Tape) Rows(x *Tensor, lo, hi int) *Tensor {
	if lo < 0 || hi < lo || x.Rank() == 0 || hi > x.Dim(0) {
		panicf("Rows", "[%d, %d) of %v", lo, hi, x.dims)
	}
	row := x.Len() / max(x.Dim(0), 1)
	return tp.view(x, x.dims.with(0, hi-lo), lo*row)
}

// Detach returns x's values as a constant. It is a view.
func (tp *Tape) Detach(x *Tensor) *Tensor {
	t := tp.view(x, x.dims, 0)
	t.needs = false
	return t
}
