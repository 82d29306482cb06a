// Attention over the tokens of a sample, fused: probabilities live in cache only.

package kernels

import "math"

// Attention describes B samples of A query heads of width D, Tq queries and Tk keys
// each. Element (b, i, h, d) of an array lies at b·Stride + i·LD + h·D + d, so that
// q, k and v may be parts of one packed projection.
type Attention struct {
	B, A, Tq, Tk, D int
	// KV is the number of key and value heads, a divisor of A; 0 means A.
	KV int
	// LDQ and LDO are the distances between tokens of q and o, LDK between those of
	// k and v; 0 means packed heads (A·D, A·D, KV·D).
	LDQ, LDK, LDO int
	// SharedKV gives every sample the same keys and values: k and v then hold one
	// sample, and their gradients are summed over the samples. Otherwise sample b
	// begins Tk·LDK (q, o: Tq·LD) after the one before.
	SharedKV bool
	Scale    float32 // multiplies q·k; 0 means 1/√D
	Causal   bool
	Dropout  float32 // rate, 0 for none
	Key      Key     // of the dropout
}

func (p Attention) normal() Attention {
	if p.KV == 0 {
		p.KV = p.A
	}
	if p.LDQ == 0 {
		p.LDQ = p.A * p.D
	}
	if p.LDK == 0 {
		p.LDK = p.KV * p.D
	}
	if p.LDO == 0 {
		p.LDO = p.A * p.D
	}
	if p.Scale == 0 {
		p.Scale = float32(1 / math.Sqrt(float64(p.D)))
	}
	return p
}

// check panics unless the sizes fit together and the arrays hold them; destinations
// that are not wanted are empty.
func (p Attention) check(op string, o, lse, q, k, v Buf) {
	sizes(op, p.B, p.A, p.Tq, p.Tk, p.D, p.KV)
	if p.KV == 0 || p.A%p.KV != 0 {
		panicf(op, "%d heads on %d key heads", p.A, p.KV)
	}
	if p.LDQ < p.A*p.D || p.LDO < p.A*p.D || p.LDK < p.KV*p.D {
		panicf(op, "token distances %d, %d, %d are shorter than a token", p.LDQ, p.LDK, p.LDO)
	}
	if p.Causal && p.Tq > p.Tk {
		panicf(op, "%d queries before %d keys under a causal mask: the first would see none", p.Tq, p.Tk)
	}
	need(op, "lse", lse, p.B*p.A*p.Tq)
	optional(op, "o", o, extent(p.B*p.Tq, p.LDO, 1, p.A*p.D, 0))
	optional(op, "q", q, extent(p.B*p.Tq, p.LDQ, 1, p.A*p.D, 0))
	samples := p.B
	if p.SharedKV {
		samples = min(1, p.B)
	}
	optional(op, "k", k, extent(samples*p.Tk, p.LDK, 1, p.KV*p.D, 0))
	optional(op, "v", v, extent(samples*p.Tk, p.LDK, 1, p.KV*p.D, 0))
}

// strideKV is the distance between the samples of k and v.
func (p Attention) strideKV() int {
	if p.SharedKV {
		return 0
	}
	return p.Tk * p.LDK
}

// keys is the number of keys that query i sees.
func (p Attention) keys(i int) int {
	if p.Causal {
		return i + p.Tk - p.Tq + 1
	}
	return p.Tk
}

func (l *level) attention(o, lse, q, k, v Buf, p Attention) {
	p = p.normal()
	p.check("Attention", o, lse, q, k, v)
	if p.B*p.A*p.Tq*p.D == 0 {
		return
	}
	// Pairs are numbered b·A + h; with shared keys h·B + b, so that a span reuses its head's.
	parallelSpans(p.B*p.A, p.Tq*p.Tk*p.D, func(lo, hi int) {
		l.leaf.attention(o.Host, lse.Host, q.Host, k.Host, v.Host, &p, lo, hi)
	})
}

func (l *level) attentionGrad(dq, dk, dv Grad, do, q, k, v, o, lse Buf, p Attention) {
	const op = "AttentionGrad"
	p = p.normal()
	p.check(op, o, lse, q, k, v)
	p.check(op, do, lse, dq.Buf, dk.Buf, dv.Buf)
	if p.B*p.A*p.Tq*p.D == 0 {
		return
	}
	// Query heads that share a key head, and samples that share keys, add to the
	// same dk and dv: one task does them in order.
	samples := p.B
	if p.SharedKV {
		samples = 1
	}
	parallelSpans(samples*p.KV, p.B/samples*p.A/p.KV*p.Tq*p.Tk*p.D, func(lo, hi int) {
		l.leaf.attentionGrad(dq, dk, dv, do.Host, q.Host, k.Host, v.Host, o.Host, lse.Host, &p, lo, hi)
	})
}

