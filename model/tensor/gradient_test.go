// The table of gradient cases: every operation, and compositions.

package tensor

import (
	"testing"

	"ecalf/kernels"
)

func TestGradients(t *testing.T) {
	one := func(name string, shape []int, f func(tp *Tape, x *Tensor) *Tensor) gradCase {
		return gradCase{name: name, shapes: [][]int{shape}, f: func(tp *Tape, x []*Tensor) *Tensor { return f(tp, x[0]) }}
	}
	two := func(name string, a, b []int, f func(tp *Tape, x, y *Tensor) *Tensor) gradCase {
		return gradCase{name: name, shapes: [][]int{a, b}, f: func(tp *Tape, x []*Tensor) *Tensor { return f(tp, x[0], x[1]) }}
	}
	cases := []gradCase{
		one("affine", []int{3, 4}, func(tp *Tape, x *Tensor) *Tensor { return tp.Affine(x, -2, 3) }),
		one("softmax", []int{3, 5}, func(tp *Tape, x *Tensor) *Tensor { return tp.Softmax(x) }),
		one("dropout", []int{7, 11}, func(tp *Tape, x *Tensor) *Tensor { return tp.Dropout(x, 0.4) }),
		one("used twice", []int{4, 4}, func(tp *Tape, x *Tensor) *Tensor {
			h := tp.Affine(x, 2, 0)
			return tp.Sub(tp.Mul(h, h), tp.Unary(kernels.Tanh, h))
		}),
		one("added to itself", []int{4, 4}, func(tp *Tape, x *Tensor) *Tensor {
			h := tp.Unary(kernels.Tanh, x)
			return tp.Add(h, h)
		}),

		two("layer norm, no parameters", []int{4, 6}, []int{6}, func(tp *Tape, x, y *Tensor) *Tensor {
			return tp.Mul(tp.LayerNorm(x, 1e-5, Affine{}), y)
		}),
		{name: "layer norm", shapes: [][]int{{2, 3, 6}, {6}, {6}}, f: func(tp *Tape, x []*Tensor) *Tensor {
			return tp.LayerNorm(x[0], 1e-5, Affine{x[1], x[2]})
		}},
		{name: "layer norm, two parts", shapes: [][]int{{4, 3, 6}, {6}, {6}, {6}}, f: func(tp *Tape, x []*Tensor) *Tensor {
			return tp.LayerNorm(tp.Affine(x[0], 1, 0), 1e-5, Affine{x[1], x[2]}, Affine{x[3], nil})
		}},
		{name: "rms norm, two parts", shapes: [][]int{{4, 6}, {6}}, f: func(tp *Tape, x []*Tensor) *Tensor {
			return tp.RMSNorm(tp.Affine(x[0], 1, 0), 1e-6, Affine{Gamma: x[1]}, Affine{})
		}},
		{name: "linear onto the leading part", shapes: [][]int{{4, 3, 5}, {6, 5}, {2, 5}, {6, 2}}, f: func(tp *Tape, x []*Tensor) *Tensor {
			h := tp.Unary(kernels.Tanh, x[0])
			low := tp.Linear(tp.Rows(h, 0, 2), x[2], Fused{})
			return tp.Unary(kernels.Tanh, tp.LinearOnto(tp.Linear(h, x[1], Fused{}), low, x[3], 0.5))
		}},
		two("rms norm", []int{2, 3, 6}, []int{6}, func(tp *Tape, x, y *Tensor) *Tensor { return tp.RMSNorm(x, 1e-6, Affine{Gamma: y}) }),
		one("rms norm, no parameter", []int{4, 6}, func(tp *Tape, x *Tensor) *Tensor { return tp.RMSNorm(x, 1e-6, Affine{}) }),
		one("denorm", []int{2, 4, 3}, func(tp *Tape, x *Tensor) *Tensor {
			return tp.Denorm(x, Moments{Mean: constant(tp, 2, 3), Std: constant(tp, 2, 3)})
		}),

		one("sum of the first axis", []int{3, 4, 2}, func(tp *Tape, x *Tensor) *Tensor { return tp.Sum(x, 0) }),
		one("mean of the middle axis", []int{3, 4, 2}, func(tp *Tape, x *Tensor) *Tensor { return tp.Mean(x, 1) }),
		one("mean of the last axis", []int{3, 4, 2}, func(tp *Tape, x *Tensor) *Tensor { return tp.Mean(x, -1) }),
		one("mean of a view, used twice", []int{3, 4}, func(tp *Tape, x *Tensor) *Tensor {
			return tp.Add(x, tp.Mean(tp.Reshape(x, 3, 1, 4), 0))
		}),

		one("reshape", []int{3, 4}, func(tp *Tape, x *Tensor) *Tensor { return tp.Affine(tp.Reshape(x, 2, -1), 3, 0) }),
		one("rows, overlapping", []int{5, 3}, func(tp *Tape, x *Tensor) *Tensor {
			h := tp.Unary(kernels.Tanh, x)
			return tp.Mul(tp.Rows(h, 0, 4), tp.Rows(h, 1, 5))
		}),
		one("rows of rows", []int{5, 3}, func(tp *Tape, x *Tensor) *Tensor {
			h := tp.Reshape(tp.Unary(kernels.Tanh, x), 15)
			return tp.Rows(tp.Rows(h, 2, 14), 3, 8)
		}),
		one("permute", []int{2, 3, 4}, func(tp *Tape, x *Tensor) *Tensor { return tp.Permute(x, 2, 0, 1) }),
		one("permute five axes", []int{2, 3, 2, 3, 2}, func(tp *Tape, x *Tensor) *Tensor { return tp.Permute(x, 4, 2, 0, 3, 1) }),
		one("transpose", []int{2, 3, 4}, func(tp *Tape, x *Tensor) *Tensor { return tp.Transpose(x, 1, -1) }),
		one("slice", []int{2, 5, 3}, func(tp *Tape, x *Tensor) *Tensor {
			return tp.Add(tp.Slice(x, 1, 0, 3), tp.Slice(x, 1, 2, 5))
		}),
		two("concat", []int{2, 3, 2}, []int{2, 1, 2}, func(tp *Tape, x, y *Tensor) *Tensor { return tp.Concat(1, x, y, x) }),
		one("expand", []int{2, 1, 3}, func(tp *Tape, x *Tensor) *Tensor { return tp.Expand(x, 2, 4, 3) }),
		one("unfold, overlapping", []int{2, 3, 10}, func(tp *Tape, x *Tensor) *Tensor { return tp.Unfold(x, 4, 2) }),
		one("unfold, with gaps", []int{2, 10}, func(tp *Tape, x *Tensor) *Tensor { return tp.Unfold(x, 2, 3) }),
		one("pad the last axis", []int{2, 3, 4}, func(tp *Tape, x *Tensor) *Tensor { return tp.PadEdge(x, -1, 0, 3) }),
		one("pad the middle axis", []int{2, 3, 4}, func(tp *Tape, x *Tensor) *Tensor { return tp.PadEdge(x, 1, 2, 1) }),
		one("gather", []int{4, 3}, func(tp *Tape, x *Tensor) *Tensor {
			return tp.Gather(x, tp.Input([]float32{3, 0, 3, 1, 3, 0}, 2, 3))
		}),

		one("moving average", []int{2, 9, 3}, func(tp *Tape, x *Tensor) *Tensor { return tp.MovingAverage(x, 1, 5) }),
		{name: "convolution of series", shapes: [][]int{{2, 3, 8}, {4, 3, 3}, {4}}, f: func(tp *Tape, x []*Tensor) *Tensor {
			return tp.Conv(x[0], x[1], x[2], kernels.Conv{Left: 1, Right: 1, Padding: kernels.Circular})
		}},
		two("convolution of planes", []int{2, 2, 5, 6}, []int{3, 2, 3, 2}, func(tp *Tape, x, y *Tensor) *Tensor {
			return tp.Conv(x, y, nil, kernels.Conv{StrideH: 2, Top: 1, Left: 1})
		}),

		two("distillation", []int{2, 3, 5}, []int{2, 3, 5}, func(tp *Tape, x, z *Tensor) *Tensor {
			d := tp.Distill(kernels.MSE, x, z, true)
			return tp.Mul(d.Losses, constant(tp, 3))
		}),
		two("distillation without relations, means used", []int{2, 3, 5}, []int{2, 3, 5}, func(tp *Tape, x, z *Tensor) *Tensor {
			d := tp.Distill(kernels.MSE, x, z, false)
			return tp.Add(tp.Mul(d.MeanX, d.MeanZ), tp.Reshape(tp.Rows(d.Losses, 2, 3), 1, 1))
		}),
		{name: "contrast", shapes: [][]int{{4, 5}, {4, 5}, {1}}, positive: true, f: func(tp *Tape, x []*Tensor) *Tensor {
			return tp.Contrast(x[0], x[1], x[2])
		}},
		{name: "clip", shapes: [][]int{{5, 7}}, steep: true, f: func(tp *Tape, x []*Tensor) *Tensor { return tp.Clip(x[0], -1, 1) }},

		one("rotary positions", []int{2, 5, 12}, func(tp *Tape, x *Tensor) *Tensor { return tp.RoPE(x, 3, 100) }),
	}
	for _, op := range []kernels.BinaryOp{kernels.Add, kernels.Sub, kernels.Mul, kernels.Div} {
		for name, shape := range map[string][]int{
			"same": {2, 3, 4}, "column": {4}, "row": {2, 3, 1}, "channel": {2, 1, 4}, "middle": {3, 1}, "scalar": {}, "one": {1, 1, 1},
		} {
			c := two(op.String()+" "+name, []int{2, 3, 4}, shape, func(tp *Tape, x, y *Tensor) *Tensor {
				return tp.binary(op, tp.Affine(x, 1, 0), y)
			})
			c.positive = true
			cases = append(cases, c)
		}
	}
	for _, op := range kernels.UnaryOps() {
		c := one(op.String(), []int{3, 5}, func(tp *Tape, x *Tensor) *Tensor { return tp.Unary(op, tp.Affine(x, 1, 0)) })
		c.steep = op == kernels.Abs || op == kernels.ReLU
		c.positive = op == kernels.Log || op == kernels.Sqrt
		cases = append(cases, c)
	}
	for _, kind := range kernels.LossKinds() {
		c := two(kind.String(), []int{3, 5}, []int{3, 5}, func(tp *Tape, x, y *Tensor) *Tensor { return tp.Loss(kind, x, tp.Affine(y, 8, 5)) })
		c.steep = true
		cases = append(cases, c)
	}
	for _, h := range []struct {
		name string
		Heads
	}{
		{"", Heads{A: 2}}, {"causal ", Heads{A: 2, Causal: true}}, {"dropped ", Heads{A: 2, Dropout: 0.3}},
		{"grouped ", Heads{A: 4, KV: 2, Scale: 0.3}},
	} {
		a, kv := h.A*3, h.kv()*3
		cases = append(cases, one(h.name+"self-attention", []int{2, 5, a + 2*kv}, func(tp *Tape, x *Tensor) *Tensor {
			return tp.SelfAttention(x, h.Heads)
		}))
		attend := func(tp *Tape, x []*Tensor) *Tensor { return tp.Attention(x[0], x[1], x[2], h.Heads) }
		cases = append(cases,
			gradCase{name: h.name + "attention", shapes: [][]int{{2, 4, a}, {2, 6, kv}, {2, 6, kv}}, f: attend},
			gradCase{name: h.name + "attention, shared keys", shapes: [][]int{{2, 4, a}, {6, kv}, {6, kv}}, f: attend})
	}
	cases = append(cases, gradCase{
		name:   "a transformer block",
		shapes: [][]int{{2, 4, 6}, {6}, {6}, {18, 6}, {6, 6}, {10, 6}, {6, 10}},
		f: func(tp *Tape, x []*Tensor) *Tensor {
			h := tp.LayerNorm(x[0], 1e-5, Affine{x[1], x[2]})
			h = tp.SelfAttention(tp.Linear(h, x[3], Fused{}), Heads{A: 2, Dropout: 0.1})
			y := tp.Linear(h, x[4], Fused{Dropout: 0.1, Residual: x[0]})
			h = tp.Linear(tp.LayerNorm(y, 1e-5, Affine{}), x[5], Fused{Act: kernels.GELUTanh})
			return tp.Linear(h, x[6], Fused{Residual: y})
		},
	})
	checkGradients(t, cases)
}

