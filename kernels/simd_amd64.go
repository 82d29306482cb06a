//go:build cgo

// The dispatch page of the x86 levels: which level has which bodies.

package kernels

/*
#cgo CFLAGS: -O3 -std=c11 -Wall
#cgo LDFLAGS: -lm
#include "bodies_amd64.h"

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

	// The bodies by tiles of bfloat16, and their emulation: of dynamic attention alone.
	simdAMX   simd = C.ECALF_AMX
	simdPlain simd = C.ECALF_PLAIN
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
	levels = append(levels, avx512)
	if !cpu.Supports(cpuid.AVX512BF16) {
		return levels
	}
	bf16 := avx512.derive("avx512bf16")
	bf16.multiplyBF16(pairs(false))
	bf16.peak.dot = func(rounds int) float64 {
		C.ecalf_bf16_dot_peak_avx512bf16(C.int64_t(rounds))
		return 2 * 12 * 32 * float64(rounds)
	}
	levels = append(levels, bf16)
	if !cpu.Supports(cpuid.AMXTILE, cpuid.AMXBF16) || !permitTiles() {
		return levels
	}
	amx := bf16.derive("amx")
	amx.multiplyBF16(amxTiles(false))
	amx.attendBF16(simdAMX)
	amx.peak.dot = func(rounds int) float64 {
		rounds /= 8 // a tile product takes that much longer
		C.ecalf_amx_peak_amx(C.int64_t(rounds))
		return 2 * 4 * 16 * 16 * 32 * float64(rounds)
	}
	return append(levels, amx)
}

// Emulated returns back ends that run the bfloat16 bodies of avx512bf16 and amx on
// primitives in plain C, for tests on machines that lack the instructions.
func Emulated() []Backend {
	pair, amx := cpus[0].derive("avx512bf16-emulated"), cpus[0].derive("amx-emulated")
	pair.multiplyBF16(pairs(true))
	amx.multiplyBF16(amxTiles(true))
	amx.attendBF16(simdPlain)
	pair.connect()
	amx.connect()
	return []Backend{pair, amx}
}

// multiplyBF16 gives the products of precision BF16, now the level's choice, to t.
func (l *level) multiplyBF16(t *tiling) {
	f32 := l.leaf
	l.auto = BF16
	l.bf16 = append(l.bf16, "MatMul")
	l.leaf.matMul = func(c, a, b []float32, p Product) {
		if p.Precision == BF16 {
			t.matMul(c, a, b, p)
		} else {
			f32.matMul(c, a, b, p)
		}
	}
	l.leaf.pack = func(b []float32, p Product) []float32 {
		if p.Precision == BF16 {
			return t.packConstant(b, p)
		}
		return f32.pack(b, p)
	}
}

// attendBF16 gives dynamic attention of precision BF16 to the bodies of s.
func (l *level) attendBF16(s simd) {
	f32 := l.leaf
	l.bf16 = append(l.bf16, "DynamicAttention")
	l.leaf.dynamicAttention = func(y, align, o, lse []float32, p *DynamicAttention, lo, hi int) {
		if p.Precision == BF16 {
			s.dynamicAttention(y, align, o, lse, p, lo, hi)
		} else {
			f32.dynamicAttention(y, align, o, lse, p, lo, hi)
		}
	}
	l.leaf.dynamicAttentionGrad = func(d *DynamicGrads, dy, dalign, align, o, lse []float32, p *DynamicAttention) {
		if p.Precision == BF16 {
			s.dynamicAttentionGrad(d, dy, dalign, align, o, lse, p)
		} else {
			f32.dynamicAttentionGrad(d, dy, dalign, align, o, lse, p)
		}
	}
}

// lanes is the number of floats in a vector of s.
func (s simd) lanes() int {
	if s == simdAVX512 {
		return 16
	}
	return 8
}

// fill sets the leaves that have a body for s.
func (s simd) fill(l *level) {
	f32 := s.tiling()
	l.leaf = s.leaves(l.leaf)
	l.leaf.matMul, l.leaf.pack = f32.matMul, f32.packConstant
	l.leaf.conv, l.leaf.convGradX, l.leaf.convGradW = f32.conv, f32.convGradX, f32.convGradW
	l.peak.fma = func(rounds int) float64 {
		C.ecalf_f32_fma_peak(C.int(s), C.int64_t(rounds))
		return 2 * 12 * float64(s.lanes()) * float64(rounds)
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
