// Sliding windows over series and planes: moving average and convolution.

package tensor

import "ecalf/kernels"

// MovingAverage is the mean of the width values around each place along an axis, whose
// ends are repeated: the trend of DLinear and Autoformer. width is odd.
func (tp *Tape) MovingAverage(x *Tensor, axis, width int) *Tensor {
	outer, l, inner := x.dims.around(x.dims.axis("MovingAverage", axis))
	y := tp.result(x.dims, x)
	tp.ops.MovingAverage(y.Buf, x.Buf, outer, l, inner, width)
	if y.needs {
		tp.record(y, func() { tp.ops.MovingAverageGrad(tp.grad(x), y.grad, outer, l, inner, width) })
	}
	return y
}

// Conv is the convolution of x by the weights w, plus bias (Out), which may be nil: of
// planes x (B, In, H, W) by w (Out, In, KH, KW), or of series x (B, In, L) by
// w (Out, In, K). p gives strides, dilation and padding; its sizes are filled in.
func (tp *Tape) Conv(x, w, bias *Tensor, p kernels.Conv) *Tensor {
	const op = "Conv"
	if (x.Rank() != 3 && x.Rank() != 4) || w.Rank() != x.Rank() || w.Dim(1) != x.Dim(1) || (bias != nil && bias.Len() != w.Dim(0)) {
		panicf(op, "x %v, weights %v, bias of %d", x.dims, w.dims, bufOf(bias).Len)
	}
	p.B, p.In, p.H, p.W = x.Dim(0), x.Dim(1), 1, x.Dim(-1)
	p.Out, p.KH, p.KW = w.Dim(0), 1, w.Dim(-1)
	shape := dims{}.append(p.B, p.Out)
	if x.Rank() == 4 {
		p.H, p.KH = x.Dim(2), w.Dim(2)
		shape = shape.append(p.OutH())
	}
	y := tp.result(shape.append(p.OutW()), x, w, bias)
	tp.ops.Conv(y.Buf, x.Buf, w.Buf, bufOf(bias), p)
	if y.needs {
		tp.record(y, func() {
			tp.ops.ConvGrad(tp.grad(x), tp.grad(w), tp.grad(bias), y.grad, x.Buf, w.Buf, p)
		})
	}
	return y
}
