// Dynamic attention over prototypes: attention whose temperature, bias and gate every token brings along, fused.
// Probabilities live in cache only.

package kernels

import "math"

// DynamicAttention holds the sizes and inputs of T tokens with A heads of width D that look at P prototypes. Each of
// T, A, P and D is 1 or more. Of three parts each may be left out: the temperature, the bias of rank R (R = 0 then), and
// the gate with all that belongs to it.
type DynamicAttention struct {
	T, A, P, D, R int

	Q, K, V Buf // (T, A, D), (P, A, D), (P, A, D)

	Temperature Buf // λ (T, A), logarithm of the temperature before it is clipped; empty: 0

	Code     Buf // u (T, A, R)
	Codebook Buf // (A, P, R)

	Gate      Buf // γ (T, A): the logit of the alignment degree, less q's part
	GateQuery Buf // wq (A, D): q's part
	Own       Buf // n (T, A, D): what a token reads where it keeps to itself
	Carry     Buf // c (A): how much of the readout it reads even then

	Precision Precision // BF16: factors of products may be rounded to bfloat16, and are by levels that gain from it
}

// DynamicGrads are the gradients of the inputs of the same names. Those that are not wanted are empty.
type DynamicGrads struct {
	Q, K, V, Temperature, Code, Codebook, Gate, GateQuery, Own, Carry Grad
}

// MaxLogTemperature bounds λ on either side: temperatures are in [1/8, 8].
const MaxLogTemperature = float32(2.0794415416798357) // ln 8

// check panics unless the sizes fit together and the arrays hold them.
func (p *DynamicAttention) check(op string) {
	if p.T < 1 || p.A < 1 || p.P < 1 || p.D < 1 || p.R < 0 {
		panicf(op, "%d tokens, %d heads, %d prototypes of width %d and rank %d", p.T, p.A, p.P, p.D, p.R)
	}
	need(op, "Q", p.Q, p.T*p.A*p.D)
	need(op, "K", p.K, p.P*p.A*p.D)
	need(op, "V", p.V, p.P*p.A*p.D)
	optional(op, "Temperature", p.Temperature, p.T*p.A)
	need(op, "Code", p.Code, p.T*p.A*p.R)
	need(op, "Codebook", p.Codebook, p.A*p.P*p.R)
	if p.gated() {
		need(op, "Gate", p.Gate, p.T*p.A)
		need(op, "GateQuery", p.GateQuery, p.A*p.D)
		need(op, "Own", p.Own, p.T*p.A*p.D)
		need(op, "Carry", p.Carry, p.A)
	} else if p.GateQuery.Len+p.Own.Len+p.Carry.Len > 0 {
		panicf(op, "a part of the gate is given, but no Gate")
	}
}

func (p *DynamicAttention) gated() bool { return p.Gate.Len != 0 }

// work is the rough number of elements that a token of one head touches.
func (p *DynamicAttention) work() int { return p.P * (p.D + p.R) }

func (l *level) dynamicAttention(y, align, o, lse Buf, p DynamicAttention) {
	const op = "DynamicAttention"
	p.check(op)
	p.Precision = l.settle(p.Precision)
	need(op, "y", y, p.T*p.A*p.D)
	need(op, "lse", lse, p.T*p.A)
	if p.gated() {
		need(op, "align", align, p.T*p.A)
		need(op, "o", o, p.T*p.A*p.D)
	} else {
		align, o = Buf{}, y
	}
	// Blocks are numbered head·blocks + block, so that a span reuses its head's keys.
	blocks := ceil(p.T, dynamicBlock)
	parallelSpans(p.A*blocks, dynamicBlock*p.work(), func(lo, hi int) {
		l.leaf.dynamicAttention(y.Host, align.Host, o.Host, lse.Host, &p, lo, hi)
	})
}

// dynamicBlock is the number of tokens that a thread works on at least.
const dynamicBlock = 64

