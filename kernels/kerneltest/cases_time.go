package kerneltest

// Cases of what moves along tokens and time: attention, moves, gathers, moving
// averages, convolutions.

import "ecalf/kernels"

func timeCases() []Case {
	var cases []Case
	for _, t := range []int{1, 2, 7, 8, 9, 17, 33} {
		for _, causal := range []bool{false, true} {
			for _, rate := range []float32{0, 0.3} {
				cases = append(cases, attention(kernels.Attention{B: 2, A: 2, Tq: t, Tk: t, D: 8, Causal: causal, Dropout: rate}))
			}
		}
	}
	for _, d := range []int{1, 5, 16, 17, 33, 64} {
		cases = append(cases, attention(kernels.Attention{B: 2, A: 3, Tq: 4, Tk: 6, D: d}))
	}
	cases = append(cases,
		attention(kernels.Attention{B: 0, A: 2, Tq: 3, Tk: 3, D: 4}),
		attention(kernels.Attention{B: 3, A: 2, Tq: 5, Tk: 40, D: 16, SharedKV: true, Scale: 0.3}),
		attention(kernels.Attention{B: 2, A: 6, KV: 2, Tq: 5, Tk: 5, D: 16, Causal: true, Dropout: 0.1}),
		attention(kernels.Attention{B: 2, A: 2, Tq: 3, Tk: 5, D: 8, Causal: true, LDQ: 50, LDK: 19, LDO: 17}),
		attention(kernels.Attention{B: 1, A: 2, Tq: 130, Tk: 200, D: 64}))
	for _, l := range []kernels.Layout{
		{Dim: [4]int{1, 0, 1, 1}},
		{Dim: [4]int{1, 1, 1, 1}},
		{Dim: [4]int{1, 3, 17, 33}, Dst: [4]int{0, 561, 1, 17}, Src: [4]int{0, 561, 33, 1}}, // transpose the last two
		{Dim: [4]int{2, 3, 4, 5}, Dst: [4]int{60, 5, 15, 1}, Src: [4]int{60, 20, 5, 1}},     // (a,b,c,d) → (a,c,b,d)
		{Dim: [4]int{1, 1, 7, 9}, Dst: [4]int{0, 0, 20, 1}, Src: [4]int{0, 0, 9, 1}},        // a block of a wider matrix
		{Dim: [4]int{3, 1, 10, 6}, Dst: [4]int{60, 0, 6, 1}, Src: [4]int{25, 0, 2, 1}},      // unfold: patches of 6, 2 apart
		{Dim: [4]int{3, 4, 1, 16}, Dst: [4]int{64, 16, 0, 1}, Src: [4]int{16, 0, 0, 1}},     // repeat
		{Dim: [4]int{1, 1, 200, 300}, Dst: [4]int{0, 0, 1, 200}, Src: [4]int{0, 0, 300, 1}},
	} {
		cases = append(cases, move(l))
	}
	for _, s := range [][3]int{{0, 3, 4}, {1, 1, 1}, {5, 3, 7}, {3, 100, 33}, {1000, 7, 64}} {
		cases = append(cases, gather(s[0], s[1], s[2]), scatter(s[0], s[1], s[2]))
	}
	for _, s := range [][4]int{{0, 5, 3, 3}, {1, 1, 1, 1}, {2, 9, 1, 3}, {2, 9, 7, 5}, {3, 4, 16, 9}, {2, 3, 2, 25}, {2, 96, 7, 25}, {14, 96, 1, 25}, {2, 40, 33, 25}} {
		cases = append(cases, movingAverage(s[0], s[1], s[2], s[3]))
	}
	for _, p := range []kernels.Conv{
		{B: 2, In: 3, H: 1, W: 10, Out: 4, KH: 1, KW: 3, Left: 1, Right: 1, Padding: kernels.Circular},
		{B: 2, In: 1, H: 1, W: 17, Out: 3, KH: 1, KW: 5, StrideW: 2, Dilation: 2, Left: 3, Right: 2, Padding: kernels.Repeat},
		{B: 2, In: 2, H: 5, W: 6, Out: 3, KH: 3, KW: 3, Top: 1, Bottom: 1, Left: 1, Right: 1},
		{B: 1, In: 2, H: 7, W: 5, Out: 17, KH: 3, KW: 2, StrideH: 2, StrideW: 1, Dilation: 1},
		{B: 1, In: 1, H: 1, W: 1, Out: 1, KH: 1, KW: 1},
		{B: 0, In: 2, H: 5, W: 6, Out: 3, KH: 3, KW: 3},
		{B: 2, In: 9, H: 6, W: 19, Out: 20, KH: 5, KW: 5, Top: 2, Bottom: 2, Left: 2, Right: 2},
	} {
		cases = append(cases, conv(p, true), conv(p, false))
	}
	return cases
}

