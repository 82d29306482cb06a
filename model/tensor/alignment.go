// What aligns two branches: descriptors of the window, distillation and contrast of their features, the
// alignment score.

package tensor

import "ecalf/kernels"

// Describe gives each channel's window of x (B, L, C) its descriptors, a constant (B, C, kernels.NumDescriptors). season is
// the number of steps of the data's season, halved until two of it fit into a window; below 2 there is none.
func (tp *Tape) Describe(x *Tensor, season int) *Tensor {
	b, l, c := series("Describe", x)
	for season > l/2 {
		season /= 2
	}
	phi := tp.result(dims{}.append(b, c, kernels.NumDescriptors))
	tp.ops.Describe(phi.Buf, x.Buf, b, l, c, season)
	return phi
}

// Distilled is what Distill makes of one level.
type Distilled struct {
	Losses       *Tensor // (3): the local loss, that of the relations, the global one
	MeanX, MeanZ *Tensor // (B, D): the mean tokens
}

// Distill compares two branches' features x and z (B, C, D) token by token with ℓ of that kind, by the cosines
// between the tokens of a sample if relation is set, and by the cosine of their mean tokens; see
// kernels.Ops. Without relation the second loss is 0 and costs nothing.
func (tp *Tape) Distill(kind kernels.LossKind, x, z *Tensor, relation bool) Distilled {
	sameShape("Distill", x, z)
	b, c, d := series("Distill", x)
	if x == z {
		panicf("Distill", "%v against itself: the gradients would overlap", x.dims)
	}
	p := kernels.Distillation{B: b, C: c, D: d, Kind: kind}
	// One result with three views, since all are differentiated at once.
	y := tp.result(dims{}.append(2*b*d+3), x, z)
	var kept, token kernels.Buf
	if relation {
		kept, token = tp.arena.alloc(b*c*c), tp.arena.alloc(4*b*c)
	}
	split := func(y kernels.Buf) (loss, meanX, meanZ kernels.Buf) {
		return y.Slice(2*b*d, 2*b*d+3), y.Slice(0, b*d), y.Slice(b*d, 2*b*d)
	}
	loss, meanX, meanZ := split(y.Buf)
	tp.ops.Distill(loss, meanX, meanZ, kept, token, x.Buf, z.Buf, p)
	if y.needs {
		tp.record(y, func() {
			dloss, dmeanX, dmeanZ := split(y.grad)
			tp.ops.DistillGrad(tp.grad(x), tp.grad(z), dloss, dmeanX, dmeanZ, meanX, meanZ, kept, token, x.Buf, z.Buf, p)
		})
	}
	mean := dims{}.append(b, d)
	return Distilled{tp.view(y, dims{}.append(3), 2*b*d), tp.view(y, mean, 0), tp.view(y, mean, b*d)}
}

// Contrast is the symmetric InfoNCE of the matching rows of x and z (B, D) among all pairs, at the
// temperature tau, which is a single number; see kernels.Ops. A scalar.
func (tp *Tape) Contrast(x, z, tau *Tensor) *Tensor {
	const op = "Contrast"
	sameShape(op, x, z)
	if x.Rank() != 2 || tau.Len() != 1 || x == z {
		panicf(op, "%v and %v at temperature %v, want two matrices and a number", x.dims, z.dims, tau.dims)
	}
	b, d := x.Dim(0), x.Dim(1)
	y := tp.result(dims{}, x, z, tau)
	rows, cols := tp.arena.alloc(b), tp.arena.alloc(b)
	tp.ops.Contrast(y.Buf, rows, cols, x.Buf, z.Buf, tau.Buf, b, d)
	if y.needs {
		tp.record(y, func() {
			tp.ops.ContrastGrad(tp.grad(x), tp.grad(z), tp.grad(tau), y.grad, rows, cols, x.Buf, z.Buf, tau.Buf, b, d)
		})
	}
	return y
}

// Clip is x moved into [lo, hi]; its gradient is 1 inside, else 0.
func (tp *Tape) Clip(x *Tensor, lo, hi float32) *Tensor {
	above := tp.Affine(tp.Unary(kernels.ReLU, tp.Affine(x, 1, -lo)), 1, lo)
	return tp.Affine(tp.Unary(kernels.ReLU, tp.Affine(above, -1, hi)), -1, hi)
}

// CKA is the linear centred kernel alignment of the tokens of x and z (…, D), a constant in [0, 1] from up to
// kernels.MaxCKARows of them; see kernels.Ops. A scalar.
func (tp *Tape) CKA(x, z *Tensor) *Tensor {
	sameShape("CKA", x, z)
	d := x.Dim(-1)
	score := tp.result(dims{})
	tp.ops.CKA(score.Buf, x.Buf, z.Buf, x.Len()/max(d, 1), d)
	return score
}
