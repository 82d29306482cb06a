//go:build cgo

// The dispatch page of the x86 levels: which level has which bodies.
package kernels

/*
#cgo CFLAGS: -O3 -std=c11 -Wall
#include "bodies_amd64.h"

#cgo noescape ecalf_f32_pack
#cgo nocallback ecalf_f32_pack
#cgo noescape ecalf_f32_matmul
#cgo nocallback ecalf_f32_matmul
#cgo nocallback ecalf_f32_fma_peak
#cgo noescape ecalf_f32_triad
#cgo nocallback ecalf_f32_triad
*/
import "C"

import (
	"unsafe"

	"github.com/klauspost/cpuid/v2"
)

// simd is the instruction set of a family of bodies.
type simd C.int

const (
	simdAVX2   simd = C.ECALF_AVX2
	simdAVX512 simd = C.ECALF_AVX512
)

// accelerated returns the levels above generic that the processor and the operating
// system support (cpuid looks at both: the features and XCR0).
func accelerated(generic *level) []*level {
	cpu := cpuid.CPU
	if !cpu.Supports(cpuid.AVX2, cpuid.FMA3) {
		return nil
	}
	avx2 := generic.derive("avx2")
	simdAVX2.fill(avx2)
	levels := []*level{avx2}
	if !cpu.Supports(cpuid.AVX512F, cpuid.AVX512BW, cpuid.AVX512DQ, cpuid.AVX512VL) {
		return levels
	}
	avx512 := avx2.derive("avx512")
	simdAVX512.fill(avx512)
	return append(levels, avx512)
}

// fill sets the leaves that have a body for s.
func (s simd) fill(l *level) {
	f32 := s.tiling()
	l.leaf.matMul, l.leaf.pack = f32.matMul, f32.packConstant
	l.peak.fma = func(rounds int) float64 {
		C.ecalf_f32_fma_peak(C.int(s), C.int64_t(rounds))
		return 2 * 12 * float64(f32.nr/2) * float64(rounds)
	}
	l.peak.triad = func(a, b, c []float32) {
		C.ecalf_f32_triad(C.int(s), ptr(a), ptr(b), ptr(c), C.int64_t(len(a)))
	}
}

// ptr is the address of x for C, NULL where x is empty.
func ptr(x []float32) *C.float {
	if len(x) == 0 {
		return nil
	}
	return (*C.float)(unsafe.SliceData(x))
}

func bit(b bool) C.int {
	if b {
		return 1
	}
	return 0
}

// tiling is the float32 product on s. KC and NR are those of matmul_amd64.h.
func (s simd) tiling() *tiling {
	const depth = 384
	t := &tiling{mr: 6, nr: 16}
	if s == simdAVX512 {
		t.mr, t.nr = 14, 32
	}
	t.packedLen = func(k, n int) int { return ceil(n, t.nr) * t.nr * k }
	t.scratchLen = func(rows, k int) int { return ceil(rows, t.mr)*t.mr*min(k, depth) + t.nr }
	t.pack = func(dst, b []float32, p *Product, lo, hi int) {
		C.ecalf_f32_pack(C.int(s), ptr(dst), ptr(b), C.int64_t(p.K), C.int64_t(p.N), C.int64_t(p.LDB),
			bit(p.TransB), bit(p.Precision == BF16), C.int64_t(lo), C.int64_t(hi))
	}
	t.multiply = func(t *task) { C.ecalf_f32_matmul(C.int(s), t.forC()) }
	return t
}

// forC is the task as C sees it.
func (t *task) forC() C.ecalf_product {
	p := C.ecalf_product{
		c: ptr(t.c), a: ptr(t.a), packed: ptr(t.packed), scratch: ptr(t.scratch), bias: ptr(t.Bias.Host),
		K: C.int64_t(t.K), lda: C.int64_t(t.LDA), ldc: C.int64_t(t.LDC),
		row0: C.int64_t(t.row0), row1: C.int64_t(t.row1), col0: C.int64_t(t.col0), col1: C.int64_t(t.col1),
		scale: C.float(t.Scale), turn_a: bit(t.TransA), add: bit(t.Add), act: C.int(t.Act), round: bit(t.Precision == BF16),
	}
	if t.Pre.Len != 0 {
		p.pre = ptr(t.Pre.Host[t.at:])
	}
	if t.Residual.Len != 0 {
		p.residual = ptr(t.Residual.Host[t.at:])
	}
	return p
}
