package kerneltest

// The shapes that the models spend their time in: what is timed.

import "ecalf/kernels"

// ModelCases are the operations of a CALF training step: 1792 tokens (256 samples of
// 7 channels) of width 768.
func ModelCases() []Case {
	const tokens, width = 1792, 768
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
	return cases
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
