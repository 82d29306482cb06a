package kerneltest

// Cases of the element-wise operations, sums, losses and optimisers.

import "ecalf/kernels"

// lengths are 0, 1, the edges of vectors and of unrolled ones, and more.
var lengths = []int{0, 1, 7, 8, 9, 15, 16, 17, 31, 33, 63, 65, 100, 257}

func elementCases() []Case {
	var cases []Case
	for _, n := range lengths {
		for _, op := range kernels.UnaryOps() {
			cases = append(cases, unary(op, n))
		}
		for _, op := range kernels.BinaryOps() {
			cases = append(cases, binary(op, "same", kernels.Same(n)))
		}
		for _, kind := range kernels.LossKinds() {
			if n > 0 {
				cases = append(cases, loss(kind, n))
			}
		}
		cases = append(cases, affine(n), fill(n), sumSquares(n), dropout(n, 0.1), dropout(n, 0), unaryDropGrad(kernels.GELU, n),
			adam(n, kernels.Adam{LR: 0.1, Beta1: 0.9, Beta2: 0.999, Eps: 1e-8, Step: 1}),
			adam(n, kernels.Adam{LR: 0.1, Beta1: 0.9, Beta2: 0.999, Eps: 1e-8, Step: 7, WeightDecay: 0.3, GradScale: 0.5}),
			adam(n, kernels.Adam{LR: 0.1, Beta1: 0.8, Beta2: 0.9, Eps: 1e-8, Step: 7, WeightDecay: 0.3, Decoupled: true}))
	}
	for _, op := range kernels.BinaryOps() {
		for _, c := range []int{1, 7, 9, 16, 33, 100} {
			cases = append(cases, binary(op, "column", kernels.PerColumn(5, c)), binary(op, "row", kernels.PerRow(5, c)),
				binary(op, "channel", kernels.Channels(3, 4, c)),
				binary(op, "scalar", kernels.Spread{Dim: [3]int{2, 3, c}}))
		}
		cases = append(cases,
			binary(op, "tall column", kernels.PerColumn(1000, 40)), binary(op, "tall row", kernels.PerRow(1000, 40)),
			binary(op, "samples", kernels.Spread{Dim: [3]int{4, 3, 5}, Stride: [3]int{3, 1, 0}}),
			binary(op, "positions", kernels.Spread{Dim: [3]int{4, 3, 5}, Stride: [3]int{0, 5, 1}}))
	}
	for _, s := range [][3]int{{1, 0, 3}, {0, 3, 3}, {1, 1, 1}, {1, 300, 7}, {5, 17, 1}, {5, 100, 1}, {3, 9, 16}, {2, 9, 33}, {1, 1000, 100}, {100, 1000, 1}} {
		cases = append(cases, sum(s[0], s[1], s[2]))
	}
	return cases
}

// domain is where op is defined and its slope does not jump.
func domain(op kernels.UnaryOp) Kind {
	switch op {
	case kernels.Log, kernels.Sqrt:
		return Positive
	case kernels.Abs, kernels.ReLU:
		return Steep
	}
	return Normal
}

func unary(op kernels.UnaryOp, n int) Case {
	return Case{
		Op: "Unary", Shape: shape("%v %d", op, n),
		In: []Input{{Len: n, Kind: domain(op)}}, Out: []int{n},
		Run: func(o *kernels.Ops, out, in []kernels.Buf) { o.Unary(op, out[0], in[0], n) },
		Back: func(o *kernels.Ops, din []kernels.Grad, dout kernels.Buf, in, out []kernels.Buf) {
			o.UnaryGrad(op, din[0], dout, in[0], n)
		},
		Depth: 4, AtLeast: 1, Bytes: 8 * float64(n), BackBytes: 12 * float64(n),
	}
}

func affine(n int) Case {
	return Case{
		Op: "Affine", Shape: shape("%d", n),
		In: []Input{{Len: n}}, Out: []int{n},
		Run: func(o *kernels.Ops, out, in []kernels.Buf) { o.Affine(kernels.Into(out[0]), in[0], n, 2.5, -1) },
		Back: func(o *kernels.Ops, din []kernels.Grad, dout kernels.Buf, in, out []kernels.Buf) {
			o.Affine(din[0], dout, n, 2.5, 0)
		},
		Depth: 2, Bytes: 8 * float64(n),
	}
}

func fill(n int) Case {
	return Case{
		Op: "Fill", Shape: shape("%d", n), Out: []int{n},
		Run: func(o *kernels.Ops, out, in []kernels.Buf) { o.Fill(out[0], n, 1.5) },
	}
}

