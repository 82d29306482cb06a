// What is done by AMX tiles: bfloat16 products, and dynamic attention by such.
#define TARGET __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512bf16,amx-tile,amx-bf16,avx2,fma")))
#define FN(name) ecalf_##name##_amx
#include <string.h>
#include "vector_avx512_amd64.h"
#include "bf16_avx512_amd64.h"
#include "bodies_amd64.h"
#include "vmath_amd64.h"
#include "arrays_amd64.h"
#include "philox_amd64.h"

// Assembly where memory is touched: gcc 12's intrinsics do not tell the compiler so, and it
// may drop or move the stores before them.
INLINE void tile_begin(void) { // all eight tiles have 16 rows of 64 bytes
	struct {
		uint8_t palette, start, reserved[14];
		uint16_t bytes[16];
		uint8_t rows[16];
	} config __attribute__((aligned(64))) = {.palette = 1};
	for (int i = 0; i < 8; i++) {
		config.bytes[i] = 64;
		config.rows[i] = 16;
	}
	__asm__ volatile("ldtilecfg %0" : : "m"(config) : "memory");
}
#define tile_end() _tile_release()
#define tile_zero(n) _tile_zero(n)
#define tile_load(n, p, stride) \
	__asm__ volatile("tileloadd (%0,%1,1), %%tmm" #n : : "r"(p), "r"((int64_t)(stride)) : "memory")
#define tile_stream(n, p, stride) \
	__asm__ volatile("tileloaddt1 (%0,%1,1), %%tmm" #n : : "r"(p), "r"((int64_t)(stride)) : "memory")
#define tile_store(n, p, stride) \
	__asm__ volatile("tilestored %%tmm" #n ", (%0,%1,1)" : : "r"(p), "r"((int64_t)(stride)) : "memory")
#define tile_dot(s, a, b) _tile_dpbf16ps(s, a, b)

#include "matmul_amd64.h"
#include "matmul_amx_amd64.h"
#include "upcoming_amd64.h"
#include "dynamicattention_amx_amd64.h"
#include "dynamicattention_amd64.h"
#include "dynamicattention_grad_amd64.h"

// rounds × 4 independent products of tiles, 16·16·32 multiply-adds each, of random numbers of size 1 to 2 that come from the
// first cache, two tiles of a and two of b for four products, as every matrix product has them: eight registers hold no
// more. Both cost power, and the clock pays for it: tiles of zeros, or tiles that stay in registers, are a fifth faster than
// any product of matrices can be.
TARGET float FN(amx_peak)(int64_t rounds) {
	enum { DEEP = 8 }; // tiles in a row: 16 KiB of a and as much of b
	float a[DEEP * 512] __attribute__((aligned(64))), b[DEEP * 512] __attribute__((aligned(64)));
	uint32_t word = 1;
	for (int i = 0; i < DEEP * 512; i++) {
		word = word * 1664525 + 1013904223; // a linear congruence; a word holds two numbers
		uint32_t x = 0x3f803f80 | (word >> 9 & 0x7f007f) | (i & 1 ? 0x80000000 : 0x8000);
		memcpy(a + i, &x, 4);
		x = 0x3f803f80 | (word >> 2 & 0x7f007f) | (i & 2 ? 0x80000000 : 0x8000);
		memcpy(b + i, &x, 4);
	}
	tile_begin();
	tile_zero(0);
	tile_zero(1);
	tile_zero(2);
	tile_zero(3);
	for (int64_t r = 0; r < rounds; r++) {
		const float *p = a + r % DEEP * 512, *q = b + r % DEEP * 512;
		tile_load(6, q, 128);
		tile_load(4, p, 64);
		tile_load(7, q + 16, 128);
		tile_load(5, p + 256, 64);
		tile_dot(0, 4, 6);
		tile_dot(1, 4, 7);
		tile_dot(2, 5, 6);
		tile_dot(3, 5, 7);
	}
	tile_store(0, a, 64);
	tile_end();
	return a[0];
}
