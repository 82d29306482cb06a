//go:build cgo

// The calls of the element-wise and row-wise bodies.

package kernels

/*
#include "bodies_amd64.h"

#cgo noescape ecalf_f32_unary
#cgo nocallback ecalf_f32_unary
#cgo noescape ecalf_f32_unary_grad
#cgo nocallback ecalf_f32_unary_grad
#cgo noescape ecalf_f32_affine
#cgo nocallback ecalf_f32_affine
#cgo noescape ecalf_f32_binary
#cgo nocallback ecalf_f32_binary
#cgo noescape ecalf_f32_sum
#cgo nocallback ecalf_f32_sum
#cgo noescape ecalf_f32_dropout
#cgo nocallback ecalf_f32_dropout
#cgo noescape ecalf_f32_loss
#cgo nocallback ecalf_f32_loss
#cgo noescape ecalf_f32_loss_grad
#cgo nocallback ecalf_f32_loss_grad
#cgo noescape ecalf_f32_sum_squares
#cgo nocallback ecalf_f32_sum_squares
#cgo noescape ecalf_f32_adam
#cgo nocallback ecalf_f32_adam
#cgo noescape ecalf_f32_layernorm
#cgo nocallback ecalf_f32_layernorm
#cgo noescape ecalf_f32_layernorm_grad
#cgo nocallback ecalf_f32_layernorm_grad
#cgo noescape ecalf_f32_norm_param_grad
#cgo nocallback ecalf_f32_norm_param_grad
#cgo noescape ecalf_f32_instancenorm
#cgo nocallback ecalf_f32_instancenorm
#cgo noescape ecalf_f32_denorm
#cgo nocallback ecalf_f32_denorm
#cgo noescape ecalf_f32_softmax
#cgo nocallback ecalf_f32_softmax
#cgo noescape ecalf_f32_softmax_grad
#cgo nocallback ecalf_f32_softmax_grad
#cgo noescape ecalf_f32_rope
#cgo nocallback ecalf_f32_rope
#cgo noescape ecalf_f32_moving_sum
#cgo nocallback ecalf_f32_moving_sum
#cgo noescape ecalf_f32_transpose
#cgo nocallback ecalf_f32_transpose
#cgo noescape ecalf_f32_attention_scratch
#cgo nocallback ecalf_f32_attention_scratch
#cgo noescape ecalf_f32_attention
#cgo nocallback ecalf_f32_attention
#cgo noescape ecalf_f32_attention_grad
#cgo nocallback ecalf_f32_attention_grad
*/
import "C"

import "ecalf/kernels/internal/memory"

// leaves returns l with the leaves that have a body for s.
func (s simd) leaves(l leaves) leaves {
	l.unary, l.unaryGrad, l.affine, l.binary, l.sum, l.move = s.unary, s.unaryGrad, s.affine, s.binary, s.sum, s.move
	l.layerNorm, l.layerNormGrad, l.normParamGrad = s.layerNorm, s.layerNormGrad, s.normParamGrad
	l.instanceNorm, l.denorm = s.instanceNorm, s.denorm
	l.attention, l.attentionGrad = s.attention, s.attentionGrad
	l.dynamicAttention, l.dynamicAttentionGrad = s.dynamicAttention, s.dynamicAttentionGrad
	l.softmax, l.softmaxGrad, l.rope = s.softmax, s.softmaxGrad, s.rope
	l.movingAverage, l.movingAverageGrad = s.movingAverage, s.movingAverageGrad
	l.describe, l.distill, l.distillGrad = s.describe, s.distill, s.distillGrad
	l.unit, l.unitGrad, l.logSumExp, l.logSumExpColumns = s.unit, s.unitGrad, s.logSumExp, s.logSumExpColumns
	l.contrastSlope, l.centre, l.gramSums = s.contrastSlope, s.centre, s.gramSums
	l.dropout, l.loss, l.lossGrad, l.sumSquares, l.adam = s.dropout, s.loss, s.lossGrad, s.sumSquares, s.adam
	return l
}

