// Normalisation: over the last axis, and of each channel over its time.

package tensor

import "ecalf/kernels"

// LayerNorm is y = (x − mean)/√(var + eps)·gamma + beta over the last axis (D) of x, the
// variance being the biased one (Ba et al. 2016). gamma and beta (D) may be nil.
func (tp *Tape) LayerNorm(x, gamma, beta *Tensor, eps float32) *Tensor {
	r, c := normSizes("LayerNorm", x, gamma, beta)
	y := tp.result(x.dims, x, gamma, beta)
	mean, rstd := tp.arena.alloc(r), tp.arena.alloc(r)
	tp.ops.LayerNorm(y.Buf, mean, rstd, x.Buf, bufOf(gamma), bufOf(beta), r, c, eps)
	if y.needs {
		tp.record(y, func() {
			tp.ops.LayerNormGrad(tp.grad(x), tp.grad(gamma), tp.grad(beta), y.grad, x.Buf, mean, rstd, bufOf(gamma), r, c)
		})
	}
	return y
}

// RMSNorm is y = x/√(mean x² + eps)·gamma over the last axis (D) of x (Zhang & Sennrich
// 2019). gamma (D) may be nil.
func (tp *Tape) RMSNorm(x, gamma *Tensor, eps float32) *Tensor {
	r, c := normSizes("RMSNorm", x, gamma, nil)
	y := tp.result(x.dims, x, gamma)
	rstd := tp.arena.alloc(r)
	tp.ops.RMSNorm(y.Buf, rstd, x.Buf, bufOf(gamma), r, c, eps)
	if y.needs {
		tp.record(y, func() {
			tp.ops.RMSNormGrad(tp.grad(x), tp.grad(gamma), y.grad, x.Buf, rstd, bufOf(gamma), r, c)
		})
	}
	return y
}

func normSizes(op string, x, gamma, beta *Tensor) (rows, width int) {
	width = x.Dim(-1)
	for _, p := range []*Tensor{gamma, beta} {
		if p != nil && p.Len() != width {
			panicf(op, "parameter %v for rows of %v", p.dims, x.dims)
		}
	}
	return x.Len() / max(width, 1), width
}

func bufOf(t *Tensor) kernels.Buf {
	if t == nil {
		return kernels.Buf{}
	}
	return t.Buf
}

// Moments are mean and standard deviation of each sample's channels: two constants of
// (B, C).
type Moments struct{ Mean, Std *Tensor }

// InstanceNorm is y = (x − mean)/std for x (B, L, C), mean and std = √(var + eps) being
// those of each sample's channel over its L steps, the variance the biased one. The
// gradient takes both for constants, as the field's models detach them (Kim et al. 2022,
// RevIN).
func (tp *Tape) InstanceNorm(x *Tensor, eps float32) (*Tensor, Moments) {
	b, l, c := series("InstanceNorm", x)
	y, stats := tp.result(x.dims, x), dims{}.append(b, c)
	m := Moments{Mean: tp.result(stats), Std: tp.result(stats)}
	tp.ops.InstanceNorm(y.Buf, m.Mean.Buf, m.Std.Buf, x.Buf, b, l, c, eps)
	if y.needs {
		tp.record(y, func() {
			dy := y.grad
			tp.ops.InstanceNormGrad(tp.gradOver(x, y), dy, m.Std.Buf, b, l, c)
		})
	}
	return y, m
}

// Denorm is y = x·std + mean for x (B, H, C): the way back from InstanceNorm.
func (tp *Tape) Denorm(x *Tensor, m Moments) *Tensor {
	b, l, c := series("Denorm", x)
	if m.Mean.Len() != b*c || m.Std.Len() != b*c {
		panicf("Denorm", "moments %v and %v of series %v", m.Mean.dims, m.Std.dims, x.dims)
	}
	y := tp.result(x.dims, x)
	tp.ops.Denorm(y.Buf, x.Buf, m.Mean.Buf, m.Std.Buf, b, l, c)
	if y.needs {
		tp.record(y, func() {
			dy := y.grad
			tp.ops.DenormGrad(tp.gradOver(x, y), dy, m.Std.Buf, b, l, c)
		})
	}
	return y
}

// series are the sizes of x (B, L, C).
func series(op string, x *Tensor) (b, l, c int) {
	if x.Rank() != 3 {
		panicf(op, "%v, want (B, L, C)", x.dims)
	}
	return x.dims.size[0], x.dims.size[1], x.dims.size[2]
}