// constant returns 1, 1.5, 2 … as a constant of the step.
func constant(tp *Tape, shape ...int) *Tensor {
	x := make([]float32, dimsOf("test", shape).len())
	for i := range x {
		x[i] = 1 + float32(i)/2
	}
	return tp.Input(x, shape...)
}

// InstanceNorm's gradient takes mean and deviation for constants: dx = dy/std.
func TestInstanceNormGradient(t *testing.T) {
	be := reference()
	tp := trainTape(be)
	x := From(be, []float32{1, 3}, 1, 2, 1)
	x.Track()
	y, m := tp.InstanceNorm(x, 0)
	tp.Backward(tp.Reshape(tp.Rows(tp.Reshape(y, 2), 1, 2)))
	// The values 1 and 3 have mean 2 and biased deviation 1.
	sameBits(t, []float32{-1, 1}, y.Values())
	sameBits(t, []float32{2, 1}, append(m.Mean.Values(), m.Std.Values()...))
	grad := make([]float32, 2)
	be.Download(grad, x.Grad())
	sameBits(t, []float32{0, 1}, grad)
	sameBits(t, []float32{1, 3}, tp.Denorm(y, m).Values())
}

func TestDetach(t *testing.T) {
	tp := trainTape(reference())
	x := counted(reference(), 3)
	x.Track()
	if y := tp.Mul(tp.Detach(x), tp.Detach(x)); y.Trains() {
		t.Error("a product of detached tensors trains")
	}
	tp.Backward(tp.MeanAll(tp.Mul(x, tp.Detach(x))))
	grad := make([]float32, 3)
	reference().Download(grad, x.Grad())
	near(t, []float32{0, 1. / 3, 2. / 3}, grad, 1e-7) // x/3, not 2x/3
}
