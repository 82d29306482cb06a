// The fused linear layer: a matrix product with all that usually follows it.

package tensor

import "ecalf/kernels"

// Fused is what Linear does to its product. The zero value does nothing.
type Fused struct {
	Scale    float32 // of the product; 0 means 1
	Bias     *Tensor // (N)
	Act      kernels.UnaryOp
	Dropout  float32 // rate, in training
	Residual *Tensor // (…, N)
	InOut    bool    // w is stored (K, N), as GPT-2's Conv1D does

	// Spend says that nothing after this product uses x, not even the backward pass of something before it: x's memory
	// is given back at once, if the gradients of w and of x do without its values.
	Spend bool
}

// Linear is y = dropout(act(scale·x·wᵀ + bias)) + residual for x (…, K) and w (N, K):
// (…, N).
func (tp *Tape) Linear(x, w *Tensor, f Fused) *Tensor {
	const op = "Linear"
	if w.Rank() != 2 {
		panicf(op, "weights %v, want (N, K)", w.dims)
	}
	n, k := w.Dim(0), w.Dim(1)
	if f.InOut {
		n, k = k, n
	}
	if x.Rank() == 0 || x.Dim(-1) != k {
		panicf(op, "x %v for weights with %d inputs", x.dims, k)
	}
	y := tp.result(x.dims.with(x.Rank()-1, n), x, w, f.Bias, f.Residual)
	l := linear{Fused: f, x: x, w: w, y: y, pre: y.Buf, rows: y.Len() / max(n, 1), n: n, k: k, rate: tp.rate(f.Dropout)}
	p := kernels.Product{M: l.rows, N: n, K: k, TransB: !f.InOut, Scale: f.Scale, Act: f.Act}
	if f.Bias != nil {
		if f.Bias.Len() != n {
			panicf(op, "bias %v for %d outputs", f.Bias.dims, n)
		}
		p.Bias = f.Bias.Buf
	}
	if f.Residual != nil {
		sameShape(op, y, f.Residual)
		p.Residual = f.Residual.Buf
	}
	if l.rate > 0 {
		l.key = tp.key()
		p.DropRate, p.DropKey = l.rate, l.key
	}
	if y.needs && f.Act != kernels.Identity && (f.Act != kernels.ReLU || f.Residual != nil) {
		l.pre = tp.arena.alloc(y.Len())
		p.Pre = l.pre
	}
	y.spare = f.Act == kernels.Identity || p.Pre.Len != 0
	tp.weigh(kernels.Into(y.Buf), x.Buf, w, p)
	if y.needs {
		tp.record(y, func() { l.back(tp) })
	}
	if f.Spend && !(y.needs && w.needs) {
		tp.spend(x)
	}
	return y
}

// linear is what the backward pass of Linear needs.
type linear struct {
	Fused
	x, w, y    *Tensor
	pre        kernels.Buf // the argument of Act; y itself for ReLU, whose slope it tells as well
	rows, n, k int
	rate       float32
	key        kernels.Key
}

func (l *linear) back(tp *Tape) {
	d := l.y.grad // becomes the gradient of the product plus bias
	if l.Act != kernels.Identity || l.rate > 0 {
		from := d
		if l.Residual != nil && l.Residual.needs {
			d = tp.arena.alloc(d.Len)
			defer tp.arena.free(d)
		}
		switch {
		case l.rate == 0:
			tp.ops.UnaryGrad(l.Act, kernels.Into(d), from, l.pre, d.Len)
		case l.Act == kernels.Identity:
			tp.ops.Dropout(kernels.Into(d), from, d.Len, l.rate, l.key)
		default:
			tp.ops.UnaryDropGrad(l.Act, kernels.Into(d), from, l.pre, d.Len, l.rate, l.key)
		}
	}
	if db := tp.grad(l.Bias); db.Len != 0 {
		tp.ops.Sum(db, d, 1, l.rows, l.n, 1)
	}
	if l.InOut {
		tp.multiply(tp.grad(l.w), l.x.Buf, d, kernels.Product{M: l.k, N: l.n, K: l.rows, TransA: true, Scale: l.Scale})
	} else {
		tp.multiply(tp.grad(l.w), d, l.x.Buf, kernels.Product{M: l.n, N: l.k, K: l.rows, TransA: true, Scale: l.Scale})
	}
	tp.weigh(tp.grad(l.x), d, l.w, kernels.Product{M: l.rows, N: l.k, K: l.n, TransB: l.InOut, Scale: l.Scale})
	if l.Residual != nil {
		tp.pass(l.Residual, l.y)
	}
}

// multiply is dst = a·b in the tape's precision, or nothing where dst is not wanted.
func (tp *Tape) multiply(dst kernels.Grad, a, b kernels.Buf, p kernels.Product) {
	if dst.Len == 0 {
		return
	}
	p.Precision, p.Add = tp.Precision, dst.Add
	tp.ops.MatMul(dst.Buf, a, b, p)
}

// weigh is multiply with a right-hand side that may have been packed.
func (tp *Tape) weigh(dst kernels.Grad, a kernels.Buf, w *Tensor, p kernels.Product) {
	if dst.Len == 0 {
		return
	}
	p.Precision = tp.Precision
	b := w.Buf
	if p.Packed = w.pack(p); p.Packed.Owner != "" {
		b = kernels.Buf{}
	}
	tp.multiply(dst, a, b, p)
}