func (l *level) dynamicAttentionGrad(d DynamicGrads, dy, dalign, align, o, lse Buf, p DynamicAttention) {
	const op = "DynamicAttentionGrad"
	p.check(op)
	p.Precision = l.settle(p.Precision)
	need(op, "dy", dy, p.T*p.A*p.D)
	need(op, "o", o, p.T*p.A*p.D)
	need(op, "lse", lse, p.T*p.A)
	if p.gated() {
		need(op, "align", align, p.T*p.A)
		optional(op, "dalign", dalign, p.T*p.A)
	}
	for _, g := range []struct {
		name  string
		d     Grad
		input Buf
	}{
		{"d.Q", d.Q, p.Q}, {"d.K", d.K, p.K}, {"d.V", d.V, p.V}, {"d.Temperature", d.Temperature, p.Temperature},
		{"d.Code", d.Code, p.Code}, {"d.Codebook", d.Codebook, p.Codebook}, {"d.Gate", d.Gate, p.Gate},
		{"d.GateQuery", d.GateQuery, p.GateQuery}, {"d.Own", d.Own, p.Own}, {"d.Carry", d.Carry, p.Carry},
	} {
		if g.d.Len != 0 && g.input.Len == 0 {
			panicf(op, "%s is wanted, but that input is left out", g.name)
		}
		optional(op, g.name, g.d.Buf, g.input.Len)
	}
	l.leaf.dynamicAttentionGrad(&d, dy.Host, dalign.Host, align.Host, o.Host, lse.Host, &p)
}

// temperature returns τ/√D of token number i = t·A + a, and whether λ is within the bounds.
func (p *DynamicAttention) temperature(i int) (scale float64, inside bool) {
	scale = 1 / math.Sqrt(float64(p.D))
	if p.Temperature.Len == 0 {
		return scale, true
	}
	l := p.Temperature.Host[i]
	inside = l >= -MaxLogTemperature && l <= MaxLogTemperature
	return scale * math.Exp(float64(max(min(l, MaxLogTemperature), -MaxLogTemperature))), inside
}

// scores fills s with the scores of token number i = t·A + a for every prototype.
func (p *DynamicAttention) scores(s []float64, i int) {
	a := i % p.A
	scale, _ := p.temperature(i)
	for j := range s {
		var dot, bias float64
		for d, x := range p.Q.Host[i*p.D:][:p.D] {
			dot += float64(x) * float64(p.K.Host[(j*p.A+a)*p.D+d])
		}
		for r := range p.R {
			bias += float64(p.Code.Host[i*p.R+r]) * float64(p.Codebook.Host[(a*p.P+j)*p.R+r])
		}
		s[j] = scale*dot + bias
	}
}

func dynamicAttentionReference(y, align, o, lse []float32, p *DynamicAttention, lo, hi int) {
	s := make([]float64, p.P)
	sum := make([]float64, p.D)
	blocks := ceil(p.T, dynamicBlock)
	for block := lo; block < hi; block++ {
		a, first := block/blocks, block%blocks*dynamicBlock
		for t := first; t < min(first+dynamicBlock, p.T); t++ {
			i := t*p.A + a
			p.scores(s, i)
			l := logSumExp(s)
			lse[i] = float32(l)
			clear(sum)
			for j, x := range s {
				w := math.Exp(x - l)
				for d, v := range p.V.Host[(j*p.A+a)*p.D:][:p.D] {
					sum[d] += w * float64(v)
				}
			}
			own, read := 0.0, 1.0
			if p.gated() {
				logit := float64(p.Gate.Host[i])
				for d, x := range p.Q.Host[i*p.D:][:p.D] {
					logit += float64(x) * float64(p.GateQuery.Host[a*p.D+d])
				}
				degree := 1 / (1 + math.Exp(-logit))
				align[i] = float32(degree)
				own = 1 - degree
				read = 1 - own*(1-float64(p.Carry.Host[a]))
			}
			for d, x := range sum {
				o[i*p.D+d] = float32(x)
				if p.gated() {
					y[i*p.D+d] = float32(x*read + own*float64(p.Own.Host[i*p.D+d]))
				}
			}
		}
	}
}

// logSumExp is log Σ exp(s).
func logSumExp(s []float64) float64 {
	top := math.Inf(-1)
	for _, x := range s {
		top = max(top, x)
	}
	var sum float64
	for _, x := range s {
		sum += math.Exp(x - top)
	}
	return top + math.Log(sum)
}

