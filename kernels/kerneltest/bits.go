package kerneltest

// The same bits at any number of threads, and NaN and Inf that go where the loops of the
// contract send them.

import (
	"fmt"
	"math"
	"testing"

	"ecalf/kernels"
)

// large is where CPU levels write a span past the caches (LARGE in elements_amd64.h). An array
// of beyondCaches is such a span on one thread, and several smaller ones on two; it ends within a vector.
const large, beyondCaches = 1 << 21, 1<<21 + 5013

// threadCases are large enough to be split over threads.
func threadCases() []Case {
	cases := []Case{
		layerNorm(300, 200, true), rmsNorm(300, 200), softmax(300, 200), instanceNorm(40, 96, 33), denorm(40, 96, 33),
		describe(40, 96, 7, 24), distill(kernels.Distillation{B: 40, C: 7, D: 200, Kind: kernels.SmoothL1}, true), contrast(100, 200, 0), cka(600, 200),
		rope(20, 30, 4, 64), unary(kernels.GELU, 100001), affine(100001), sumSquares(100001), dropout(100001, 0.1), unaryDropGrad(kernels.GELU, 100001),
		loss(kernels.SmoothL1, 100001), sum(1, 300, 900), sum(300, 900, 1), sum(30, 30, 300),
		binary(kernels.Mul, "same", kernels.Same(100001)), binary(kernels.Div, "column", kernels.PerColumn(300, 333)),
		binary(kernels.Mul, "row", kernels.PerRow(300, 333)), binary(kernels.Mul, "channel", kernels.Channels(20, 96, 33)),
		adam(100001, kernels.Adam{LR: 0.1, Beta1: 0.9, Beta2: 0.999, Eps: 1e-8, Step: 1}),
		move(kernels.Layout{Dim: [4]int{1, 20, 96, 60}, Dst: [4]int{0, 5760, 1, 96}, Src: [4]int{0, 5760, 60, 1}}),
		gather(1000, 50, 64), scatter(1000, 50, 64), movingAverage(40, 96, 33, 25),
		conv(kernels.Conv{B: 6, In: 5, H: 8, W: 24, Out: 7, KH: 3, KW: 3, Top: 1, Bottom: 1, Left: 1, Right: 1}, true),
		attention(kernels.Attention{B: 9, A: 4, Tq: 33, Tk: 33, D: 24, Causal: true, Dropout: 0.1}),
		attention(kernels.Attention{B: 9, A: 4, Tq: 7, Tk: 100, D: 24, SharedKV: true, Dropout: 0.1}),
		dynamic(dynamicShape{t: 600, a: 3, p: 100, d: 24, temperature: true, r: 4, gate: true}),
		dynamic(dynamicShape{t: 600, a: 3, p: 100, d: 24, temperature: true, r: 4, gate: true, bf16: true}),
		matMul(kernels.Product{M: 60, N: 70, K: 80, Batch: 7, StrideA: 4800, StrideB: 5600, StrideC: 4200}),
	}
	cases = append(cases, unary(kernels.GELUTanh, beyondCaches), affine(beyondCaches), dropout(beyondCaches, 0.1),
		layerNorm(beyondCaches/768, 768, true), rmsNorm(beyondCaches/768, 768), softmax(beyondCaches/768, 768),
		softmax(beyondCaches/4112, 4112))
	for _, prec := range []kernels.Precision{kernels.FP32, kernels.BF16} {
		for _, trans := range [][2]bool{{false, false}, {false, true}, {true, false}} {
			for _, s := range [][3]int{{201, 150, 530}, {9, 900, 300}, {900, 9, 300}} {
				cases = append(cases, matMul(kernels.Product{M: s[0], N: s[1], K: s[2], Precision: prec, TransA: trans[0], TransB: trans[1]}))
			}
		}
		cases = append(cases, dropped(kernels.Product{M: 201, N: 150, K: 130, Precision: prec, Act: kernels.GELU}),
			dropped(kernels.Product{M: 201, N: 152, K: 130, Precision: prec, Act: kernels.GELU}))
	}
	return cases
}