func (s simd) unary(op UnaryOp, y, x []float32) {
	C.ecalf_f32_unary(C.int(s), C.int(op), ptr(y), ptr(x), C.int64_t(len(x)))
}

func (s simd) unaryGrad(op UnaryOp, dx, dy, x []float32, add bool) {
	C.ecalf_f32_unary_grad(C.int(s), C.int(op), ptr(dx), ptr(dy), ptr(x), C.int64_t(len(x)), bit(add))
}

func (s simd) affine(y, x []float32, alpha, beta float32, add bool) {
	C.ecalf_f32_affine(C.int(s), ptr(y), ptr(x), C.float(alpha), C.float(beta), C.int64_t(len(x)), bit(add))
}

func (s simd) binary(op BinaryOp, z, x, y []float32, v Spread, lo, hi int, add bool) {
	C.ecalf_f32_binary(C.int(s), C.int(op), ptr(z), ptr(x), ptr(y), C.int64_t(v.Dim[1]), C.int64_t(v.Dim[2]),
		C.int64_t(v.Stride[0]), C.int64_t(v.Stride[1]), C.int64_t(v.Stride[2]), C.int64_t(lo), C.int64_t(hi), bit(add))
}

func (s simd) sum(y, a, b []float32, mid, inner, lo, hi int, scale float32, add bool) {
	C.ecalf_f32_sum(C.int(s), ptr(y), ptr(a), ptr(b), C.int64_t(mid), C.int64_t(inner), C.int64_t(lo), C.int64_t(hi),
		C.float(scale), bit(add))
}

// move finds the dimension along which dst, and that along which src is packed: rows are
// copied if they are the same, matrices transposed if not.
func (s simd) move(dst, src []float32, v Layout, add bool) {
	to, from := -1, -1
	for d, size := range v.Dim {
		if size > 1 && v.Dst[d] == 1 {
			to = d
		}
		if size > 1 && v.Src[d] == 1 {
			from = d
		}
	}
	if to < 0 || from < 0 {
		moveReference(dst, src, v, add)
		return
	}
	rows, cols, ldDst, ldSrc := v.Dim[to], v.Dim[from], v.Dst[from], v.Src[to]
	outer := v
	outer.Dim[to], outer.Dim[from] = 1, 1
	for i := range outer.Dim[0] {
		for j := range outer.Dim[1] {
			for k := range outer.Dim[2] {
				for l := range outer.Dim[3] {
					d := dst[i*v.Dst[0]+j*v.Dst[1]+k*v.Dst[2]+l*v.Dst[3]:]
					x := src[i*v.Src[0]+j*v.Src[1]+k*v.Src[2]+l*v.Src[3]:]
					switch {
					case to != from:
						C.ecalf_f32_transpose(C.int(s), ptr(d), ptr(x), C.int64_t(rows), C.int64_t(cols),
							C.int64_t(ldDst), C.int64_t(ldSrc), bit(add))
					case add:
						for e, u := range x[:rows] {
							d[e] += u
						}
					default:
						copy(d[:rows], x)
					}
				}
			}
		}
	}
}

func (s simd) dropout(y, x []float32, first uint64, rate float32, key Key, add bool) {
	C.ecalf_f32_dropout(C.int(s), ptr(y), ptr(x), C.uint64_t(first), C.uint32_t(threshold(rate)), C.float(1/(1-rate)),
		C.uint64_t(key.Seed), C.uint32_t(key.Step), C.uint32_t(key.Op), C.int64_t(len(x)), bit(add))
}

func (s simd) loss(kind LossKind, x, y []float32) float64 {
	return float64(C.ecalf_f32_loss(C.int(s), C.int(kind), ptr(x), ptr(y), C.int64_t(len(x))))
}

func (s simd) lossGrad(kind LossKind, d, x, y []float32, factor float32, add bool) {
	C.ecalf_f32_loss_grad(C.int(s), C.int(kind), ptr(d), ptr(x), ptr(y), C.float(factor), C.int64_t(len(x)), bit(add))
}

