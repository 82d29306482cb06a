package kerneltest

// The three modes of testing: parity, gradients, timing.

import (
	"fmt"
	"math"
	"testing"

	"ecalf/kernels"
)

// eps is the relative rounding error of float32, atol what is left of denormals.
const (
	eps  = 1.0 / (1 << 24)
	atol = 1e-37
)

// reference is the level that accumulates in float64.
func reference() kernels.Backend { return kernels.CPUs()[0] }

// forward runs the case on be and returns its results.
func (c *Case) forward(be kernels.Backend, in [][]float32) ([][]float32, error) {
	var ins, outs []*fenced
	for _, x := range in {
		ins = append(ins, input(be, x))
	}
	for _, n := range c.Out {
		outs = append(outs, output(be, n, canary))
	}
	c.Run(be.Ops(), bufs(outs), bufs(ins))
	return collect(be, ins, outs)
}

// backward runs Back with the given saved results, the gradients being added to start
// when add is set. Gradients of constants are nil.
func (c *Case) backward(be kernels.Backend, dout []float32, in, out [][]float32, start float32, add bool) ([][]float32, error) {
	var ins, saved, dins []*fenced
	for _, x := range in {
		ins = append(ins, input(be, x))
	}
	for _, x := range out {
		saved = append(saved, input(be, x))
	}
	dy := input(be, dout)
	grads := make([]kernels.Grad, len(in))
	for i := range in {
		if !c.In[i].Constant() {
			f := output(be, len(in[i]), start)
			dins = append(dins, f)
			grads[i] = kernels.Grad{Buf: f.Buf, Add: add}
		}
	}
	c.Back(be.Ops(), grads, dy.Buf, bufs(ins), bufs(saved))
	got, err := collect(be, append(append(ins, saved...), dy), dins)
	all := make([][]float32, len(in))
	for i := range in {
		if !c.In[i].Constant() && err == nil {
			all[i], got = got[0], got[1:]
		}
	}
	return all, err
}

// collect frees all arrays and returns the contents of outs.
func collect(be kernels.Backend, ins, outs []*fenced) ([][]float32, error) {
	if err := be.Sync(); err != nil {
		return nil, err
	}
	for i, f := range ins {
		if _, err := f.values(); err != nil {
			return nil, fmt.Errorf("input %d: %w", i, err)
		}
	}
	var got [][]float32
	for i, f := range outs {
		x, err := f.values()
		if err != nil {
			return nil, fmt.Errorf("output %d: %w", i, err)
		}
		got = append(got, x)
	}
	return got, nil
}

// absolute returns |x| of every input that is a factor.
func (c *Case) absolute(in [][]float32) [][]float32 {
	out := make([][]float32, len(in))
	for i, x := range in {
		out[i] = make([]float32, len(x))
		for j, v := range x {
			out[i][j] = float32(math.Abs(float64(v)))
		}
	}
	return out
}

// terms is the sum of the absolute terms of every element of want: measured, if the
// case is linear, else the largest finite element.
func (c *Case) terms(want []float32, measured []float32) []float64 {
	out := make([]float64, len(want))
	var top float64
	for _, v := range want {
		if a := math.Abs(float64(v)); a > top && !math.IsInf(a, 0) {
			top = a
		}
	}
	for i := range out {
		out[i] = max(top, c.AtLeast)
		if c.Linear {
			out[i] = math.Abs(float64(measured[i]))
		}
	}
	return out
}

// compare returns an error that shows the worst element beyond atol + eps·depth·terms.
func (c *Case) compare(got, want []float32, terms []float64, depth int) error {
	unit := c.Eps
	if unit == 0 {
		unit = eps
	}
	worst, at := 1.0, -1
	for i := range want {
		g, w := float64(got[i]), float64(want[i])
		if g == w || (g != g && w != w) {
			continue
		}
		excess := math.Abs(g-w) / (atol + unit*float64(depth)*terms[i])
		if !(excess <= worst) {
			worst, at = excess, i
		}
	}
	if at < 0 {
		return nil
	}
	return fmt.Errorf("element %d is %v, want %v: error %.3g, %.3g times the tolerance",
		at, got[at], want[at], math.Abs(float64(got[at])-float64(want[at])), worst)
}

// Parity tests that be agrees with the reference on every case, forward and backward,
// gradients both replaced and added to, and that it stays inside its arrays.
func Parity(t *testing.T, be kernels.Backend) { ParityOf(t, be, "") }

// ParityOf is Parity of one operation; "" means all.
func ParityOf(t *testing.T, be kernels.Backend, op string) {
	for _, c := range Cases() {
		if op != "" && c.Op != op {
			continue
		}
		t.Run(c.String(), func(t *testing.T) {
			if err := c.parity(be); err != nil {
				t.Error(err)
			}
		})
	}
}

func (c *Case) parity(be kernels.Backend) error {
	in := c.draw()
	want, err := c.forward(reference(), in)
	if err != nil {
		return fmt.Errorf("reference: %w", err)
	}
	got, err := c.forward(be, in)
	if err != nil {
		return err
	}
	var sums [][]float32
	if c.Linear {
		if sums, err = c.forward(reference(), c.absolute(in)); err != nil {
			return fmt.Errorf("reference on absolute values: %w", err)
		}
	} else {
		sums = make([][]float32, len(want))
	}
	for i := range want {
		if err := c.compare(got[i], want[i], c.terms(want[i], sums[i]), 4+c.Depth); err != nil {
			return fmt.Errorf("result %d: %w", i, err)
		}
		if err := c.finite(want[i]); err != nil {
			return fmt.Errorf("result %d: %w", i, err)
		}
	}
	if c.Back == nil {
		return nil
	}
	if c.Eps == 0 {
		got = want
	}
	return c.parityBack(be, in, want, got, sums)
}

// parityBack takes the results out of the reference, and those that be's backward pass is given: its own where factors are
// rounded, since the two passes round them alike.
func (c *Case) parityBack(be kernels.Backend, in, out, own, sums [][]float32) error {
	dout := Input{Len: c.Out[0]}.draw(generator(2))
	depth := 4 + c.Depth
	if c.BackDepth != 0 {
		depth = 4 + c.BackDepth
	}
	for _, add := range []bool{false, true} {
		if c.AlwaysAdds && !add {
			continue
		}
		want, err := c.backward(reference(), dout, in, out, 1, add)
		if err != nil {
			return fmt.Errorf("reference, backward: %w", err)
		}
		got, err := c.backward(be, dout, in, own, 1, add)
		if err != nil {
			return fmt.Errorf("backward: %w", err)
		}
		measured := make([][]float32, len(want))
		if c.Linear {
			if measured, err = c.backward(reference(), c.absolute([][]float32{dout})[0], c.absolute(in), sums, 1, add); err != nil {
				return fmt.Errorf("reference on absolute values, backward: %w", err)
			}
		}
		for i := range want {
			if want[i] == nil {
				continue
			}
			if err := c.compare(got[i], want[i], c.terms(want[i], measured[i]), depth); err != nil {
				return fmt.Errorf("gradient of input %d, add %v: %w", i, add, err)
			}
			if err := c.finite(want[i]); err != nil {
				return fmt.Errorf("gradient of input %d: %w", i, err)
			}
		}
	}
	return nil
}

// finite returns an error if the inputs have collapsed and x, which agrees with what was computed from them, has
// an element that is not finite.
func (c *Case) finite(x []float32) error {
	if c.Collapse == nil {
		return nil
	}
	for i, v := range x {
		if class(v) != "finite" {
			return fmt.Errorf("element %d is %v", i, v)
		}
	}
	return nil
}
