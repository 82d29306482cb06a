package kerneltest

// Cases of what aligns two branches: descriptors of a window, distillation, contrast, the
// alignment score; and inputs that have collapsed, where norms and variances are 0.

import (
	"math"
	"slices"

	"ecalf/kernels"
)

func alignmentCases() []Case {
	var cases []Case
	for _, s := range [][4]int{ // B, L, C, season
		{0, 5, 3, 2}, {1, 1, 1, 0}, {2, 2, 3, 1}, {3, 3, 1, 2}, {2, 4, 2, 2}, {1, 5, 7, 5}, {3, 7, 5, 3}, {5, 24, 7, 12}, {3, 96, 17, 24}, {1, 97, 33, 48},
	} {
		cases = append(cases, describe(s[0], s[1], s[2], s[3]))
	}
	for _, kind := range kernels.LossKinds() {
		for _, s := range [][3]int{{1, 1, 1}, {1, 1, 9}, {3, 1, 16}, {2, 2, 7}, {1, 3, 8}, {3, 4, 17}, {2, 5, 33}, {2, 7, 100}, {1, 8, 15}, {1, 9, 31}, {2, 21, 65}} {
			p := kernels.Distillation{B: s[0], C: s[1], D: s[2], Kind: kind}
			cases = append(cases, distill(p, true), distill(p, false))
		}
	}
	for _, s := range [][2]int{{1, 5}, {2, 1}, {3, 8}, {5, 17}, {16, 33}, {17, 16}, {33, 100}, {40, 530}} {
		for _, tau := range []float32{0, 0.03, 1} {
			cases = append(cases, contrast(s[0], s[1], tau))
		}
	}
	for _, s := range [][2]int{{0, 3}, {1, 4}, {2, 1}, {3, 7}, {4, 16}, {7, 9}, {17, 33}, {40, 20}, {511, 5}, {512, 8}, {513, 17}, {1030, 6}} {
		cases = append(cases, cka(s[0], s[1]))
	}
	return append(cases, collapsedCases()...)
}

// collapsedCases have inputs that training may reach, and from which it has to come back: their results and gradients
// are finite.
func collapsedCases() []Case {
	var cases []Case
	collapsed := func(c Case, name string, f func(in [][]float32)) {
		c.Shape += " " + name
		c.Rough = true
		before := c.Collapse
		c.Collapse = func(in [][]float32) {
			f(in)
			if before != nil {
				before(in)
			}
		}
		cases = append(cases, c)
	}
	fill := func(values ...float32) func(in [][]float32) {
		return func(in [][]float32) {
			for i, v := range values {
				for j := range in[i] {
					in[i][j] = v
				}
			}
		}
	}
	collapsed(describe(2, 96, 3, 24), "zeros", fill(0))
	collapsed(describe(2, 96, 3, 24), "constant", fill(1000.1))
	collapsed(describe(2, 96, 3, 24), "one constant channel", func(in [][]float32) {
		for t := 1; t < len(in[0]); t += 3 {
			in[0][t] = -0.3
		}
	})
	collapsed(describe(2, 96, 3, 24), "denormal", fill(math.SmallestNonzeroFloat32))
	collapsed(describe(1, 16, 1, 8), "alternating", func(in [][]float32) {
		for t := range in[0] {
			in[0][t] = float32(t%2*2 - 1)
		}
	})
	p := kernels.Distillation{B: 3, C: 5, D: 20, Kind: kernels.SmoothL1}
	collapsed(distill(p, true), "zeros", fill(0, 0))
	collapsed(distill(p, true), "one branch 0", func(in [][]float32) { clear(in[1]) })
	collapsed(distill(p, true), "constant", fill(2, -2))
	collapsed(distill(p, true), "equal branches", func(in [][]float32) { copy(in[1], in[0]) })
	collapsed(distill(p, true), "equal tokens", func(in [][]float32) {
		for i := range in[0] {
			in[0][i], in[1][i] = in[0][i%20], in[1][i%20]
		}
	})
	collapsed(distill(p, true), "a token of 0", func(in [][]float32) { clear(in[0][20:40]) })
	collapsed(distill(p, true), "mean of 0", func(in [][]float32) {
		clear(in[0][:20])
		for i := range 20 { // v, −v, w, −w: their sum is exactly 0
			in[0][40+i], in[0][80+i] = -in[0][20+i], -in[0][60+i]
		}
	})
	for _, tau := range []float32{0.03, 1} { // the bounds of the temperature
		collapsed(contrast(5, 20, tau), "zeros", fill(0, 0))
		collapsed(contrast(5, 20, tau), "one branch 0", func(in [][]float32) { clear(in[1]) })
		collapsed(contrast(5, 20, tau), "constant", fill(2, -2)) // and all similarities tie
		collapsed(contrast(5, 20, tau), "equal branches", func(in [][]float32) { copy(in[1], in[0]) })
		collapsed(contrast(5, 20, tau), "ties", func(in [][]float32) {
			for i := range in[0] {
				in[0][i], in[1][i] = in[0][i%20], in[1][i%40]
			}
		})
		collapsed(contrast(1, 20, tau), "of one sample", func(in [][]float32) {})
	}
	collapsed(cka(30, 20), "zeros", fill(0, 0))
	collapsed(cka(30, 20), "constant", fill(1e3, -0.1))
	collapsed(cka(30, 20), "one constant branch", func(in [][]float32) {
		for i := range in[1] {
			in[1][i] = 1e3 + float32(i%20)/10
		}
	})
	collapsed(cka(30, 20), "equal branches", func(in [][]float32) { copy(in[1], in[0]) })
	collapsed(cka(1, 20), "of one token", func(in [][]float32) {})
	return cases
}