// attentionReference computes the (sample, head) pairs number lo to hi.
func attentionReference(o, lse, q, k, v []float32, p *Attention, lo, hi int) {
	s := make([]float64, p.Tk)
	sum := make([]float64, p.D)
	for pair := lo; pair < hi; pair++ {
		b, h := pair/p.A, pair%p.A
		if p.SharedKV {
			b, h = pair%p.B, pair/p.B
		}
		bh := b*p.A + h
		kv := b*p.strideKV() + h/(p.A/p.KV)*p.D
		for i := range p.Tq {
			q := q[(b*p.Tq+i)*p.LDQ+h*p.D:][:p.D]
			s := s[:p.keys(i)]
			l := scores(s, q, k[kv:], p)
			lse[bh*p.Tq+i] = float32(l)
			clear(sum)
			for j, x := range s {
				w := math.Exp(x-l) * p.kept(bh, i, j)
				for d, y := range v[kv+j*p.LDK:][:p.D] {
					sum[d] += w * float64(y)
				}
			}
			for d, y := range sum {
				o[(b*p.Tq+i)*p.LDO+h*p.D+d] = float32(y)
			}
		}
	}
}

// scores fills s with Scale·q·k of the first len(s) keys and returns log Σ exp(s).
func scores(s []float64, q, k []float32, p *Attention) float64 {
	top := math.Inf(-1)
	for j := range s {
		var dot float64
		for d, x := range q {
			dot += float64(x) * float64(k[j*p.LDK+d])
		}
		s[j] = dot * float64(p.Scale)
		top = max(top, s[j])
	}
	var sum float64
	for _, x := range s {
		sum += math.Exp(x - top)
	}
	return top + math.Log(sum)
}

// kept is the factor that dropout gives probability j of query i: 0 or 1/(1−rate).
func (p *Attention) kept(bh, i, j int) float64 {
	if p.Dropout == 0 {
		return 1
	}
	return keep(p.Key, uint64((bh*p.Tq+i)*p.Tk+j), p.Dropout)
}

// attentionGradReference computes the (sample, key head) pairs [lo, hi), or with
// shared keys the key heads [lo, hi) of all samples.
func attentionGradReference(dq, dk, dv Grad, do, q, k, v, o, lse []float32, p *Attention, lo, hi int) {
	group, first, last := p.A/p.KV, 0, 1
	if p.SharedKV {
		last = p.B
	}
	s := make([]float64, p.Tk)
	sumQ := make([]float64, p.D)
	sumK := make([]float64, p.Tk*p.D)
	sumV := make([]float64, p.Tk*p.D)
	for task := lo; task < hi; task++ {
		if !p.SharedKV {
			first, last = task/p.KV, task/p.KV+1
		}
		kvHead := task % p.KV
		kv := first*p.strideKV() + kvHead*p.D
		clear(sumK)
		clear(sumV)
		for b := first; b < last; b++ {
			for h := kvHead * group; h < (kvHead+1)*group; h++ {
				for i := range p.Tq {
					q := q[(b*p.Tq+i)*p.LDQ+h*p.D:][:p.D]
					o := o[(b*p.Tq+i)*p.LDO+h*p.D:][:p.D]
					do := do[(b*p.Tq+i)*p.LDO+h*p.D:][:p.D]
					s := s[:p.keys(i)]
					scores(s, q, k[kv:], p)
					var delta float64
					for d := range do {
						delta += float64(do[d]) * float64(o[d])
					}
					clear(sumQ)
					for j := range s {
						prob := math.Exp(s[j] - float64(lse[(b*p.A+h)*p.Tq+i]))
						m := p.kept(b*p.A+h, i, j)
						k, v := k[kv+j*p.LDK:][:p.D], v[kv+j*p.LDK:][:p.D]
						var g float64
						for d := range do {
							g += float64(do[d]) * float64(v[d])
							sumV[j*p.D+d] += prob * m * float64(do[d])
						}
						ds := prob * (m*g - delta) * float64(p.Scale)
						for d := range q {
							sumQ[d] += ds * float64(k[d])
							sumK[j*p.D+d] += ds * float64(q[d])
						}
					}
					if dq.Len != 0 {
						for d, y := range sumQ {
							put(&dq.Host[(b*p.Tq+i)*p.LDQ+h*p.D+d], y, dq.Add)
						}
					}
				}
			}
		}
		for j := range p.Tk {
			for d := range p.D {
				if dk.Len != 0 {
					put(&dk.Host[kv+j*p.LDK+d], sumK[j*p.D+d], dk.Add)
				}
				if dv.Len != 0 {
					put(&dv.Host[kv+j*p.LDK+d], sumV[j*p.D+d], dv.Add)
				}
			}
		}
	}
}
