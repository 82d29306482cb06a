// Adding to a tensor in place: what an adapter of a frozen map does.

package tensor

import "ecalf/kernels"

// LinearOnto is y with scale·x·wᵀ added to its leading part: x (n, …, K) and w (N, K) change the first n entries of
// y (m ≥ n, …, N). It takes over y's memory: y must come from an operation that does not need its result for the
// gradient, and must not be used any more.
func (tp *Tape) LinearOnto(y, x, w *Tensor, scale float32) *Tensor {
	const op = "LinearOnto"
	if w.Rank() != 2 || x.Dim(-1) != w.Dim(1) || y.Dim(-1) != w.Dim(0) || y.root != nil || y.keeps {
		panicf(op, "x %v and weights %v onto %v", x.dims, w.dims, y.dims)
	}
	n, k := w.Dim(0), w.Dim(1)
	rows := x.Len() / max(k, 1)
	if rows*n > y.Len() {
		panicf(op, "%d rows onto %v", rows, y.dims)
	}
	z := tp.slab.next()
	*z = Tensor{Buf: y.Buf, dims: y.dims, be: y.be, needs: tp.training && (y.needs || x.needs || w.needs)}
	tp.weigh(kernels.Onto(y.Buf.Slice(0, rows*n)), x.Buf, w, kernels.Product{M: rows, N: n, K: k, TransB: true, Scale: scale})
	if z.needs {
		tp.record(z, func() {
			d := z.grad.Slice(0, rows*n)
			tp.multiply(tp.grad(w), d, x.Buf, kernels.Product{M: n, N: k, K: rows, TransA: true, Scale: scale})
			tp.weigh(tp.grad(x), d, w, kernels.Product{M: rows, N: k, K: n, Scale: scale})
			tp.pass(y, z)
		})
	}
	return z
}
