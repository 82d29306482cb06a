package kerneltest

// The shapes that the models spend their time in: what is timed.

import "ecalf/kernels"

// ModelCases are the operations of a CALF training step: 1792 tokens (256 samples of
// 7 channels) of width 768.
func ModelCases() []Case {
	const tokens, width = 1792, 768 // 256 samples of 7 channels
	var cases []Case
	for _, prec := range []kernels.Precision{kernels.FP32, kernels.BF16} {
		for _, s := range [][3]int{{tokens, 4 * width, width}, {tokens, width, 4 * width}, {tokens, width, width}} {
			for _, trans := range [][2]bool{{false, false}, {false, true}, {true, false}} {
				c := matMul(kernels.Product{M: s[0], N: s[1], K: s[2], Precision: prec, TransA: trans[0], TransB: trans[1]})
				cases = append(cases, c)
			}
			cases = append(cases, constant(kernels.Product{M: s[0], N: s[1], K: s[2], Precision: prec}))
		}
	}
	for _, t := range []int{7, 21, 321} { // ETT, Weather, Electricity
		for _, causal := range []bool{true, false} { // the backbone, iTransformer
			cases = append(cases, attention(kernels.Attention{B: max(tokens/t, 1), A: 12, Tq: t, Tk: t, D: 64, Causal: causal}))
		}
	}
	cases = append(cases,
		attention(kernels.Attention{B: tokens / 7, A: 12, Tq: 7, Tk: 7, D: 64, Dropout: 0.1}),
		attention(kernels.Attention{B: tokens / 7, A: 12, Tq: 7, Tk: 500, D: 64, SharedKV: true}), // the prototypes
		dynamic(dynamicShape{t: tokens, a: 12, p: 500, d: 64, temperature: true, r: 8, gate: true}),
		dynamic(dynamicShape{t: tokens, a: 12, p: 500, d: 64, temperature: true, r: 8, gate: true, bf16: true}))
	const rows = 43690 // a matrix of width 768 is as large as an array of the triad, 128 MiB
	cases = append(cases, layerNorm(rows, width, true), rmsNorm(rows, width), softmax(rows, width),
		unary(kernels.GELUTanh, rows*width), unary(kernels.GELU, rows*width), unary(kernels.ReLU, rows*width),
		dropout(rows*width, 0.1), binary(kernels.Add, "same", kernels.Same(rows*width)),
		binary(kernels.Add, "bias", kernels.PerColumn(rows, width)), affine(rows*width), sumSquares(rows*width),
		sum(1, rows, width), loss(kernels.SmoothL1, rows*width), instanceNorm(2048, 96, 321), movingAverage(2048, 96, 321, 25),
		updates(rows*width),
		move(kernels.Layout{Dim: [4]int{2048, 1, 96, 321}, Dst: [4]int{96 * 321, 0, 1, 96}, Src: [4]int{96 * 321, 0, 321, 1}}),
		conv(kernels.Conv{B: 32, In: 64, H: 4, W: 24, Out: 64, KH: 5, KW: 5, Top: 2, Bottom: 2, Left: 2, Right: 2}, true))
	return append(cases, describe(256, 96, 7, 24), distill(kernels.Distillation{B: 256, C: 7, D: width, Kind: kernels.SmoothL1}, true),
		contrast(256, width, 0.1), cka(tokens, width))
}

// constant is a product by a factor that was packed beforehand, as frozen weights are.
func constant(p kernels.Product) Case {
	c := matMul(p)
	c.Shape += " constant"
	var made kernels.Packed
	c.Run = func(o *kernels.Ops, out, in []kernels.Buf) {
		if made.Owner == "" {
			made = o.Pack(in[1], p)
		}
		p := p
		p.Packed = made
		o.MatMul(out[0], in[0], kernels.Buf{}, p)
	}
	return c
}

// updates is Adam in place, as in training.
func updates(n int) Case {
	c := adam(n, kernels.Adam{LR: 1e-3, Beta1: 0.9, Beta2: 0.999, Eps: 1e-8, Step: 3})
	c.Shape += " in place"
	c.Run = func(o *kernels.Ops, out, in []kernels.Buf) {
		o.Adam(in[0], in[1], in[2], in[3], n, kernels.Adam{LR: 1e-3, Beta1: 0.9, Beta2: 0.999, Eps: 1e-8, Step: 3})
	}
	c.Out = nil
	c.Bytes = 28 * float64(n) // four arrays read, three written
	return c
}
