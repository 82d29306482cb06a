//go:build cgo

// The calls of the dynamic attention bodies, and how the backward pass is split.

package kernels

/*
#include "bodies_amd64.h"

#cgo noescape ecalf_dynamic_attention_scratch
#cgo nocallback ecalf_dynamic_attention_scratch
#cgo noescape ecalf_dynamic_attention_sums
#cgo nocallback ecalf_dynamic_attention_sums
#cgo noescape ecalf_dynamic_attention
#cgo nocallback ecalf_dynamic_attention
#cgo noescape ecalf_dynamic_attention_grad
#cgo nocallback ecalf_dynamic_attention_grad
#cgo noescape ecalf_dynamic_attention_merge
#cgo nocallback ecalf_dynamic_attention_merge
*/
import "C"

import (
	"math"

	"ecalf/kernels/internal/memory"
)

func (s simd) dynamicAttention(y, align, o, lse []float32, p *DynamicAttention, lo, hi int) {
	c := p.forC()
	c.y, c.align, c.o, c.lse = ptr(y), ptr(align), ptr(o), ptr(lse)
	space := memory.Borrow(int(C.ecalf_dynamic_attention_scratch(C.int(s), c)))
	defer memory.GiveBack(space)
	c.scratch = ptr(space)
	C.ecalf_dynamic_attention(C.int(s), c, C.int64_t(lo), C.int64_t(hi))
}

// dynamicAttentionGrad sums what all tokens share over runs of them, whose number depends on T alone, and then the runs
// in order: the bits do not depend on the threads.
func (s simd) dynamicAttentionGrad(d *DynamicGrads, dy, dalign, align, o, lse []float32, p *DynamicAttention) {
	const long, most = 512, 8 // tokens worth a run, and runs, which bound the memory of the sums
	runs := min(ceil(p.T, long), most)
	run := ceil(ceil(p.T, runs), dynamicBlock) * dynamicBlock
	runs = ceil(p.T, run)
	c := p.forC()
	c.run = C.int64_t(run)
	c.dy, c.d_align, c.align_in, c.o_in, c.lse = ptr(dy), ptr(dalign), ptr(align), ptr(o), ptr(lse)
	c.dq, c.add_q = ptr(d.Q.Host), bit(d.Q.Add)
	c.dk, c.add_k = ptr(d.K.Host), bit(d.K.Add)
	c.dv, c.add_v = ptr(d.V.Host), bit(d.V.Add)
	c.d_temperature, c.add_temperature = ptr(d.Temperature.Host), bit(d.Temperature.Add)
	c.d_code, c.add_code = ptr(d.Code.Host), bit(d.Code.Add)
	c.d_codebook, c.add_codebook = ptr(d.Codebook.Host), bit(d.Codebook.Add)
	c.d_gate, c.add_gate = ptr(d.Gate.Host), bit(d.Gate.Add)
	c.d_gate_query, c.add_gate_query = ptr(d.GateQuery.Host), bit(d.GateQuery.Add)
	c.d_own, c.add_own = ptr(d.Own.Host), bit(d.Own.Add)
	c.d_carry, c.add_carry = ptr(d.Carry.Host), bit(d.Carry.Add)
	sums := memory.Borrow(p.A * runs * int(C.ecalf_dynamic_attention_sums(C.int(s), c)))
	defer memory.GiveBack(sums)
	c.sums = ptr(sums)
	parallelSpans(p.A*runs, run*p.work(), func(lo, hi int) {
		c := c
		space := memory.Borrow(int(C.ecalf_dynamic_attention_scratch(C.int(s), c)))
		defer memory.GiveBack(space)
		c.scratch = ptr(space)
		C.ecalf_dynamic_attention_grad(C.int(s), c, C.int64_t(lo), C.int64_t(hi))
	})
	parallelSpans(p.A, runs*p.work(), func(lo, hi int) {
		C.ecalf_dynamic_attention_merge(C.int(s), c, C.int64_t(lo), C.int64_t(hi))
	})
}

// forC is the attention as C sees it, with the arrays that both passes read.
func (p *DynamicAttention) forC() C.ecalf_dynamic {
	return C.ecalf_dynamic{
		q: ptr(p.Q.Host), k: ptr(p.K.Host), v: ptr(p.V.Host), temperature: ptr(p.Temperature.Host),
		code: ptr(p.Code.Host), codebook: ptr(p.Codebook.Host), gate: ptr(p.Gate.Host), gate_query: ptr(p.GateQuery.Host),
		own: ptr(p.Own.Host), carry: ptr(p.Carry.Host),
		T: C.int64_t(p.T), A: C.int64_t(p.A), P: C.int64_t(p.P), D: C.int64_t(p.D), R: C.int64_t(p.R),
		scale: C.float(1 / math.Sqrt(float64(p.D))),
	}
}
