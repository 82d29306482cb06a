// Sums, means and losses.

package tensor

import "ecalf/kernels"

// Sum adds up x along an axis, which the result lacks.
func (tp *Tape) Sum(x *Tensor, axis int) *Tensor { return tp.sum("Sum", x, axis, 1) }

// Mean is the mean of x along an axis, which the result lacks.
func (tp *Tape) Mean(x *Tensor, axis int) *Tensor {
	return tp.sum("Mean", x, axis, 1/float32(max(x.Dim(axis), 1)))
}

// MeanAll is the mean of all elements: a scalar.
func (tp *Tape) MeanAll(x *Tensor) *Tensor { return tp.Mean(tp.Reshape(x, x.Len()), 0) }

// sum is y = scale·Σ x along axis.
func (tp *Tape) sum(op string, x *Tensor, axis int, scale float32) *Tensor {
	axis = x.dims.axis(op, axis)
	outer, mid, inner := x.dims.around(axis)
	y := tp.result(x.dims.without(axis), x)
	tp.ops.Sum(kernels.Into(y.Buf), x.Buf, outer, mid, inner, scale)
	if y.needs {
		tp.record(y, func() {
			if scale != 1 {
				tp.ops.Affine(kernels.Into(y.grad), y.grad, y.Len(), scale, 0)
			}
			tp.ops.Move(tp.grad(x), y.grad, kernels.Layout{
				Dim: [4]int{1, outer, mid, inner},
				Dst: [4]int{0, mid * inner, inner, 1},
				Src: [4]int{0, inner, 0, 1},
			})
		})
	}
	return y
}

// Loss is the mean of ℓ(x − y) over all elements of two tensors of one shape: a scalar.
func (tp *Tape) Loss(kind kernels.LossKind, x, y *Tensor) *Tensor {
	sameShape("Loss", x, y)
	loss := tp.result(dims{}, x, y)
	tp.ops.Loss(kind, kernels.Into(loss.Buf), x.Buf, y.Buf, x.Len())
	if loss.needs {
		tp.record(loss, func() {
			tp.ops.LossGrad(kind, tp.grad(x), tp.grad(y), loss.grad, x.Buf, y.Buf, x.Len())
		})
	}
	return loss
}
