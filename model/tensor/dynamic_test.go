// Dynamic attention: gradients, and what it is at the start of training.

package tensor

import (
	"testing"

	"ecalf/kernels"
)

// dynamicSizes are T tokens, A heads of width D, P prototypes, rank R.
type dynamicSizes struct{ t, a, d, p, r int }

func (s dynamicSizes) shapes() [][]int {
	return [][]int{{s.t, s.a * s.d}, {s.p, s.a * s.d}, {s.p, s.a * s.d}, {s.t, s.a}, {s.t, s.a * s.r}, {s.a, s.p, s.r},
		{s.t, s.a}, {s.a, s.d}, {s.t, s.a * s.d}, {s.a}}
}

func (s dynamicSizes) parts(x []*Tensor) Dynamic {
	return Dynamic{A: s.a, Temperature: x[3], Code: x[4], Codebook: x[5], Gate: x[6], GateQuery: x[7], Own: x[8], Carry: x[9]}
}

func TestDynamicAttentionGradients(t *testing.T) {
	s := dynamicSizes{t: 6, a: 2, d: 5, p: 7, r: 3}
	copies := func(tp *Tape, x []*Tensor) (y []*Tensor) { // results of the step, as in a model
		for _, t := range x {
			y = append(y, tp.Affine(t, 0.5, 0))
		}
		return y
	}
	checkGradients(t, []gradCase{
		{name: "all parts, both results", shapes: s.shapes(), f: func(tp *Tape, x []*Tensor) *Tensor {
			x = copies(tp, x)
			y, align := tp.DynamicAttention(x[0], x[1], x[2], s.parts(x))
			return tp.Concat(1, y, align)
		}},
		{name: "all parts, readout only", shapes: s.shapes(), f: func(tp *Tape, x []*Tensor) *Tensor {
			y, _ := tp.DynamicAttention(x[0], x[1], x[2], s.parts(x))
			return y
		}},
		{name: "no parts", shapes: s.shapes()[:3], f: func(tp *Tape, x []*Tensor) *Tensor {
			y, _ := tp.DynamicAttention(x[0], x[1], x[2], Dynamic{A: s.a})
			return y
		}},
		{name: "frozen prototypes", shapes: [][]int{{s.t, s.a * s.d}, {s.t, s.a}}, f: func(tp *Tape, x []*Tensor) *Tensor {
			k, v := constant(tp, s.p, s.a*s.d), constant(tp, s.p, s.a*s.d)
			y, _ := tp.DynamicAttention(tp.Affine(x[0], 0.01, 0), tp.Affine(k, 1, 0), v, Dynamic{A: s.a, Temperature: x[1]})
			return y
		}},
	})
}

// A loss of the degrees alone reaches what they are made of, and nothing else.
func TestDynamicAttentionDegreesAlone(t *testing.T) {
	s := dynamicSizes{t: 3, a: 2, d: 4, p: 5, r: 2}
	be := best()
	tp := NewTape(be, 1)
	r := generator(5)
	var x []*Tensor
	for _, shape := range s.shapes() {
		x = append(x, From(be, normal(r, dimsOf("test", shape).len()), shape...))
		x[len(x)-1].Track()
	}
	tp.Train(1)
	_, align := tp.DynamicAttention(x[0], x[1], x[2], s.parts(x))
	tp.Backward(tp.Reshape(tp.Sum(tp.Reshape(align, -1), 0)))
	var want []float32
	for _, a := range align.Values() {
		want = append(want, a*(1-a))
	}
	got := make([]float32, len(want))
	be.Download(got, x[6].Grad())
	near(t, want, got, 1e-6)
	for _, i := range []int{1, 2, 3, 4, 5, 8, 9} { // no part of the degrees
		g := make([]float32, x[i].Len())
		be.Download(g, x[i].Grad())
		near(t, make([]float32, len(g)), g, 0)
	}
}

// At the start of training the parts are neutral: λ and u are 0, c is 1 and n is 0. The result then has the bits of the
// attention without them.
func TestDynamicAttentionStartsNeutral(t *testing.T) {
	s := dynamicSizes{t: 50, a: 3, d: 16, p: 70, r: 8}
	eachBackend(t, func(t *testing.T, be kernels.Backend) {
		tp := NewTape(be, 1)
		r := generator(6)
		var x []*Tensor
		for i, shape := range s.shapes() {
			n := dimsOf("test", shape).len()
			values := normal(r, n)
			switch i {
			case 3, 4, 8:
				values = make([]float32, n)
			case 9:
				for j := range values {
					values[j] = 1
				}
			}
			x = append(x, From(be, values, shape...))
		}
		tp.Eval()
		plain, none := tp.DynamicAttention(x[0], x[1], x[2], Dynamic{A: s.a})
		if none != nil {
			t.Error("degrees without a gate")
		}
		y, _ := tp.DynamicAttention(x[0], x[1], x[2], s.parts(x))
		sameBits(t, plain.Values(), y.Values())
	})
}
