// Package kerneltest holds one table of cases that every back end is tested and timed
// by: parity with the float64 reference, gradients against finite differences, guard
// cells around every array.
//
// case.go says what a case is; the tables are in cases_*.go.
package kerneltest

import (
	"fmt"
	"math"
	"math/rand/v2"

	"ecalf/kernels"
)

// Case is one operation at one size.
type Case struct {
	Op    string // the field of kernels.Ops
	Shape string
	In    []Input
	Out   []int // lengths of the results; the first is the one that is differentiated

	// Run computes out from in.
	Run func(o *kernels.Ops, out, in []kernels.Buf)
	// Back computes the gradients of the inputs from that of out[0]; nil where the
	// operation has none. din[i] is empty for inputs that are Constant.
	Back func(o *kernels.Ops, din []kernels.Grad, dout kernels.Buf, in, out []kernels.Buf)

	// Depth is the number of terms that a result is the sum of, BackDepth that of a
	// gradient (0: as Depth). A result may be wrong by eps·Depth times the sum of
	// the absolute values of its terms: for a Linear case, one whose results are sums
	// of products of inputs, this sum is measured by running the reference on |inputs|;
	// for others it is taken to be the largest result.
	Depth, BackDepth int
	Linear           bool
	// Eps is the relative rounding error of factors that levels may round to less than float32; 0 is that of float32.
	Eps float64
	// AtLeast is a lower bound of that sum: 1 where a small result may be the difference
	// of numbers near 1, as in 1 − tanh².
	AtLeast float64
	// Rough cases are not differentiable between nearby float32: no finite differences.
	Rough bool
	// Collapse changes the inputs after they are drawn, to ones on which results and gradients
	// are required to be finite.
	Collapse func(in [][]float32)
	// AlwaysAdds marks gradients that are only ever added to (GatherGrad).
	AlwaysAdds bool

	// What is timed, 0 where it makes no sense: operations of Run and of Back, bytes read
	// and written. BF16 marks a product of bfloat16, which has a peak of its own.
	BF16                 bool
	Flops, Bytes         float64
	BackFlops, BackBytes float64
}

func (c *Case) String() string { return c.Op + "/" + c.Shape }

// Input is one argument.
type Input struct {
	Len  int
	Kind Kind
	N    int // for Index: values are below N
	// Values are repeated instead of drawing, where given.
	Values []float32
}

// Kind says which values an input is drawn from.
type Kind int

const (
	Normal   Kind = iota // standard normal
	Positive             // in [0.5, 2)
	Steep                // normal, kept 0.2 away from 0 and ±1, where slopes jump
	Index                // whole numbers below N; constant
	Fixed                // standard normal, constant for the gradient
)

// Constant reports whether the input has no gradient.
func (in Input) Constant() bool { return in.Kind == Index || in.Kind == Fixed }

func (in Input) draw(r *rand.Rand) []float32 {
	x := make([]float32, in.Len)
	for i := range x {
		if in.Values != nil {
			x[i] = in.Values[i%len(in.Values)]
			continue
		}
		switch in.Kind {
		case Positive:
			x[i] = 0.5 + 1.5*r.Float32()
		case Index:
			x[i] = float32(r.IntN(in.N))
		case Steep:
			for math.Abs(float64(x[i])) < 0.2 || math.Abs(math.Abs(float64(x[i]))-1) < 0.2 {
				x[i] = float32(r.NormFloat64())
			}
		default:
			x[i] = float32(r.NormFloat64())
		}
	}
	return x
}

// draw returns the case's inputs, the same for the same case.
func (c *Case) draw() [][]float32 {
	seed := uint64(len(c.In))
	for _, b := range []byte(c.String()) {
		seed = seed*1099511628211 ^ uint64(b)
	}
	r := rand.New(rand.NewPCG(seed, 1))
	xs := make([][]float32, len(c.In))
	for i, in := range c.In {
		xs[i] = in.draw(r)
	}
	if c.Collapse != nil {
		c.Collapse(xs)
	}
	return xs
}

// Cases returns the whole table.
func Cases() []Case {
	var all []Case
	for _, table := range []func() []Case{matMulCases, rowCases, elementCases, timeCases, alignmentCases, dynamicCases} {
		all = append(all, table()...)
	}
	return all
}

func shape(format string, args ...any) string { return fmt.Sprintf(format, args...) }
