package kerneltest

// Cases of the products: MatMul with every orientation, stride, precision and epilogue.

import "ecalf/kernels"

// matMulCases: sizes at the edges of register tiles (6×16, 14×32, 16 and 32 in
// AMX), of blocks (768 words deep, which are 768 steps, or 1536 in pairs), of what is read without being packed (few whole
// vectors), and odd ones.
func matMulCases() []Case {
	var cases []Case
	sizes := [][3]int{ // M, N, K
		{0, 3, 4}, {3, 0, 4}, {3, 4, 0}, {1, 1, 1}, {5, 15, 7}, {6, 16, 8}, {7, 17, 9}, {14, 32, 16},
		{15, 33, 17}, {16, 31, 31}, {31, 16, 32}, {33, 65, 33}, {2, 100, 511}, {100, 7, 513}, {65, 300, 530},
		{16, 33, 768}, {15, 34, 769}, {33, 17, 1537}, {17, 33, 3080}, {40, 112, 70}, {10, 16, 900}, {9, 512, 600},
	}
	for _, s := range sizes {
		for _, prec := range []kernels.Precision{kernels.FP32, kernels.BF16} {
			for _, trans := range [][2]bool{{false, false}, {false, true}, {true, false}, {true, true}} {
				cases = append(cases, matMul(kernels.Product{M: s[0], N: s[1], K: s[2], Precision: prec,
					TransA: trans[0], TransB: trans[1]}))
			}
		}
	}
	for _, prec := range []kernels.Precision{kernels.FP32, kernels.BF16} {
		cases = append(cases,
			matMul(kernels.Product{M: 5, N: 9, K: 11, Precision: prec, Scale: 0.5, LDA: 13, LDB: 12, LDC: 10}),
			matMul(kernels.Product{M: 7, N: 40, K: 9, Precision: prec, LDB: 1}), // b slides along a series
			matMul(kernels.Product{M: 20, N: 6, K: 9, Precision: prec, LDA: 1}),
			matMul(kernels.Product{M: 9, N: 17, K: 5, Precision: prec, Batch: 3, StrideA: 45, StrideB: 85, StrideC: 153}),
			matMul(kernels.Product{M: 9, N: 17, K: 5, Precision: prec, Batch: 3, StrideA: 45, StrideC: 153}),
			matMul(kernels.Product{M: 9, N: 17, K: 5, Precision: prec, TransA: true, Batch: 3, StrideA: 45, StrideC: 153}),
		)
		for _, s := range [][3]int{{1, 1, 1}, {15, 35, 400}} {
			for _, act := range []kernels.UnaryOp{kernels.Identity, kernels.ReLU, kernels.GELU, kernels.GELUTanh, kernels.SiLU, kernels.Tanh} {
				cases = append(cases, epilogue(kernels.Product{M: s[0], N: s[1], K: s[2], Precision: prec, Act: act}))
			}
			cases = append(cases, dropped(kernels.Product{M: s[0], N: s[1], K: s[2], Precision: prec, Act: kernels.GELU}),
				packed(kernels.Product{M: s[0], N: s[1], K: s[2], Precision: prec}),
				packed(kernels.Product{M: s[0], N: s[1], K: s[2], Precision: prec, TransB: true}),
				accumulated(kernels.Product{M: s[0], N: s[1], K: s[2], Precision: prec}))
		}
		for _, s := range [][3]int{{3, 4, 5}, {15, 36, 9}, {37, 100, 2080}} { // rows that begin with a block of random words
			cases = append(cases, dropped(kernels.Product{M: s[0], N: s[1], K: s[2], Precision: prec, Act: kernels.SiLU}))
		}
	}
	return cases
}

// stored is the number of elements of a matrix of the batch as it lies in memory.
func stored(rows, cols, ld, batch, stride int, trans bool) int {
	if trans {
		rows, cols = cols, rows
	}
	if ld == 0 {
		ld = cols
	}
	if rows == 0 || cols == 0 {
		return 0
	}
	return max(batch-1, 0)*stride + (rows-1)*ld + cols
}

