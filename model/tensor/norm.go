// Normalisation: over the last axis, and of each channel over its time.

package tensor

import "ecalf/kernels"

// Affine is what a norm does last: y = x·Gamma + Beta, each (D) or nil.
type Affine struct{ Gamma, Beta *Tensor }

// LayerNorm is y = (x − mean)/√(var + eps)·gamma + beta over the last axis (D) of x, the
// variance being the biased one (Ba et al. 2016). The first axis of x falls into as many
// equal parts as there are affine maps, and each has its own.
func (tp *Tape) LayerNorm(x *Tensor, eps float32, maps ...Affine) *Tensor {
	const op = "LayerNorm"
	r, c := normSizes(op, x, maps)
	y := tp.normed(x, maps)
	mean, rstd := tp.arena.alloc(r), tp.arena.alloc(r)
	for i, m := range maps {
		p := part{i, len(maps)}
		tp.ops.LayerNorm(p.of(y.Buf), p.of(mean), p.of(rstd), p.of(x.Buf), bufOf(m.Gamma), bufOf(m.Beta), r/len(maps), c, eps)
	}
	if y.needs {
		tp.record(y, func() {
			dx := tp.grad(x)
			for i, m := range maps {
				p := part{i, len(maps)}
				tp.ops.LayerNormGrad(p.ofGrad(dx), tp.grad(m.Gamma), tp.grad(m.Beta), p.of(y.grad), p.of(x.Buf), p.of(mean), p.of(rstd), bufOf(m.Gamma), r/len(maps), c)
			}
		})
	}
	return y
}

// RMSNorm is y = x/√(mean x² + eps)·gamma over the last axis (D) of x (Zhang & Sennrich
// 2019), in parts as LayerNorm. There is no Beta.
func (tp *Tape) RMSNorm(x *Tensor, eps float32, maps ...Affine) *Tensor {
	const op = "RMSNorm"
	r, c := normSizes(op, x, maps)
	y := tp.normed(x, maps)
	rstd := tp.arena.alloc(r)
	for i, m := range maps {
		if m.Beta != nil {
			panicf(op, "beta %v, it has none", m.Beta.dims)
		}
		p := part{i, len(maps)}
		tp.ops.RMSNorm(p.of(y.Buf), p.of(rstd), p.of(x.Buf), bufOf(m.Gamma), r/len(maps), c, eps)
	}
	if y.needs {
		tp.record(y, func() {
			dx := tp.grad(x)
			for i, m := range maps {
				p := part{i, len(maps)}
				tp.ops.RMSNormGrad(p.ofGrad(dx), tp.grad(m.Gamma), p.of(y.grad), p.of(x.Buf), p.of(rstd), bufOf(m.Gamma), r/len(maps), c)
			}
		})
	}
	return y
}

// normed is a result for x that depends on x and maps.
func (tp *Tape) normed(x *Tensor, maps []Affine) *Tensor {
	y := tp.result(x.dims, x)
	y.spare = true
	for _, m := range maps {
		y.needs = y.needs || tp.training && (m.Gamma != nil && m.Gamma.needs || m.Beta != nil && m.Beta.needs)
	}
	return y
}

// part is the i-th of n equal parts of an array.
type part struct{ i, n int }

func (p part) of(b kernels.Buf) kernels.Buf {
	size := b.Len / p.n
	return b.Slice(p.i*size, (p.i+1)*size)
}

func (p part) ofGrad(g kernels.Grad) kernels.Grad {
	return kernels.Grad{Buf: p.of(g.Buf), Add: g.Add}
}

func normSizes(op string, x *Tensor, maps []Affine) (rows, width int) {
	if len(maps) == 0 || x.Rank() == 0 || len(maps) > 1 && (x.Rank() < 2 || x.Dim(0)%len(maps) != 0) {
		panicf(op, "%v in %d parts", x.dims, len(maps))
	}
	width = x.Dim(-1)
	for _, m := range maps {
		for _, p := range []*Tensor{m.Gamma, m.Beta} {
			if p != nil && p.Len() != width {
				panicf(op, "parameter %v for rows of %v", p.dims, x.dims)
			}
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