func (s simd) sumSquares(x []float32) float64 {
	return float64(C.ecalf_f32_sum_squares(C.int(s), ptr(x), C.int64_t(len(x))))
}

func (s simd) adam(p, m, v, g []float32, f *adamFactors) {
	C.ecalf_f32_adam(C.int(s), ptr(p), ptr(m), ptr(v), ptr(g), C.ecalf_adam{
		grad_scale: C.float(f.gradScale), decay: C.float(f.decay), shrink: C.float(f.shrink),
		beta1: C.float(f.beta1), rest1: C.float(f.rest1), beta2: C.float(f.beta2), rest2: C.float(f.rest2),
		rate: C.float(f.rate), root: C.float(f.root), eps: C.float(f.eps),
	}, C.int64_t(len(p)))
}

func (s simd) layerNorm(y, mean, rstd, x, gamma, beta []float32, c int, eps float32) {
	C.ecalf_f32_layernorm(C.int(s), ptr(y), ptr(mean), ptr(rstd), ptr(x), ptr(gamma), ptr(beta),
		C.int64_t(len(rstd)), C.int64_t(c), C.float(eps))
}

func (s simd) layerNormGrad(dx, dy, x, mean, rstd, gamma []float32, c int, add bool) {
	C.ecalf_f32_layernorm_grad(C.int(s), ptr(dx), ptr(dy), ptr(x), ptr(mean), ptr(rstd), ptr(gamma),
		C.int64_t(len(rstd)), C.int64_t(c), bit(add))
}

func (s simd) normParamGrad(dgamma, dbeta Grad, dy, x, mean, rstd []float32, r, c, lo, hi int) {
	C.ecalf_f32_norm_param_grad(C.int(s), ptr(dgamma.Host), ptr(dbeta.Host), ptr(dy), ptr(x), ptr(mean), ptr(rstd),
		C.int64_t(r), C.int64_t(c), C.int64_t(lo), C.int64_t(hi), bit(dgamma.Add), bit(dbeta.Add))
}

func (s simd) instanceNorm(y, mean, std, x []float32, b, steps, c int, eps float32) {
	C.ecalf_f32_instancenorm(C.int(s), ptr(y), ptr(mean), ptr(std), ptr(x), C.int64_t(b), C.int64_t(steps),
		C.int64_t(c), C.float(eps))
}

func (s simd) denorm(y, x, mean, std []float32, b, steps, c int) {
	C.ecalf_f32_denorm(C.int(s), ptr(y), ptr(x), ptr(mean), ptr(std), C.int64_t(b), C.int64_t(steps), C.int64_t(c))
}

func (s simd) softmax(y, x []float32, r, c int) {
	C.ecalf_f32_softmax(C.int(s), ptr(y), ptr(x), C.int64_t(r), C.int64_t(c))
}

func (s simd) softmaxGrad(dx, dy, y []float32, r, c int, add bool) {
	C.ecalf_f32_softmax_grad(C.int(s), ptr(dx), ptr(dy), ptr(y), C.int64_t(r), C.int64_t(c), bit(add))
}

func (s simd) rope(y, x, sin, cos []float32, token, t, a, d int, add bool) {
	C.ecalf_f32_rope(C.int(s), ptr(y), ptr(x), ptr(sin), ptr(cos), C.int64_t(token), C.int64_t(len(x)/(a*d)),
		C.int64_t(t), C.int64_t(a), C.int64_t(d), bit(add))
}

// movingAverage sums over a copy of the sample with its ends repeated.
func (s simd) movingAverage(y, x []float32, steps, inner, width int) {
	reach, n := (width-1)/2, steps*inner
	padded := memory.Borrow((steps + 2*reach) * inner)
	defer memory.GiveBack(padded)
	for ; len(x) > 0; x, y = x[n:], y[n:] {
		copy(padded[reach*inner:], x[:n])
		for t := range reach {
			copy(padded[t*inner:(t+1)*inner], x)
			copy(padded[(reach+steps+t)*inner:], x[n-inner:n])
		}
		s.movingSum(y[:n], padded, inner, width, 1/float32(width))
	}
}

