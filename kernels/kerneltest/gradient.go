package kerneltest

// Gradients against finite differences of the case's own forward pass.

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"ecalf/kernels"
)

func generator(stream uint64) *rand.Rand { return rand.New(rand.NewPCG(stream, 7)) }

// Gradients tests Back of every smooth case: the derivative of Σ w·out[0] along a
// random direction of each input.
func Gradients(t *testing.T, be kernels.Backend) {
	for _, c := range Cases() {
		if c.Back == nil || c.Rough {
			continue
		}
		t.Run(c.String(), func(t *testing.T) {
			if err := c.gradient(be); err != nil {
				t.Error(err)
			}
		})
	}
}

func (c *Case) gradient(be kernels.Backend) error {
	in := c.draw()
	out, err := c.forward(be, in)
	if err != nil {
		return err
	}
	r := generator(3)
	w := Input{Len: c.Out[0]}.draw(r)
	grads, err := c.backward(be, w, in, out, 0, true)
	if err != nil {
		return err
	}
	for i := range in {
		if grads[i] == nil {
			continue
		}
		u := Input{Len: len(in[i])}.draw(r)
		var want, size float64
		for j, g := range grads[i] {
			want += float64(g) * float64(u[j])
			size += math.Abs(float64(g) * float64(u[j]))
		}
		fine, noise, err := c.slope(be, in, i, u, w, 1.0/256)
		if err != nil {
			return err
		}
		coarse, _, err := c.slope(be, in, i, u, w, 1.0/128)
		if err != nil {
			return err
		}
		// The error of a central difference falls fourfold with half the step: what the
		// coarse one adds bounds what is left, and rounding is in noise.
		got := fine + (fine-coarse)/3
		tolerance := math.Abs(fine-coarse) + noise + 1e-5*size
		if !(math.Abs(got-want) <= tolerance) {
			return fmt.Errorf("input %d: slope %.8g by differences, %.8g by Back: error %.3g, tolerance %.3g",
				i, got, want, math.Abs(got-want), tolerance)
		}
	}
	return nil
}

// slope is the central difference of Σ w·out[0] as input i moves along u by ±h, and the
// part of it that rounding of the results may account for.
func (c *Case) slope(be kernels.Backend, in [][]float32, i int, u, w []float32, h float64) (slope, noise float64, err error) {
	var sum [2]float64
	for side, step := range []float64{h, -h} {
		moved := append([][]float32{}, in...)
		moved[i] = make([]float32, len(in[i]))
		for j, x := range in[i] {
			moved[i][j] = float32(float64(x) + step*float64(u[j]))
		}
		out, err := c.forward(be, moved)
		if err != nil {
			return 0, 0, err
		}
		for j, y := range out[0] {
			sum[side] += float64(y) * float64(w[j])
			noise += eps * math.Abs(float64(y)*float64(w[j])) * float64(4+c.Depth)
		}
	}
	return (sum[0] - sum[1]) / (2 * h), noise / (2 * h), nil
}