// describe's moments of fourth order are sums of terms beyond 16.
func describe(b, l, c, season int) Case {
	n := float64(b * l * c)
	return Case{
		Op: "Describe", Shape: shape("B%d L%d C%d season %d", b, l, c, season),
		In: []Input{{Len: b * l * c}}, Out: []int{b * c * kernels.NumDescriptors},
		Run:   func(o *kernels.Ops, out, in []kernels.Buf) { o.Describe(out[0], in[0], b, l, c, season) },
		Depth: 4 * l, AtLeast: 16,
		Flops: 2 * n * float64(l), // the spectrum: sine and cosine of L/2 frequencies
	}
}

// distill's differentiated result is the three losses and, behind them, the mean tokens.
func distill(p kernels.Distillation, relation bool) Case {
	n, means := p.B*p.C*p.D, p.B*p.D
	out, pairs := []int{3 + 2*means}, 0
	if relation {
		pairs = p.B * p.C * p.C
		out = append(out, pairs, 4*p.B*p.C)
	}
	split := func(b kernels.Buf) (loss, meanX, meanZ kernels.Buf) {
		return b.Slice(0, 3), b.Slice(3, 3+means), b.Slice(3+means, 3+2*means)
	}
	kept := func(out []kernels.Buf) (relation, token kernels.Buf) {
		out = append(slices.Clone(out), kernels.Buf{}, kernels.Buf{})
		return out[1], out[2]
	}
	return Case{
		Op: "Distill", Shape: shape("B%d C%d D%d %v relation %v", p.B, p.C, p.D, p.Kind, relation),
		In: []Input{{Len: n}, {Len: n}}, Out: out,
		Run: func(o *kernels.Ops, out, in []kernels.Buf) {
			loss, meanX, meanZ := split(out[0])
			relation, token := kept(out)
			o.Distill(loss, meanX, meanZ, relation, token, in[0], in[1], p)
		},
		Back: func(o *kernels.Ops, din []kernels.Grad, dout kernels.Buf, in, out []kernels.Buf) {
			dloss, dmeanX, dmeanZ := split(dout)
			_, meanX, meanZ := split(out[0])
			relation, token := kept(out)
			o.DistillGrad(din[0], din[1], dloss, dmeanX, dmeanZ, meanX, meanZ, relation, token, in[0], in[1], p)
		},
		Depth: p.D + p.C, BackDepth: 4 * (p.D + p.C), AtLeast: 1, Rough: p.Kind == kernels.L1,
		Bytes: 8*float64(n+means) + 4*float64(pairs), BackBytes: 16*float64(n) + 16*float64(means) + 4*float64(pairs),
	}
}

// contrast's similarities are rounded at up to 1/τ before their exponential is taken. A tau of 0 is drawn from
// [0.5, 2), where differences say something about the gradient.
func contrast(b, d int, tau float32) Case {
	c := Case{
		Op: "Contrast", Shape: shape("B%d D%d tau %v", b, d, tau),
		In: []Input{{Len: b * d}, {Len: b * d}, {Len: 1, Kind: Positive}}, Out: []int{1, b, b},
		Run: func(o *kernels.Ops, out, in []kernels.Buf) {
			o.Contrast(out[0], out[1], out[2], in[0], in[1], in[2], b, d)
		},
		Back: func(o *kernels.Ops, din []kernels.Grad, dout kernels.Buf, in, out []kernels.Buf) {
			o.ContrastGrad(din[0], din[1], din[2], dout, out[1], out[2], in[0], in[1], in[2], b, d)
		},
		Depth: d + b, BackDepth: 4 * (d + b), AtLeast: 2,
		Flops: 2 * float64(b*b*d), BackFlops: 6 * float64(b*b*d), // 1 and 3 products
	}
	if tau != 0 {
		c.Rough, c.AtLeast = true, 1/float64(tau)
		c.BackDepth = int(float64(c.BackDepth) / float64(tau)) // what is wrong with S multiplies its exponential
		c.Collapse = func(in [][]float32) { in[2][0] = tau }
	}
	return c
}

// cka computes half of two symmetric matrices.
func cka(t, d int) Case {
	n := float64(min(t, kernels.MaxCKARows))
	return Case{
		Op: "CKA", Shape: shape("T%d D%d", t, d),
		In: []Input{{Len: t * d}, {Len: t * d}}, Out: []int{1},
		Run:   func(o *kernels.Ops, out, in []kernels.Buf) { o.CKA(out[0], in[0], in[1], t, d) },
		Depth: d, AtLeast: 1,
		Flops: 2 * n * (n + 1) * float64(d),
	}
}