func dynamicAttentionGradReference(g *DynamicGrads, dy, dalign, align, o, lse []float32, p *DynamicAttention) {
	parallelSpans(p.A, p.T*p.work(), func(lo, hi int) {
		for a := lo; a < hi; a++ {
			dynamicHeadGrad(g, dy, dalign, align, o, lse, p, a)
		}
	})
}

// dynamicHeadGrad is the gradient of head a.
func dynamicHeadGrad(g *DynamicGrads, dy, dalign, align, o, lse []float32, p *DynamicAttention, a int) {
	s, do, sumQ, sumCode := make([]float64, p.P), make([]float64, p.D), make([]float64, p.D), make([]float64, p.R)
	sumK, sumV := make([]float64, p.P*p.D), make([]float64, p.P*p.D)
	sumBook, sumGateQuery, sumCarry := make([]float64, p.P*p.R), make([]float64, p.D), 0.0
	for t := range p.T {
		i := t*p.A + a
		q := p.Q.Host[i*p.D:][:p.D]
		own, read, dlogit := 0.0, 1.0, 0.0
		if p.gated() {
			degree, carry := float64(align[i]), float64(p.Carry.Host[a])
			own = 1 - degree
			read = 1 - own*(1-carry)
			var dread, down float64 // dy·o and dy·n
			for d := range p.D {
				x := float64(dy[i*p.D+d])
				dread += x * float64(o[i*p.D+d])
				down += x * float64(p.Own.Host[i*p.D+d])
				store(g.Own, i*p.D+d, own*x)
			}
			dlogit = dread*(1-carry) - down
			if len(dalign) != 0 {
				dlogit += float64(dalign[i])
			}
			dlogit *= degree * own
			sumCarry += dread * own
			store(g.Gate, i, dlogit)
		}
		var delta float64
		for d := range do {
			do[d] = read * float64(dy[i*p.D+d])
			delta += do[d] * float64(o[i*p.D+d])
		}
		p.scores(s, i)
		scale, inside := p.temperature(i)
		clear(sumQ)
		clear(sumCode)
		for j := range s {
			at := (j*p.A + a) * p.D
			prob := math.Exp(s[j] - float64(lse[i]))
			var dprob float64
			for d, x := range do {
				dprob += x * float64(p.V.Host[at+d])
				sumV[j*p.D+d] += prob * x
			}
			ds := prob * (dprob - delta)
			for d, x := range q {
				sumQ[d] += ds * scale * float64(p.K.Host[at+d])
				sumK[j*p.D+d] += ds * scale * float64(x)
			}
			for r := range p.R {
				sumCode[r] += ds * float64(p.Codebook.Host[(a*p.P+j)*p.R+r])
				sumBook[j*p.R+r] += ds * float64(p.Code.Host[i*p.R+r])
			}
		}
		var dlambda float64 // Σ_j ds·(τ/√D)·q·k = q·(its gradient), the gate's part left out
		for d, x := range q {
			dlambda += sumQ[d] * float64(x)
			if p.gated() {
				sumGateQuery[d] += dlogit * float64(x)
				sumQ[d] += dlogit * float64(p.GateQuery.Host[a*p.D+d])
			}
			store(g.Q, i*p.D+d, sumQ[d])
		}
		if !inside {
			dlambda = 0
		}
		store(g.Temperature, i, dlambda)
		for r, x := range sumCode {
			store(g.Code, i*p.R+r, x)
		}
	}
	for j := range p.P {
		for d := range p.D {
			store(g.K, (j*p.A+a)*p.D+d, sumK[j*p.D+d])
			store(g.V, (j*p.A+a)*p.D+d, sumV[j*p.D+d])
		}
		for r := range p.R {
			store(g.Codebook, (a*p.P+j)*p.R+r, sumBook[j*p.R+r])
		}
	}
	for d, x := range sumGateQuery {
		store(g.GateQuery, a*p.D+d, x)
	}
	store(g.Carry, a, sumCarry)
}

// store puts v at element i of a gradient, if it is wanted.
func store(g Grad, i int, v float64) {
	if g.Len != 0 {
		put(&g.Host[i], v, g.Add)
	}
}