// movingAverageGrad sums over a copy of the gradient between zeros, which gives that of
// the sample with its ends repeated; the repetitions belong to the end steps.
func (s simd) movingAverageGrad(dx, dy []float32, steps, inner, width int, add bool) {
	reach, n := (width-1)/2, steps*inner
	padded := memory.Borrow((steps + 4*reach) * inner)
	defer memory.GiveBack(padded)
	sums := memory.Borrow((steps + 2*reach) * inner)
	defer memory.GiveBack(sums)
	clear(padded)
	for ; len(dy) > 0; dx, dy = dx[n:], dy[n:] {
		copy(padded[2*reach*inner:], dy[:n])
		s.movingSum(sums, padded, inner, width, 1/float32(width))
		first, last := sums[reach*inner:][:inner], sums[(reach+steps-1)*inner:][:inner]
		for t := range reach {
			for i := range inner {
				first[i] += sums[t*inner+i]
				last[i] += sums[(reach+steps+t)*inner+i]
			}
		}
		s.affine(dx[:n], sums[reach*inner:][:n], 1, 0, add)
	}
}

func (s simd) movingSum(y, x []float32, stride, width int, scale float32) {
	C.ecalf_f32_moving_sum(C.int(s), ptr(y), ptr(x), C.int64_t(len(y)), C.int64_t(stride), C.int64_t(width),
		C.float(scale))
}

func (s simd) attention(o, lse, q, k, v []float32, p *Attention, lo, hi int) {
	c := p.forC(lse, q, k, v)
	c.o = ptr(o)
	s.withScratch(&c, func() { C.ecalf_f32_attention(C.int(s), c, C.int64_t(lo), C.int64_t(hi)) })
}

func (s simd) attentionGrad(dq, dk, dv Grad, do, q, k, v, o, lse []float32, p *Attention, lo, hi int) {
	c := p.forC(lse, q, k, v)
	c.o_in, c.d_o = ptr(o), ptr(do)
	c.dq, c.add_q = ptr(dq.Host), bit(dq.Add)
	c.dk, c.add_k = ptr(dk.Host), bit(dk.Add)
	c.dv, c.add_v = ptr(dv.Host), bit(dv.Add)
	s.withScratch(&c, func() { C.ecalf_f32_attention_grad(C.int(s), c, C.int64_t(lo), C.int64_t(hi)) })
}

func (s simd) withScratch(c *C.ecalf_attention, call func()) {
	space := memory.Borrow(s.attentionScratch(c))
	defer memory.GiveBack(space)
	c.scratch = ptr(space)
	call()
}

// attentionScratch is the floats that a call needs beside its arrays.
func (s simd) attentionScratch(c *C.ecalf_attention) int {
	return int(C.ecalf_f32_attention_scratch(C.int(s), *c))
}

// forC is the attention as C sees it, with the arrays that both passes read.
func (p *Attention) forC(lse, q, k, v []float32) C.ecalf_attention {
	return C.ecalf_attention{
		lse: ptr(lse), q: ptr(q), k: ptr(k), v: ptr(v),
		B: C.int64_t(p.B), A: C.int64_t(p.A), KV: C.int64_t(p.KV), Tq: C.int64_t(p.Tq), Tk: C.int64_t(p.Tk), D: C.int64_t(p.D),
		ldq: C.int64_t(p.LDQ), ldk: C.int64_t(p.LDK), ldo: C.int64_t(p.LDO),
		seed: C.uint64_t(p.Key.Seed), step: C.uint32_t(p.Key.Step), op: C.uint32_t(p.Key.Op),
		limit: C.uint32_t(threshold(p.Dropout)), scale: C.float(p.Scale), factor: C.float(1 / (1 - p.Dropout)),
		shared: bit(p.SharedKV), causal: bit(p.Causal),
	}
}
