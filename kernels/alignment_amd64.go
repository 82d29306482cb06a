//go:build cgo

// The calls of the bodies that compare two branches' features, and of the descriptors.

package kernels

/*
#include "bodies_amd64.h"

#cgo noescape ecalf_f32_describe
#cgo nocallback ecalf_f32_describe
#cgo noescape ecalf_f32_distill
#cgo nocallback ecalf_f32_distill
#cgo noescape ecalf_f32_distill_grad
#cgo nocallback ecalf_f32_distill_grad
#cgo noescape ecalf_f32_unit
#cgo nocallback ecalf_f32_unit
#cgo noescape ecalf_f32_unit_grad
#cgo nocallback ecalf_f32_unit_grad
#cgo noescape ecalf_f32_log_sum_exp
#cgo nocallback ecalf_f32_log_sum_exp
#cgo noescape ecalf_f32_log_sum_exp_columns
#cgo nocallback ecalf_f32_log_sum_exp_columns
#cgo noescape ecalf_f32_contrast_slope
#cgo nocallback ecalf_f32_contrast_slope
#cgo noescape ecalf_f32_centre
#cgo nocallback ecalf_f32_centre
#cgo noescape ecalf_f32_gram_sums
#cgo nocallback ecalf_f32_gram_sums
*/
import "C"

import "ecalf/kernels/internal/memory"

// widest is the number of floats of the widest vector.
const widest = 16

func (s simd) describe(phi, x []float32, steps, c, season, lo, hi int) {
	space := memory.Borrow(2*steps + (steps+steps/2)*widest)
	defer memory.GiveBack(space)
	for t := range steps {
		sin, cos := turn(1, t, steps)
		space[t], space[steps+t] = float32(cos), float32(sin)
	}
	C.ecalf_f32_describe(C.int(s), ptr(phi), ptr(x), ptr(space), ptr(space[2*steps:]), C.int64_t(steps), C.int64_t(c),
		C.int64_t(season), C.int64_t(lo), C.int64_t(hi))
}

func (s simd) distill(parts []float32, a *distillArrays, p *Distillation, lo, hi int) {
	t := a.forC(p)
	t.parts = ptr(parts)
	C.ecalf_f32_distill(C.int(s), t, C.int64_t(lo), C.int64_t(hi))
}

func (s simd) distillGrad(dx, dz Grad, up *distillSlopes, a *distillArrays, p *Distillation, lo, hi int) {
	space := memory.Borrow(p.D + widest/2*p.C)
	defer memory.GiveBack(space)
	t := a.forC(p)
	t.scratch = ptr(space)
	t.dx, t.add_x, t.dmean_x = ptr(dx.Host), bit(dx.Add), ptr(up.meanX)
	t.dz, t.add_z, t.dmean_z = ptr(dz.Host), bit(dz.Add), ptr(up.meanZ)
	t.local, t.relate, t.cosine = C.float(up.local), C.float(up.relation), C.float(up.cosine)
	C.ecalf_f32_distill_grad(C.int(s), t, C.int64_t(lo), C.int64_t(hi))
}

// forC is the distillation as C sees it, with the arrays that both passes have.
func (a *distillArrays) forC(p *Distillation) C.ecalf_distill {
	return C.ecalf_distill{
		x: ptr(a.x), z: ptr(a.z), mean_x: ptr(a.meanX), mean_z: ptr(a.meanZ), relation: ptr(a.relation), token: ptr(a.token),
		C: C.int64_t(p.C), D: C.int64_t(p.D), kind: C.int(p.Kind),
	}
}

func (s simd) unit(y, scale, x []float32, d int) {
	C.ecalf_f32_unit(C.int(s), ptr(y), ptr(scale), ptr(x), C.int64_t(len(scale)), C.int64_t(d))
}

func (s simd) unitGrad(dx, dy, y, scale []float32, d int, add bool) {
	C.ecalf_f32_unit_grad(C.int(s), ptr(dx), ptr(dy), ptr(y), ptr(scale), C.int64_t(len(scale)), C.int64_t(d), bit(add))
}

func (s simd) logSumExp(y, x []float32, c int) {
	C.ecalf_f32_log_sum_exp(C.int(s), ptr(y), ptr(x), C.int64_t(len(y)), C.int64_t(c))
}

func (s simd) logSumExpColumns(y, x []float32, b, lo, hi int) {
	C.ecalf_f32_log_sum_exp_columns(C.int(s), ptr(y), ptr(x), C.int64_t(b), C.int64_t(lo), C.int64_t(hi))
}

func (s simd) contrastSlope(x, parts, rows, cols []float32, b int, factor float32, lo, hi int) {
	C.ecalf_f32_contrast_slope(C.int(s), ptr(x), ptr(parts), ptr(rows), ptr(cols), C.int64_t(b), C.float(factor),
		C.int64_t(lo), C.int64_t(hi))
}

func (s simd) centre(y, x []float32, n, step, t, d, lo, hi int) {
	C.ecalf_f32_centre(C.int(s), ptr(y), ptr(x), C.int64_t(n), C.int64_t(step), C.int64_t(t), C.int64_t(d),
		C.int64_t(lo), C.int64_t(hi))
}

func (s simd) gramSums(sums *[3]float64, x, z []float32, n, d, lo, hi int) {
	C.ecalf_f32_gram_sums(C.int(s), (*C.double)(&sums[0]), ptr(x), ptr(z), C.int64_t(n), C.int64_t(d), C.int64_t(lo),
		C.int64_t(hi))
}