func attention(p kernels.Attention) Case {
	or := func(n, def int) int {
		if n == 0 {
			return def
		}
		return n
	}
	kv := or(p.KV, p.A)
	samples := p.B
	if p.SharedKV {
		samples = min(p.B, 1)
	}
	p.Key = kernels.Key{Seed: 99, Step: 3, Op: 8}
	q := stored(p.B*p.Tq, p.A*p.D, or(p.LDQ, p.A*p.D), 1, 0, false)
	k := stored(samples*p.Tk, kv*p.D, or(p.LDK, kv*p.D), 1, 0, false)
	o := stored(p.B*p.Tq, p.A*p.D, or(p.LDO, p.A*p.D), 1, 0, false)
	seen := p.Tq * p.Tk
	if p.Causal {
		seen -= p.Tq * (p.Tq - 1) / 2
	}
	name := shape("B%d A%d/%d T%d,%d D%d", p.B, p.A, kv, p.Tq, p.Tk, p.D)
	if p.LDQ+p.LDK+p.LDO > 0 {
		name += shape(" ld %d,%d,%d", p.LDQ, p.LDK, p.LDO)
	}
	if p.SharedKV {
		name += " shared"
	}
	if p.Causal {
		name += " causal"
	}
	if p.Dropout > 0 {
		name += shape(" dropout %v", p.Dropout)
	}
	return Case{
		Op: "Attention", Shape: name,
		In: []Input{{Len: q}, {Len: k}, {Len: k}}, Out: []int{o, p.B * p.A * p.Tq},
		Run: func(ops *kernels.Ops, out, in []kernels.Buf) { ops.Attention(out[0], out[1], in[0], in[1], in[2], p) },
		Back: func(ops *kernels.Ops, din []kernels.Grad, dout kernels.Buf, in, out []kernels.Buf) {
			ops.AttentionGrad(din[0], din[1], din[2], dout, in[0], in[1], in[2], out[0], out[1], p)
		},
		Depth: p.Tk + p.D, AtLeast: 1, BackDepth: 4 * (p.Tk + p.D + p.B*p.A/max(kv, 1)*p.Tq),
		// Two products forward and five backward, over the pairs of a query and a key that it sees.
		Flops: 4 * float64(p.B*p.A*p.D*seen), BackFlops: 10 * float64(p.B*p.A*p.D*seen),
		// q and o, k and v; backward also do and dq, dk and dv.
		Bytes: 4 * float64(2*q+2*k), BackBytes: 4 * float64(4*q+4*k),
	}
}

func move(v kernels.Layout) Case {
	back := kernels.Layout{Dim: v.Dim, Dst: v.Src, Src: v.Dst}
	reach := func(stride [4]int) int {
		n := 1
		for d, size := range v.Dim {
			if size == 0 {
				return 0
			}
			n += (size - 1) * stride[d]
		}
		return n
	}
	n := v.Dim[0] * v.Dim[1] * v.Dim[2] * v.Dim[3]
	return Case{
		Op: "Move", Shape: shape("%v to %v from %v", v.Dim, v.Dst, v.Src),
		In: []Input{{Len: reach(v.Src)}}, Out: []int{reach(v.Dst)},
		Run: func(o *kernels.Ops, out, in []kernels.Buf) { o.Move(kernels.Into(out[0]), in[0], v) },
		Back: func(o *kernels.Ops, din []kernels.Grad, dout kernels.Buf, in, out []kernels.Buf) {
			o.Move(din[0], dout, back)
		},
		AlwaysAdds: true, Depth: 16, Bytes: 8 * float64(n),
	}
}

