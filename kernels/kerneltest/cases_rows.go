package kerneltest

// Cases of the row-wise operations: norms, softmax, rotary embedding.

import "ecalf/kernels"

// widths are row lengths at the edges of vectors of 8 and 16, and beyond blocks of them.
var widths = []int{1, 7, 8, 9, 15, 16, 17, 31, 33, 100, 768}

func rowCases() []Case {
	var cases []Case
	for _, c := range widths {
		for _, r := range []int{0, 1, 5} {
			cases = append(cases, layerNorm(r, c, true), layerNorm(r, c, false), rmsNorm(r, c), softmax(r, c),
				instanceNorm(r, 12, c), denorm(r, 3, c))
		}
	}
	cases = append(cases, layerNorm(130, 65, true), rmsNorm(130, 65), softmax(130, 65), instanceNorm(3, 96, 7), instanceNorm(2, 1, 3))
	for _, d := range []int{2, 6, 16, 18, 64} {
		cases = append(cases, rope(2, 5, 3, d))
	}
	return append(cases, rope(0, 5, 3, 8), rope(1, 1, 1, 2))
}

const normEps = 1e-5

func layerNorm(r, c int, affine bool) Case {
	in := []Input{{Len: r * c}}
	if affine {
		in = append(in, Input{Len: c}, Input{Len: c})
	}
	params := func(in []kernels.Buf) (gamma, beta kernels.Buf) {
		if affine {
			return in[1], in[2]
		}
		return
	}
	return Case{
		Op: "LayerNorm", Shape: shape("%dx%d affine %v", r, c, affine),
		In: in, Out: []int{r * c, r, r},
		Run: func(o *kernels.Ops, out, in []kernels.Buf) {
			gamma, beta := params(in)
			o.LayerNorm(out[0], out[1], out[2], in[0], gamma, beta, r, c, normEps)
		},
		Back: func(o *kernels.Ops, din []kernels.Grad, dout kernels.Buf, in, out []kernels.Buf) {
			gamma, _ := params(in)
			din = append(din, kernels.Grad{}, kernels.Grad{})
			o.LayerNormGrad(din[0], din[1], din[2], dout, in[0], out[1], out[2], gamma, r, c)
		},
		Depth: c, BackDepth: r + 4*c,
		Bytes: 8 * float64(r*c), BackBytes: 20 * float64(r*c), // dx and dgamma each read dy and x
	}
}

// rmsNorm's gradient in a row of one element is the difference of two numbers near
// 1/|x|, which is some ten for the smallest x drawn.
func rmsNorm(r, c int) Case {
	atLeast := 0.0
	if c == 1 {
		atLeast = 16
	}
	return Case{
		AtLeast: atLeast,
		Op:      "RMSNorm", Shape: shape("%dx%d", r, c),
		In: []Input{{Len: r * c}, {Len: c}}, Out: []int{r * c, r},
		Run: func(o *kernels.Ops, out, in []kernels.Buf) {
			o.RMSNorm(out[0], out[1], in[0], in[1], r, c, normEps)
		},
		Back: func(o *kernels.Ops, din []kernels.Grad, dout kernels.Buf, in, out []kernels.Buf) {
			o.RMSNormGrad(din[0], din[1], dout, in[0], out[1], in[1], r, c)
		},
		Depth: c, BackDepth: r + 4*c,
		Bytes: 8 * float64(r*c), BackBytes: 20 * float64(r*c), // dx and dgamma each read dy and x
	}
}

// instanceNorm's gradient holds mean and std constant, so it has no finite difference.
func instanceNorm(b, l, c int) Case {
	return Case{
		Op: "InstanceNorm", Shape: shape("%dx%dx%d", b, l, c),
		In: []Input{{Len: b * l * c}}, Out: []int{b * l * c, b * c, b * c},
		Run: func(o *kernels.Ops, out, in []kernels.Buf) {
			o.InstanceNorm(out[0], out[1], out[2], in[0], b, l, c, normEps)
		},
		Back: func(o *kernels.Ops, din []kernels.Grad, dout kernels.Buf, in, out []kernels.Buf) {
			o.InstanceNormGrad(din[0], dout, out[2], b, l, c)
		},
		Depth: 4 * l, Rough: true,
		Bytes: 8 * float64(b*l*c),
	}
}

func denorm(b, l, c int) Case {
	return Case{
		Op: "Denorm", Shape: shape("%dx%dx%d", b, l, c),
		In: []Input{{Len: b * l * c}, {Len: b * c, Kind: Fixed}, {Len: b * c, Kind: Fixed}}, Out: []int{b * l * c},
		Run: func(o *kernels.Ops, out, in []kernels.Buf) { o.Denorm(out[0], in[0], in[1], in[2], b, l, c) },
		Back: func(o *kernels.Ops, din []kernels.Grad, dout kernels.Buf, in, out []kernels.Buf) {
			o.DenormGrad(din[0], dout, in[2], b, l, c)
		},
		Depth: 2, Linear: true,
	}
}

func softmax(r, c int) Case {
	return Case{
		Op: "Softmax", Shape: shape("%dx%d", r, c),
		In: []Input{{Len: r * c}}, Out: []int{r * c},
		Run: func(o *kernels.Ops, out, in []kernels.Buf) { o.Softmax(out[0], in[0], r, c) },
		Back: func(o *kernels.Ops, din []kernels.Grad, dout kernels.Buf, in, out []kernels.Buf) {
			o.SoftmaxGrad(din[0], dout, out[0], r, c)
		},
		Depth: c, Bytes: 8 * float64(r*c), BackBytes: 12 * float64(r*c),
	}
}

func rope(b, t, a, d int) Case {
	const base = 10000
	return Case{
		Op: "RoPE", Shape: shape("%dx%dx%dx%d", b, t, a, d),
		In: []Input{{Len: b * t * a * d}}, Out: []int{b * t * a * d},
		Run: func(o *kernels.Ops, out, in []kernels.Buf) {
			o.RoPE(kernels.Into(out[0]), in[0], b, t, a, d, base, false)
		},
		Back: func(o *kernels.Ops, din []kernels.Grad, dout kernels.Buf, in, out []kernels.Buf) {
			o.RoPE(din[0], dout, b, t, a, d, base, true)
		},
		Depth: 2,
	}
}
