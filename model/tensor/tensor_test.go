// How gradients are tested: against finite differences, on every level.

package tensor

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"ecalf/kernels"
)

// reference is the level that accumulates in float64.
func reference() kernels.Backend { return kernels.CPUs()[0] }

// best is the level that a user gets.
func best() kernels.Backend { all := kernels.CPUs(); return all[len(all)-1] }

// eachBackend runs a test on every level.
func eachBackend(t *testing.T, test func(t *testing.T, be kernels.Backend)) {
	for _, be := range kernels.CPUs() {
		t.Run(be.Name(), func(t *testing.T) { test(t, be) })
	}
}

func normal(r *rand.Rand, n int) []float32 {
	x := make([]float32, n)
	for i := range x {
		x[i] = float32(r.NormFloat64())
	}
	return x
}

// counted returns 0, 1, 2 … in the given shape: values that tell where they came from.
func counted(be kernels.Backend, shape ...int) *Tensor {
	t := New(be, shape...)
	x := make([]float32, t.Len())
	for i := range x {
		x[i] = float32(i)
	}
	t.Upload(x)
	return t
}

// gradCase is a function of tensors whose gradients are tested.
type gradCase struct {
	name   string
	shapes [][]int // of the inputs
	// f computes the result. It is called for a training step with the same key every
	// time, so that dropout drops the same elements.
	f func(tp *Tape, x []*Tensor) *Tensor
	// positive draws the inputs from [0.5, 2), steep keeps them 0.2 away from 0 and ±1.
	positive, steep bool
}

func (c *gradCase) draw(r *rand.Rand) [][]float32 {
	var in [][]float32
	for _, shape := range c.shapes {
		x := normal(r, dimsOf("test", shape).len())
		for i := range x {
			if c.positive {
				x[i] = 0.5 + 1.5*r.Float32()
			}
			for c.steep && (math.Abs(float64(x[i])) < 0.2 || math.Abs(math.Abs(float64(x[i]))-1) < 0.2) {
				x[i] = float32(r.NormFloat64())
			}
		}
		in = append(in, x)
	}
	return in
}

// run computes Σ w·f(in) and, with back, the gradients of in.
func (c *gradCase) run(tp *Tape, in [][]float32, w []float32, back bool) (sum, size float64, grads [][]float32) {
	var xs []*Tensor
	for i, x := range in {
		t := From(tp.be, x, c.shapes[i]...)
		t.Track()
		xs = append(xs, t)
	}
	tp.Train(1)
	y := c.f(tp, xs)
	for i, v := range y.Values() {
		sum += float64(v) * float64(w[i])
		size += math.Abs(float64(v) * float64(w[i]))
	}
	if back {
		weights := From(tp.be, w[:y.Len()], y.Shape()...)
		tp.Backward(tp.Affine(tp.MeanAll(tp.Mul(y, weights)), float32(y.Len()), 0))
		for _, x := range xs {
			g := make([]float32, x.Len())
			tp.be.Download(g, x.Grad())
			grads = append(grads, g)
		}
	}
	return sum, size, grads
}

// check compares the slope of Σ w·f along a random direction of each input with what
// Backward says.
func (c *gradCase) check(be kernels.Backend) error {
	const eps = 1.0 / (1 << 24) // relative rounding error of float32
	r := rand.New(rand.NewPCG(uint64(len(c.name)), 11))
	in, w := c.draw(r), normal(r, 4096)
	tp := NewTape(be, 3)
	tp.Precision = kernels.FP32
	_, _, grads := c.run(tp, in, w, true)
	for i := range in {
		u := normal(r, len(in[i]))
		var want, terms float64
		for j, g := range grads[i] {
			want += float64(g) * float64(u[j])
			terms += math.Abs(float64(g) * float64(u[j]))
		}
		slope := func(h float64) (d, noise float64) {
			var sum, size [2]float64
			for side, step := range []float64{h, -h} {
				moved := append([][]float32{}, in...)
				moved[i] = make([]float32, len(u))
				for j, x := range in[i] {
					moved[i][j] = float32(float64(x) + step*float64(u[j]))
				}
				sum[side], size[side], _ = c.run(tp, moved, w, false)
			}
			// An operation rounds its result and passes on what rounding its argument did; 16
			// stands for the depth of the longest composition here.
			return (sum[0] - sum[1]) / (2 * h), 16 * eps * (size[0] + size[1]) / (2 * h)
		}
		fine, noise := slope(1.0 / 256)
		coarse, _ := slope(1.0 / 128)
		// The error of a central difference falls fourfold with half the step: what the
		// coarse one adds bounds what is left.
		got := fine + (fine-coarse)/3
		tolerance := math.Abs(fine-coarse) + noise + 64*eps*terms
		if !(math.Abs(got-want) <= tolerance) {
			return fmt.Errorf("input %d: slope %.8g by differences, %.8g by Backward: error %.3g, tolerance %.3g",
				i, got, want, math.Abs(got-want), tolerance)
		}
		if tolerance > 0.2*(math.Abs(want)+terms) {
			return fmt.Errorf("input %d: tolerance %.3g is too wide to test a slope of %.3g", i, tolerance, want)
		}
	}
	return nil
}

func checkGradients(t *testing.T, cases []gradCase) {
	eachBackend(t, func(t *testing.T, be kernels.Backend) {
		for _, c := range cases {
			t.Run(c.name, func(t *testing.T) {
				if err := c.check(be); err != nil {
					t.Error(err)
				}
			})
		}
	})
}
