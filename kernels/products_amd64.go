//go:build cgo

// The tile bodies of matrix products: their sizes, and the calls into C.

package kernels

/*
#include "bodies_amd64.h"

#cgo noescape ecalf_f32_pack
#cgo nocallback ecalf_f32_pack
#cgo noescape ecalf_f32_matmul
#cgo nocallback ecalf_f32_matmul
#cgo noescape ecalf_bf16_pack
#cgo nocallback ecalf_bf16_pack
#cgo noescape ecalf_bf16_matmul
#cgo nocallback ecalf_bf16_matmul
#cgo noescape ecalf_amx_matmul
#cgo nocallback ecalf_amx_matmul
*/
import "C"

import (
	"unsafe"

	"ecalf/kernels/internal/memory"
)

// blockDepth is the number of words of a block on every level.
const blockDepth = C.ECALF_BLOCK

// vectorTask are the multiplications of a task by vectors: 4 ms of AVX2 on a slow core. Tiles do tilesTask in that time, and
// in higher tasks they read b less often.
const vectorTask, tilesTask = 1 << 27, 1 << 30

// wakingAVX2 and wakingAVX512 are tiling.waking, tiles and pairs having the larger too.
const wakingAVX2, wakingAVX512 = 1 << 20, 1 << 22

// panelsLen is the scratch of matmul_amd64.h's multiply: the words of a, and a tile of sums.
func (t *tiling) panelsLen(rows, words int) int {
	return ceil(rows, t.mr)*t.mr*min(words, blockDepth) + t.mr*t.nr + 2*memory.LineFloats
}

// tiling is the float32 product on s, by tiles of matmul_f32_amd64.h's TR and NT.
func (s simd) tiling() *tiling {
	t := &tiling{mr: 6, nr: 16, vector: 8, most: vectorTask, waking: wakingAVX2, bInPlace: true}
	if s == simdAVX512 {
		t.mr, t.nr, t.vector, t.waking, t.aInPlace = 9, 48, 16, wakingAVX512, true
	}
	t.packedLen = func(k, n int) int { return ceil(n, t.nr) * t.nr * k }
	t.scratchLen = t.panelsLen
	t.pack = func(dst, b []float32, p *Product, lo, hi int) {
		C.ecalf_f32_pack(C.int(s), ptr(dst), ptr(b), C.int64_t(p.K), C.int64_t(p.N), C.int64_t(p.LDB),
			bit(p.TransB), bit(p.Precision == BF16), C.int64_t(lo), C.int64_t(hi))
	}
	t.multiply = func(t task) { C.ecalf_f32_matmul(C.int(s), t.forC()) }
	return t
}

// pairs is the bfloat16 product by dot products of pairs; plain emulates them.
func pairs(plain bool) *tiling {
	t := packedPairs(plain, 14, 1, vectorTask)
	t.scratchLen = func(rows, k int) int { return t.panelsLen(rows, ceil(k, 2)) }
	t.multiply = func(t task) { C.ecalf_bf16_matmul(bit(plain), t.forC()) }
	return t
}

// amxTiles is the bfloat16 product by tiles; plain emulates them. The sizes are those of
// matmul_amx_amd64.h.
func amxTiles(plain bool) *tiling {
	const step = 32
	t := packedPairs(plain, 32, step/2, tilesTask)
	t.scratchLen = func(rows, k int) int {
		return ceil(rows, t.mr) * t.mr * (min(ceil(k, step)*step/2, blockDepth) + 2*t.nr) // of a, and two strips of sums
	}
	t.multiply = func(t task) { C.ecalf_amx_matmul(bit(plain), t.forC()) }
	return t
}

// packedPairs is a tiling whose right-hand side is words of two bfloat16, group of
// them at a time.
func packedPairs(plain bool, mr, group, most int) *tiling {
	const nr = 32
	return &tiling{
		mr: mr, nr: nr, vector: nr, most: most, waking: wakingAVX512,
		packedLen: func(k, n int) int { return ceil(n, nr) * nr * ceil(ceil(k, 2), group) * group },
		pack: func(dst, b []float32, p *Product, lo, hi int) {
			C.ecalf_bf16_pack(bit(plain), ptr(dst), ptr(b), C.int64_t(p.K), C.int64_t(p.N), C.int64_t(p.LDB),
				bit(p.TransB), C.int(group), C.int64_t(lo), C.int64_t(hi))
		},
	}
}

// forC is the task as C sees it.
func (t task) forC() C.ecalf_product {
	p := C.ecalf_product{
		c: ptr(t.c), a: ptr(t.a), b: ptr(t.right.b), ldb: C.int64_t(t.right.ld), scratch: ptr(t.scratch), bias: ptr(t.Bias.Host),
		K: C.int64_t(t.K), lda: C.int64_t(t.LDA), ldc: C.int64_t(t.LDC),
		row0: C.int64_t(t.row0), row1: C.int64_t(t.row1), col0: C.int64_t(t.col0), col1: C.int64_t(t.col1),
		scale: C.float(t.Scale), turn_a: bit(t.TransA), add: bit(t.Add), act: C.int(t.Act), round: bit(t.Precision == BF16),
	}
	if t.Pre.Len != 0 {
		p.pre = ptr(t.Pre.Host[t.at:])
	}
	p.stream = bit(t.streamed(t.c) && t.streamed(t.Pre.Host[min(t.at, t.Pre.Len):]))
	if t.Residual.Len != 0 {
		p.residual = ptr(t.Residual.Host[t.at:])
	}
	if t.DropRate > 0 {
		p.seed, p.step, p.op = C.uint64_t(t.DropKey.Seed), C.uint32_t(t.DropKey.Step), C.uint32_t(t.DropKey.Op)
		p.limit, p.factor = C.uint32_t(threshold(t.DropRate)), C.float(1/(1-t.DropRate))
	}
	return p
}

// streamed reports whether the rows of y, laid out as c, are better written past the
// caches: an array that they cannot hold until it is read again need not be fetched to be
// overwritten. Rows begin on cache lines then.
func (t task) streamed(y []float32) bool {
	const large = 1 << 20
	return t.M*t.N >= large && t.LDC%memory.LineFloats == 0 && uintptr(unsafe.Pointer(unsafe.SliceData(y)))%(4*memory.LineFloats) == 0
}
