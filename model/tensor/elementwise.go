// Functions of every element: of one tensor, of two with the second spread over the
// first, and dropout.

package tensor

import "ecalf/kernels"

// Unary is y = op(x), element by element.
func (tp *Tape) Unary(op kernels.UnaryOp, x *Tensor) *Tensor {
	y := tp.result(x.dims, x)
	tp.ops.Unary(op, y.Buf, x.Buf, x.Len())
	if y.needs {
		tp.record(y, func() {
			dy := y.grad
			tp.ops.UnaryGrad(op, tp.gradOver(x, y), dy, x.Buf, x.Len())
		})
	}
	return y
}

// Affine is y = alpha·x + beta.
func (tp *Tape) Affine(x *Tensor, alpha, beta float32) *Tensor {
	y := tp.result(x.dims, x)
	tp.ops.Affine(kernels.Into(y.Buf), x.Buf, x.Len(), alpha, beta)
	if y.needs {
		tp.record(y, func() {
			dy := y.grad
			tp.ops.Affine(tp.gradOver(x, y), dy, x.Len(), alpha, 0)
		})
	}
	return y
}

// Add is z = x + y. Here and in Sub, Mul and Div z has x's shape and y is spread over
// x: their axes are lined up at the end, and along an axis that y lacks or where it has
// size 1 it is repeated. Axes of y that are repeated and kept may alternate up to three
// times: (B, C) with 1s goes over (B, L, C).
func (tp *Tape) Add(x, y *Tensor) *Tensor { return tp.binary(kernels.Add, x, y) }

// Sub is z = x − y, y spread over x as in Add.
func (tp *Tape) Sub(x, y *Tensor) *Tensor { return tp.binary(kernels.Sub, x, y) }

// Mul is z = x·y, y spread over x as in Add.
func (tp *Tape) Mul(x, y *Tensor) *Tensor { return tp.binary(kernels.Mul, x, y) }

// Div is z = x/y, y spread over x as in Add.
func (tp *Tape) Div(x, y *Tensor) *Tensor { return tp.binary(kernels.Div, x, y) }

func (tp *Tape) binary(op kernels.BinaryOp, x, y *Tensor) *Tensor {
	v := spread(op.String(), x.dims, y.dims)
	z := tp.result(x.dims, x, y)
	z.spare = true
	tp.ops.Binary(op, z.Buf, x.Buf, y.Buf, v)
	if z.needs {
		tp.record(z, func() {
			dz := z.grad
			if dy := tp.grad(y); dy.Len != 0 {
				tp.ops.BinaryGrad(op, kernels.Grad{}, dy, dz, x.Buf, y.Buf, v)
			}
			if op == kernels.Add || op == kernels.Sub {
				tp.pass(x, z)
			} else if dx := tp.gradOver(x, z); dx.Len != 0 {
				tp.ops.BinaryGrad(op, dx, kernels.Grad{}, dz, x.Buf, y.Buf, v)
			}
		})
	}
	return z
}

// spread lines up y's axes with the last ones of x and merges neighbours that are both
// kept or both repeated.
func spread(op string, x, y dims) kernels.Spread {
	v := kernels.Spread{Dim: [3]int{1, 1, 1}}
	group, kept, stride := 3, false, 1 // groups are made from the last to the first
	for i := range x.rank {
		size, of := x.size[x.rank-1-i], 1
		if i < y.rank {
			of = y.size[y.rank-1-i]
		}
		if y.rank > x.rank || (of != size && of != 1) {
			panicf(op, "%v cannot be spread over %v", y, x)
		}
		if size == 1 {
			continue
		}
		if group == 3 || kept != (of == size) {
			if group == 0 {
				panicf(op, "spreading %v over %v takes more than three strides: permute first", y, x)
			}
			group--
			if kept = of == size; kept {
				v.Stride[group] = stride
			}
		}
		v.Dim[group] *= size
		if kept {
			stride *= size
		}
	}
	return v
}

// Dropout is in training y = x/(1−rate) with probability 1−rate, else 0, for each
// element; in evaluation it returns x (but see EvalNoisy). The draws depend on the tape's
// seed, the step and the number of dropouts before this one in the step.
func (tp *Tape) Dropout(x *Tensor, rate float32) *Tensor {
	if rate = tp.rate(rate); rate == 0 {
		return x
	}
	y, key := tp.result(x.dims, x), tp.key()
	tp.ops.Dropout(kernels.Into(y.Buf), x.Buf, x.Len(), rate, key)
	if y.needs {
		tp.record(y, func() {
			dy := y.grad
			if dx := tp.gradOver(x, y); dx.Len != 0 {
				tp.ops.Dropout(dx, dy, x.Len(), rate, key)
			}
		})
	}
	return y
}

// rate is a dropout rate as it applies now.
func (tp *Tape) rate(rate float32) float32 {
	if tp.training || tp.noisy.allowed && tp.noisy.inside {
		return rate
	}
	return 0
}

// key names the numbers of the next dropout.
func (tp *Tape) key() kernels.Key {
	tp.draws++
	return kernels.Key{Seed: tp.seed, Step: tp.step, Op: tp.draws}
}
