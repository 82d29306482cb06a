package kerneltest

// Cases of dynamic attention over prototypes: its parts, edges of its blocks, and inputs at its limits.

import (
	"math"

	"ecalf/kernels"
)

func dynamicCases() []Case {
	var cases []Case
	for _, bf16 := range []bool{false, true} {
		for _, t := range []int{1, 7, 33} {
			for _, p := range []int{1, 31, 500} {
				cases = append(cases,
					dynamic(dynamicShape{t: t, a: 2, p: p, d: 8, temperature: true, r: 8, gate: true, bf16: bf16}),
					dynamic(dynamicShape{t: t, a: 2, p: p, d: 64, bf16: bf16}))
			}
		}
		for _, s := range []dynamicShape{
			{t: 33, a: 2, p: 31, d: 8, temperature: true},
			{t: 33, a: 2, p: 31, d: 8, r: 8},
			{t: 33, a: 2, p: 31, d: 8, gate: true},
			{t: 33, a: 2, p: 31, d: 64, temperature: true, r: 8, gate: true},
			{t: 7, a: 3, p: 31, d: 5, temperature: true, r: 3, gate: true},
			{t: 65, a: 3, p: 33, d: 17, temperature: true, r: 20, gate: true},
			{t: 600, a: 1, p: 40, d: 9, temperature: true, r: 2, gate: true}, // two runs of tokens whose sums meet
		} {
			s.bf16 = bf16
			cases = append(cases, dynamic(s))
		}
		cases = append(cases, dynamicAtBounds(bf16), dynamicTies(bf16))
	}
	return cases
}

// dynamicShape says which sizes and parts a case has; r = 0 is without a bias.
type dynamicShape struct {
	t, a, p, d, r     int
	temperature, gate bool
	bf16              bool // factors of products may be rounded
}

func (s dynamicShape) String() string {
	name := shape("T%d A%d P%d D%d", s.t, s.a, s.p, s.d)
	if s.temperature {
		name += " temperature"
	}
	if s.r > 0 {
		name += shape(" bias %d", s.r)
	}
	if s.gate {
		name += " gate"
	}
	return shape("%s %v", name, s.precision())
}

// attention gives the arrays of in, in the order of dynamic's inputs, their names.
func (s dynamicShape) attention(in []kernels.Buf) kernels.DynamicAttention {
	next := func(n int) (b kernels.Buf) {
		if n > 0 {
			b, in = in[0], in[1:]
		}
		return b
	}
	lens := s.lens()
	return kernels.DynamicAttention{
		T: s.t, A: s.a, P: s.p, D: s.d, R: s.r,
		Q: next(lens[0]), K: next(lens[1]), V: next(lens[2]), Temperature: next(lens[3]), Code: next(lens[4]), Codebook: next(lens[5]),
		Gate: next(lens[6]), GateQuery: next(lens[7]), Own: next(lens[8]), Carry: next(lens[9]),
		Precision: s.precision(),
	}
}

func (s dynamicShape) precision() kernels.Precision {
	if s.bf16 {
		return kernels.BF16
	}
	return kernels.FP32
}

// grads gives the destinations of din their names.
func (s dynamicShape) grads(din []kernels.Grad) kernels.DynamicGrads {
	next := func(n int) (g kernels.Grad) {
		if n > 0 {
			g, din = din[0], din[1:]
		}
		return g
	}
	lens := s.lens()
	return kernels.DynamicGrads{
		Q: next(lens[0]), K: next(lens[1]), V: next(lens[2]), Temperature: next(lens[3]), Code: next(lens[4]), Codebook: next(lens[5]),
		Gate: next(lens[6]), GateQuery: next(lens[7]), Own: next(lens[8]), Carry: next(lens[9]),
	}
}

// lens are the lengths of the inputs, 0 for those left out.
func (s dynamicShape) lens() [10]int {
	tokens, heads := s.t*s.a, 0
	lens := [10]int{tokens * s.d, s.p * s.a * s.d, s.p * s.a * s.d, 0, tokens * s.r, s.a * s.p * s.r}
	if s.temperature {
		lens[3] = tokens
	}
	if s.gate {
		heads = s.a
		lens[6], lens[7], lens[8], lens[9] = tokens, heads*s.d, tokens*s.d, heads
	}
	return lens
}

// dynamic has one result for both y and align, so that the gradients of both are tested.
func dynamic(s dynamicShape) Case {
	var in []Input
	for _, n := range s.lens() {
		if n > 0 {
			in = append(in, Input{Len: n})
		}
	}
	y, degrees := s.t*s.a*s.d, 0
	out := []int{y, s.t * s.a}
	if s.gate {
		degrees = s.t * s.a
		out = []int{y + degrees, s.t * s.a, y}
	}
	readout := func(out []kernels.Buf) kernels.Buf {
		if s.gate {
			return out[2]
		}
		return out[0]
	}
	both := func(b kernels.Buf) (y0, align kernels.Buf) { return b.Slice(0, y), b.Slice(y, y+degrees) }
	scores := float64(s.t * s.a * s.p)
	c := Case{
		Op: "DynamicAttention", Shape: s.String(),
		In: in, Out: out,
		Run: func(o *kernels.Ops, out, in []kernels.Buf) {
			y, align := both(out[0])
			if s.gate {
				o.DynamicAttention(y, align, out[2], out[1], s.attention(in))
			} else {
				o.DynamicAttention(y, kernels.Buf{}, kernels.Buf{}, out[1], s.attention(in))
			}
		},
		Back: func(o *kernels.Ops, din []kernels.Grad, dout kernels.Buf, in, out []kernels.Buf) {
			dy, dalign := both(dout)
			_, align := both(out[0])
			o.DynamicAttentionGrad(s.grads(din), dy, dalign, align, readout(out), out[1], s.attention(in))
		},
		Depth: s.p + s.d + s.r, AtLeast: 1, BackDepth: 4 * (s.p + s.d + s.r + s.t),
		Flops:     2 * scores * float64(2*s.d+s.r),   // scores and readout
		BackFlops: 2 * scores * float64(5*s.d+3*s.r), // scores, gradient of the probabilities, and three of the factors
	}
	if s.bf16 { // the errors of the terms are as often up as down, and that of a score moves a probability
		c.BF16, c.Rough = true, true
		c.Eps, c.Depth, c.BackDepth = 1.0/(1<<9), 4, 16
	}
	return c
}

// dynamicAtBounds has temperatures on, beyond and far beyond their bounds, where clips are exact and nothing overflows.
func dynamicAtBounds(bf16 bool) Case {
	c := dynamic(dynamicShape{t: 33, a: 2, p: 31, d: 8, temperature: true, r: 8, gate: true, bf16: bf16})
	const ln8 = float32(2.0794415416798357)
	values := []float32{ln8, -ln8, math.Nextafter32(ln8, 3), -math.Nextafter32(ln8, 3), 100, -100, 1e30, -1e30, 0}
	c.Shape += " at the bounds"
	c.Rough = true // the slope jumps at the bounds
	c.In[3].Values = values
	return c
}

// dynamicTies has prototypes and codes that are all the same: every probability is 1/P.
func dynamicTies(bf16 bool) Case {
	c := dynamic(dynamicShape{t: 33, a: 2, p: 31, d: 8, temperature: true, r: 8, gate: true, bf16: bf16})
	c.Shape += " ties"
	c.In[1].Values, c.In[2].Values, c.In[5].Values = []float32{0.7}, []float32{-1.3}, []float32{0.4}
	return c
}