func matMul(p kernels.Product) Case {
	orientation := "NT"
	a, b := 0, 0
	if p.TransA {
		a = 1
	}
	if p.TransB {
		b = 1
	}
	name := shape("%c%c %dx%dx%d %v", orientation[a], orientation[b], p.M, p.N, p.K, p.Precision)
	if p.LDA+p.LDB+p.LDC > 0 {
		name += shape(" ld %d,%d,%d", p.LDA, p.LDB, p.LDC)
	}
	if p.Batch > 0 {
		name += shape(" batch %d,%d,%d,%d", p.Batch, p.StrideA, p.StrideB, p.StrideC)
	}
	return Case{
		Op: "MatMul", Shape: name,
		In: []Input{
			{Len: stored(p.M, p.K, p.LDA, p.Batch, p.StrideA, p.TransA)},
			{Len: stored(p.K, p.N, p.LDB, p.Batch, p.StrideB, p.TransB)},
		},
		Out:    []int{stored(p.M, p.N, p.LDC, p.Batch, p.StrideC, false)},
		Run:    func(o *kernels.Ops, out, in []kernels.Buf) { o.MatMul(out[0], in[0], in[1], p) },
		Depth:  p.K,
		Linear: true,
		BF16:   p.Precision == kernels.BF16,
		Flops:  2 * float64(p.M) * float64(p.N) * float64(p.K),
	}
}

// epilogue is a product with everything that can follow it.
func epilogue(p kernels.Product) Case {
	c := matMul(p)
	c.Shape += " epilogue " + p.Act.String()
	c.In = append(c.In, Input{Len: p.N}, Input{Len: p.M * p.N})
	c.Out = append(c.Out, p.M*p.N)
	c.Run = func(o *kernels.Ops, out, in []kernels.Buf) {
		p := p
		p.Bias, p.Residual, p.Pre = in[2], in[3], out[1]
		o.MatMul(out[0], in[0], in[1], p)
	}
	c.Depth += 8
	c.Linear = p.Act == kernels.Identity || p.Act == kernels.ReLU
	return c
}

// dropped is an epilogue with dropout; its gradients are those of the composition.
func dropped(p kernels.Product) Case {
	p.DropRate, p.DropKey = 0.3, kernels.Key{Seed: 0x123456789abcdef, Step: 77, Op: 5}
	c := epilogue(p)
	c.Shape += " dropped"
	if p.Precision == kernels.BF16 {
		return c // rounding the factors is no smooth function
	}
	c.Back = func(o *kernels.Ops, din []kernels.Grad, dout kernels.Buf, in, out []kernels.Buf) {
		n := p.M * p.N
		d := kernels.Wrap(make([]float32, n))
		o.Dropout(kernels.Into(d), dout, n, p.DropRate, p.DropKey)
		o.UnaryGrad(p.Act, kernels.Into(d), d, out[1], n)
		o.MatMul(din[0].Buf, d, in[1], kernels.Product{M: p.M, N: p.K, K: p.N, TransB: true, Precision: p.Precision, Add: din[0].Add})
		o.MatMul(din[1].Buf, in[0], d, kernels.Product{M: p.K, N: p.N, K: p.M, TransA: true, Precision: p.Precision, Add: din[1].Add})
		o.Sum(din[2], d, 1, p.M, p.N, 1)
		o.Affine(din[3], dout, n, 1, 0)
	}
	c.BackDepth = 8 + max(p.M, p.N)
	return c
}

// packed is a product by a constant; c is longer than a packed buffer would be if the
// factor were read unpacked.
func packed(p kernels.Product) Case {
	c := matMul(p)
	c.Shape += " packed"
	c.Run = func(o *kernels.Ops, out, in []kernels.Buf) {
		p := p
		p.Packed = o.Pack(in[1], p)
		o.MatMul(out[0], in[0], kernels.Buf{}, p)
	}
	return c
}

// accumulated adds the product to its result three times.
func accumulated(p kernels.Product) Case {
	c := matMul(p)
	c.Shape += " accumulated"
	c.Run = func(o *kernels.Ops, out, in []kernels.Buf) {
		o.MatMul(out[0], in[0], in[1], p)
		p := p
		p.Add = true
		o.MatMul(out[0], in[0], in[1], p)
		p.Scale = -3
		o.MatMul(out[0], in[0], in[1], p)
	}
	c.Depth *= 5
	c.Linear = false
	return c
}
