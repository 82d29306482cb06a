// Linear and MatMul: gradients in every form.

package tensor

import (
	"testing"

	"ecalf/kernels"
)

func TestLinearGradients(t *testing.T) {
	var cases []gradCase
	for _, f := range []struct {
		name string
		Fused
	}{
		{name: "plain"},
		{name: "scaled", Fused: Fused{Scale: 4}},
		{name: "stored in-out", Fused: Fused{InOut: true, Scale: 0.5}},
		{name: "gelu", Fused: Fused{Act: kernels.GELU}},
		{name: "silu dropped", Fused: Fused{Act: kernels.SiLU, Dropout: 0.3}},
		{name: "dropped", Fused: Fused{Dropout: 0.5}},
	} {
		shape := []int{5, 7}
		if f.InOut {
			shape = []int{7, 5}
		}
		cases = append(cases, gradCase{
			name: f.name, shapes: [][]int{{2, 3, 7}, shape},
			f: func(tp *Tape, x []*Tensor) *Tensor { return tp.Linear(x[0], x[1], f.Fused) },
		}, gradCase{
			name: f.name + " + bias", shapes: [][]int{{6, 7}, shape, {5}},
			f: func(tp *Tape, x []*Tensor) *Tensor {
				g := f.Fused
				g.Bias = x[2]
				return tp.Linear(x[0], x[1], g)
			},
		}, gradCase{
			name: f.name + " + bias + residual", shapes: [][]int{{2, 3, 7}, shape, {5}, {2, 3, 5}},
			f: func(tp *Tape, x []*Tensor) *Tensor {
				g := f.Fused
				g.Bias, g.Residual = x[2], tp.Affine(x[3], 2, 0) // of this step: its gradient may be handed over
				return tp.Linear(tp.Affine(x[0], 1, 1), x[1], g)
			},
		})
	}
	cases = append(cases, gradCase{
		name: "residual is the input", shapes: [][]int{{4, 6}, {6, 6}},
		f: func(tp *Tape, x []*Tensor) *Tensor {
			h := tp.Affine(x[0], 1, 0)
			return tp.Linear(h, x[1], Fused{Act: kernels.Tanh, Residual: h})
		},
	}, gradCase{
		name: "weights are rows of a larger matrix", shapes: [][]int{{4, 6}, {9, 6}},
		f: func(tp *Tape, x []*Tensor) *Tensor {
			h := tp.Linear(x[0], tp.Rows(x[1], 0, 6), Fused{})
			return tp.Linear(h, tp.Rows(x[1], 3, 9), Fused{})
		},
	})
	checkGradients(t, cases)
}

// ReLU's slope is taken from its result where that is at hand: all ways must agree with
// the composition.
func TestLinearReLU(t *testing.T) {
	eachBackend(t, func(t *testing.T, be kernels.Backend) {
		r := generator(5)
		x, w, b := From(be, normal(r, 12*7), 12, 7), From(be, normal(r, 5*7), 5, 7), From(be, normal(r, 5), 5)
		res := From(be, normal(r, 12*5), 12, 5)
		target := From(be, normal(r, 12*5), 12, 5)
		for _, f := range []Fused{{Bias: b}, {Bias: b, Residual: res}, {Bias: b, Dropout: 0.3}, {Dropout: 0.3, Residual: res}} {
			for _, p := range []*Tensor{x, w, b, res} {
				p.Track()
			}
			tp := NewTape(be, 1)
			grads := func(y func() *Tensor) (all [][]float32) {
				tp.Train(9)
				tp.Backward(tp.Loss(kernels.MSE, y(), target))
				for _, p := range []*Tensor{x, w, b, res} {
					g := make([]float32, p.Grad().Len)
					be.Download(g, p.Grad())
					all = append(all, g)
				}
				return all
			}
			got := grads(func() *Tensor {
				f := f
				f.Act = kernels.ReLU
				return tp.Linear(x, w, f)
			})
			want := grads(func() *Tensor {
				y := tp.Dropout(tp.Unary(kernels.ReLU, tp.Linear(x, w, Fused{Bias: f.Bias})), f.Dropout)
				if f.Residual != nil {
					y = tp.Add(y, f.Residual)
				}
				return y
			})
			for i := range want {
				// The fused way rounds once where the other rounds after each operation: a few
				// roundings of a float32, relative to the largest of the 60 sums.
				near(t, want[i], got[i], 16.0/(1<<24))
			}
		}
	})
}

// Dropout and residual within the product are the operations after it, to the bit in all kernels: with rows that begin
// with a block of random words (8 and 36 columns) and with others.
func TestLinearDropoutIsTheOperation(t *testing.T) {
	eachBackend(t, func(t *testing.T, be kernels.Backend) {
		r := generator(6)
		for _, n := range []int{5, 8, 36, 70} {
			x, w, b := From(be, normal(r, 37*9), 37, 9), From(be, normal(r, n*9), n, 9), From(be, normal(r, n), n)
			res := From(be, normal(r, 37*n), 37, n)
			for _, f := range []Fused{{Bias: b}, {Bias: b, Act: kernels.GELU}, {Act: kernels.ReLU, Residual: res}} {
				tp := NewTape(be, 1)
				tp.Train(3)
				want := tp.Dropout(tp.Linear(x, w, Fused{Bias: f.Bias, Act: f.Act}), 0.3)
				if f.Residual != nil {
					want = tp.Add(want, f.Residual)
				}
				expect := want.Values()
				tp.Train(3)
				f.Dropout = 0.3
				got := tp.Linear(x, w, f).Values()
				if be.Name() == "cpu/generic" { // rounds once, the operations three times; relative to the largest
					near(t, expect, got, 4.0/(1<<24))
				} else {
					sameBits(t, expect, got)
				}
			}
		}
	})
}

func TestMatMulGradients(t *testing.T) {
	var cases []gradCase
	for _, transA := range []bool{false, true} {
		for _, transB := range []bool{false, true} {
			f := Factors{TransA: transA, TransB: transB, Scale: 0.5}
			a, b := []int{3, 4}, []int{4, 5}
			if transA {
				a = []int{4, 3}
			}
			if transB {
				b = []int{5, 4}
			}
			lead := func(shape []int) []int { return append([]int{2, 3}, shape...) }
			for name, shapes := range map[string][][]int{
				"two matrices": {a, b}, "batch": {lead(a), lead(b)}, "one right": {lead(a), b}, "one left": {a, lead(b)},
			} {
				cases = append(cases, gradCase{
					name:   name + map[bool]string{true: " aᵀ"}[transA] + map[bool]string{true: " bᵀ"}[transB],
					shapes: shapes, f: func(tp *Tape, x []*Tensor) *Tensor { return tp.MatMul(x[0], x[1], f) },
				})
			}
		}
	}
	cases = append(cases, gradCase{
		name: "with itself", shapes: [][]int{{2, 4, 3}},
		f: func(tp *Tape, x []*Tensor) *Tensor { return tp.MatMul(x[0], x[0], Factors{TransB: true}) },
	})
	checkGradients(t, cases)
}