func binary(op kernels.BinaryOp, name string, v kernels.Spread) Case {
	n, m := v.Dim[0]*v.Dim[1]*v.Dim[2], 0
	if n > 0 {
		m = 1
		for d := range 3 {
			m += (v.Dim[d] - 1) * v.Stride[d]
		}
	}
	return Case{
		Op: "Binary", Shape: shape("%v %s %v", op, name, v.Dim),
		In: []Input{{Len: n}, {Len: m, Kind: Positive}}, Out: []int{n},
		Run: func(o *kernels.Ops, out, in []kernels.Buf) { o.Binary(op, out[0], in[0], in[1], v) },
		Back: func(o *kernels.Ops, din []kernels.Grad, dout kernels.Buf, in, out []kernels.Buf) {
			o.BinaryGrad(op, din[0], din[1], dout, in[0], in[1], v)
		},
		Depth: 4, BackDepth: 8 + n/max(m, 1), Bytes: 8*float64(n) + 4*float64(m),
	}
}

func sum(outer, mid, inner int) Case {
	return Case{
		Op: "Sum", Shape: shape("%dx%dx%d", outer, mid, inner),
		In: []Input{{Len: outer * mid * inner}}, Out: []int{outer * inner},
		Run: func(o *kernels.Ops, out, in []kernels.Buf) {
			o.Sum(kernels.Into(out[0]), in[0], outer, mid, inner, 0.25)
		},
		Depth: mid, Linear: true, Bytes: 4 * float64(outer*mid*inner),
	}
}

func sumSquares(n int) Case {
	return Case{
		Op: "SumSquares", Shape: shape("%d", n),
		In: []Input{{Len: n}}, Out: []int{1},
		Run:   func(o *kernels.Ops, out, in []kernels.Buf) { o.SumSquares(kernels.Into(out[0]), in[0], n) },
		Depth: 4, Bytes: 4 * float64(n),
	}
}

// dropout is linear in x with the mask held fixed, which the key does.
func dropout(n int, rate float32) Case {
	key := kernels.Key{Seed: 0x123456789abcdef, Step: 77, Op: 5}
	return Case{
		Op: "Dropout", Shape: shape("%d rate %v", n, rate),
		In: []Input{{Len: n}}, Out: []int{n},
		Run: func(o *kernels.Ops, out, in []kernels.Buf) { o.Dropout(kernels.Into(out[0]), in[0], n, rate, key) },
		Back: func(o *kernels.Ops, din []kernels.Grad, dout kernels.Buf, in, out []kernels.Buf) {
			o.Dropout(din[0], dout, n, rate, key)
		},
		Depth: 1, Bytes: 8 * float64(n),
	}
}

// unaryDropGrad is linear in dy, and its own gradient.
func unaryDropGrad(op kernels.UnaryOp, n int) Case {
	key := kernels.Key{Seed: 0x123456789abcdef, Step: 77, Op: 5}
	return Case{
		Op: "UnaryDropGrad", Shape: shape("%v %d", op, n),
		In: []Input{{Len: n}, {Len: n, Kind: Fixed}}, Out: []int{n},
		Run: func(o *kernels.Ops, out, in []kernels.Buf) {
			o.UnaryDropGrad(op, kernels.Into(out[0]), in[0], in[1], n, 0.3, key)
		},
		Back: func(o *kernels.Ops, din []kernels.Grad, dout kernels.Buf, in, out []kernels.Buf) {
			o.UnaryDropGrad(op, din[0], dout, in[1], n, 0.3, key)
		},
		Depth: 4, AtLeast: 1, Bytes: 12 * float64(n), BackBytes: 12 * float64(n),
	}
}

// loss of the absolute difference has a slope that jumps, so only parity is tested.
func loss(kind kernels.LossKind, n int) Case {
	return Case{
		Op: "Loss", Shape: shape("%v %d", kind, n),
		In: []Input{{Len: n}, {Len: n}}, Out: []int{1},
		Run: func(o *kernels.Ops, out, in []kernels.Buf) { o.Loss(kind, kernels.Into(out[0]), in[0], in[1], n) },
		Back: func(o *kernels.Ops, din []kernels.Grad, dout kernels.Buf, in, out []kernels.Buf) {
			o.LossGrad(kind, din[0], din[1], dout, in[0], in[1], n)
		},
		Depth: 8, Rough: kind == kernels.L1, Bytes: 8 * float64(n),
	}
}

// adam's results are p, m and v, which it updates in place.
func adam(n int, a kernels.Adam) Case {
	return Case{
		Op: "Adam", Shape: shape("%d step %d decay %v decoupled %v", n, a.Step, a.WeightDecay, a.Decoupled),
		In: []Input{{Len: n}, {Len: n}, {Len: n, Kind: Positive}, {Len: n}}, Out: []int{n, n, n},
		Run: func(o *kernels.Ops, out, in []kernels.Buf) {
			for i := range out {
				o.Affine(kernels.Into(out[i]), in[i], n, 1, 0)
			}
			o.Adam(out[0], out[1], out[2], in[3], n, a)
		},
		Depth: 8,
	}
}