func gather(n, r, c int) Case {
	return Case{
		Op: "Gather", Shape: shape("%d of %dx%d", n, r, c),
		In: []Input{{Len: r * c}, {Len: n, Kind: Index, N: r}}, Out: []int{n * c},
		Run: func(o *kernels.Ops, out, in []kernels.Buf) { o.Gather(out[0], in[0], in[1], n, r, c) },
		Back: func(o *kernels.Ops, din []kernels.Grad, dout kernels.Buf, in, out []kernels.Buf) {
			o.GatherGrad(din[0].Buf, dout, in[1], n, r, c)
		},
		AlwaysAdds: true, Depth: n, Bytes: 8 * float64(n*c),
	}
}

// scatter is GatherGrad in its own right, on top of what is there.
func scatter(n, r, c int) Case {
	return Case{
		Op: "GatherGrad", Shape: shape("%d to %dx%d", n, r, c),
		In: []Input{{Len: n * c}, {Len: n, Kind: Index, N: r}, {Len: r * c}}, Out: []int{r * c},
		Run: func(o *kernels.Ops, out, in []kernels.Buf) {
			o.Affine(kernels.Into(out[0]), in[2], r*c, 1, 0)
			o.GatherGrad(out[0], in[0], in[1], n, r, c)
		},
		Depth: n,
	}
}

func movingAverage(outer, l, inner, width int) Case {
	return Case{
		Op: "MovingAverage", Shape: shape("%dx%dx%d width %d", outer, l, inner, width),
		In: []Input{{Len: outer * l * inner}}, Out: []int{outer * l * inner},
		Run: func(o *kernels.Ops, out, in []kernels.Buf) { o.MovingAverage(out[0], in[0], outer, l, inner, width) },
		Back: func(o *kernels.Ops, din []kernels.Grad, dout kernels.Buf, in, out []kernels.Buf) {
			o.MovingAverageGrad(din[0], dout, outer, l, inner, width)
		},
		Depth: width, BackDepth: width * width, Linear: true, Bytes: 8 * float64(outer*l*inner),
	}
}

func conv(p kernels.Conv, bias bool) Case {
	in := []Input{{Len: p.B * p.In * p.H * p.W}, {Len: p.Out * p.In * p.KH * p.KW}}
	if bias {
		in = append(in, Input{Len: p.Out})
	}
	y := p.OutH() * p.OutW()
	name := shape("B%d %dx%dx%d to %d kernel %dx%d stride %d,%d dilation %d pad %d,%d,%d,%d %v", p.B, p.In, p.H, p.W, p.Out, p.KH, p.KW,
		max(p.StrideH, 1), max(p.StrideW, 1), max(p.Dilation, 1), p.Top, p.Bottom, p.Left, p.Right, p.Padding)
	if bias {
		name += " bias"
	}
	return Case{
		Op: "Conv", Shape: name,
		In: in, Out: []int{p.B * p.Out * y},
		Run: func(o *kernels.Ops, out, in []kernels.Buf) {
			o.Conv(out[0], in[0], in[1], append(in, kernels.Buf{})[2], p)
		},
		Back: func(o *kernels.Ops, din []kernels.Grad, dout kernels.Buf, in, out []kernels.Buf) {
			o.ConvGrad(din[0], din[1], append(din, kernels.Grad{})[2], dout, in[0], in[1], p)
		},
		Depth: p.In * p.KH * p.KW, BackDepth: p.In*p.KH*p.KW + p.Out*p.KH*p.KW + p.B*y, Linear: true,
		Flops: 2 * float64(p.B*p.Out*y*p.In*p.KH*p.KW), BackFlops: 4 * float64(p.B*p.Out*y*p.In*p.KH*p.KW),
	}
}
