// Dynamic attention written from separate operations, which the fused one is held against, and the times of both.

package tensor

import (
	"fmt"
	"testing"

	"ecalf/kernels"
)

// separate is the same from the tape's other operations, with all scores in memory.
func separate(tp *Tape, x []*Tensor, s dynamicSizes) (y, align *Tensor) {
	q, k, v := tp.heads(x[0], s.t, s.a), tp.heads(x[1], s.p, s.a), tp.heads(x[2], s.p, s.a)
	o := tp.MatMul(tp.weights(q, k, s.parts(x)), v, Factors{})                            // (A, T, D)
	part := tp.MatMul(q, tp.Reshape(x[7], s.a, s.d, 1), Factors{})                        // (A, T, 1)
	align = tp.Unary(kernels.Sigmoid, tp.Add(part, tp.heads(x[6], s.t, s.a)))             // (A, T, 1)
	rest := tp.Affine(align, -1, 1)                                                       // 1 − a
	read := tp.Affine(tp.Mul(rest, tp.Affine(tp.Reshape(x[9], s.a, 1, 1), -1, 1)), -1, 1) // (A, T, 1)
	y = tp.Add(tp.Mul(o, read), tp.Mul(tp.heads(x[8], s.t, s.a), rest))                   // (A, T, D)
	return tp.Reshape(tp.Permute(y, 1, 0, 2), s.t, s.a*s.d), tp.Reshape(tp.Permute(align, 1, 0, 2), s.t, s.a)
}

// small draws values within ±1, and so within the bounds of λ.
func small(be kernels.Backend, s dynamicSizes) (x []*Tensor) {
	r := generator(8)
	for _, shape := range s.shapes() {
		values := make([]float32, dimsOf("test", shape).len())
		for i := range values {
			values[i] = 2*r.Float32() - 1
		}
		t := From(be, values, shape...)
		t.Track()
		x = append(x, t)
	}
	return x
}

func TestDynamicAttentionIsItsParts(t *testing.T) {
	s := dynamicSizes{t: 40, a: 3, d: 8, p: 50, r: 4}
	eachBackend(t, func(t *testing.T, be kernels.Backend) {
		x := small(be, s)
		run := func(fused bool) (values [][]float32) {
			tp := NewTape(be, 1)
			tp.Precision = kernels.FP32
			y, align := stepOf(tp, x, New(be, s.t, s.a*s.d), s, fused)
			values = append(values, y.Values(), align.Values())
			for _, x := range x {
				g := make([]float32, x.Len())
				be.Download(g, x.Grad())
				values = append(values, g)
			}
			return values
		}
		want, got := run(false), run(true)
		for i := range want {
			near(t, want[i], got[i], 2e-5) // float32 sums of up to 50 terms, in another order
		}
	})
}

// stepOf is the pass there and back for the loss mean(y²) + mean(align); zero has y's shape.
func stepOf(tp *Tape, x []*Tensor, zero *Tensor, s dynamicSizes, fused bool) (y, align *Tensor) {
	tp.Train(1)
	if fused {
		y, align = tp.DynamicAttention(x[0], x[1], x[2], s.parts(x))
	} else {
		y, align = separate(tp, x, s)
	}
	tp.Backward(tp.Add(tp.Loss(kernels.MSE, y, zero), tp.MeanAll(align)))
	return y, align
}

// BenchmarkDynamicAttention times forward and backward at CALF's sizes: 1792 tokens, 12 heads of 64, 500 prototypes.
func BenchmarkDynamicAttention(b *testing.B) {
	s := dynamicSizes{t: 1792, a: 12, d: 64, p: 500, r: 8}
	// Products of the scores and the readout there, and back those of all their factors; where the fused kernel computes
	// the scores anew, that is not counted.
	flops := 2 * float64(s.t*s.a*s.p) * 3 * float64(2*s.d+s.r)
	for _, be := range kernels.CPUs()[1:] {
		x, zero := small(be, s), New(be, s.t, s.a*s.d)
		for _, precision := range []kernels.Precision{kernels.FP32, kernels.BF16} {
			for _, fused := range []bool{false, true} {
				b.Run(fmt.Sprintf("%s/%v/fused=%v", be.Name(), precision, fused), func(b *testing.B) {
					tp := NewTape(be, 1)
					tp.Precision = precision
					for range 2 { // memory is found out in the first step and laid out in the second
						stepOf(tp, x, zero, s, fused)
					}
					for b.Loop() {
						stepOf(tp, x, zero, s, fused)
					}
					b.ReportMetric(flops/b.Elapsed().Seconds()*float64(b.N)/1e9, "GFLOP/s")
				})
			}
		}
	}
}