// Bits tests that be computes the same bits on 1, 2 and 5 threads, forward and backward.
func Bits(t *testing.T, be kernels.Backend) {
	for _, c := range threadCases() {
		t.Run(c.String(), func(t *testing.T) {
			var want [][]float32
			for _, threads := range []int{1, 2, 5} {
				got, err := c.at(be, threads)
				if err != nil {
					t.Fatal(err)
				}
				if want == nil {
					want = got
				}
				if err := same(got, want); err != nil {
					t.Errorf("%d threads: %v", threads, err)
				}
			}
		})
	}
}

// at returns the results and gradients of the case at a number of threads; small gradients
// are added to what is there.
func (c *Case) at(be kernels.Backend, threads int) ([][]float32, error) {
	defer kernels.SetThreads(kernels.SetThreads(threads))
	in := c.draw()
	out, err := c.forward(be, in)
	if err != nil || c.Back == nil {
		return out, err
	}
	add := c.Out[0] < large
	grads, err := c.backward(be, Input{Len: c.Out[0]}.draw(generator(2)), in, out, 1, add)
	return append(out, grads...), err
}

func same(got, want [][]float32) error {
	for i := range want {
		for j := range want[i] {
			if math.Float32bits(got[i][j]) != math.Float32bits(want[i][j]) {
				return fmt.Errorf("array %d, element %d is %v, at one thread %v", i, j, got[i][j], want[i][j])
			}
		}
	}
	return nil
}

// Specials tests that NaN and infinities reach the results that the reference sends them
// to, element by element. Numbers whose squares overflow float32 are left out.
func Specials(t *testing.T, be kernels.Backend) {
	const n = 40 // two and a half vectors of 16
	var cases []Case
	for _, op := range kernels.UnaryOps() {
		cases = append(cases, unary(op, n))
	}
	cases = append(cases, layerNorm(3, n, true), rmsNorm(3, n), softmax(3, n), matMul(kernels.Product{M: 3, N: n, K: 17, Precision: kernels.FP32}),
		epilogue(kernels.Product{M: 3, N: n, K: 17, Precision: kernels.FP32, Act: kernels.ReLU}),
		movingAverage(1, n, 1, 3), sumSquares(n), affine(n), dropout(n, 0.5), loss(kernels.SmoothL1, n), loss(kernels.L1, n),
		binary(kernels.Div, "same", kernels.Same(n)), instanceNorm(1, 5, n),
		attention(kernels.Attention{B: 1, A: 1, Tq: 5, Tk: 5, D: 8}),
		dynamic(dynamicShape{t: 5, a: 1, p: 5, d: 8, temperature: true, r: 2, gate: true}),
		dynamic(dynamicShape{t: 5, a: 1, p: 5, d: 8, temperature: true, r: 2, gate: true, bf16: true}))
	for _, c := range cases {
		for _, x := range []float64{math.NaN(), math.Inf(1), math.Inf(-1), 0, 1e-40, -1e15} {
			t.Run(fmt.Sprint(c.String(), " ", x), func(t *testing.T) {
				in := c.draw()
				in[0][len(in[0])/2] = float32(x)
				want, err := c.forward(reference(), in)
				if err != nil {
					t.Fatal(err)
				}
				got, err := c.forward(be, in)
				if err != nil {
					t.Fatal(err)
				}
				for i := range want {
					for j, w := range want[i] {
						if g := got[i][j]; class(g) != class(w) {
							t.Fatalf("result %d, element %d is %v, want %v", i, j, g, w)
						}
					}
				}
			})
		}
	}
}

// class tells finite numbers, NaN and the two infinities apart.
func class(x float32) string {
	switch {
	case x != x:
		return "NaN"
	case math.IsInf(float64(x), 0):
		return fmt.Sprint(x)
	}
	return "finite"
}
