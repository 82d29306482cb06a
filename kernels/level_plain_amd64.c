// The bfloat16 bodies with their primitives in plain C: the blocking, packing and edges
// of levels that the machine at hand lacks, for tests. Optimised as for debugging: otherwise this file takes
// longer to compile than all others together.
#pragma GCC optimize("Og")
#define TARGET
#define FN(name) ecalf_##name##_plain
#include "vector_plain_amd64.h"
#include "bodies_amd64.h"
#include "vmath_amd64.h"
#include "arrays_amd64.h"
#include "philox_amd64.h"
#include "matmul_amd64.h"

// half is the float whose upper half is that of u, which is shifted there.
INLINE float half(uint32_t u) {
	float x;
	memcpy(&x, &u, sizeof x);
	return x;
}

INLINE vi vpairs(vf x, vf y) {
	vi a = vbits(vbf16(x)), b = vbits(vbf16(y));
	VI(a.x[l] >> 16 | (b.x[l] & 0xffff0000));
}
INLINE vi vhalves(vf x, vf y) {
	vi a = vbits(vbf16(x)), b = vbits(vbf16(y));
	VI(l < 8 ? a.x[2 * l] >> 16 | (a.x[2 * l + 1] & 0xffff0000) : b.x[2 * l - 16] >> 16 | (b.x[2 * l - 15] & 0xffff0000));
}
INLINE float dot(float s, uint32_t a, uint32_t b) {
	s += half(a & 0xffff0000) * half(b & 0xffff0000);
	return s + half(a << 16) * half(b << 16);
}
INLINE vf vdot(vf s, vf a, vf b) { VF(dot(s.x[l], vbits(a).x[l], vbits(b).x[l])); }

static _Thread_local union {
	float f[16][16];
	uint32_t u[16][16];
} emulated[8];
#define tile_begin() ((void)0)
#define tile_end() ((void)0)
#define tile_zero(n) memset(&emulated[n], 0, sizeof emulated[n])
INLINE void tile_load(int n, const void *p, int64_t stride) {
	for (int i = 0; i < 16; i++)
		memcpy(emulated[n].f[i], (const char *)p + i * stride, 64);
}
#define tile_stream tile_load
INLINE void tile_store(int n, void *p, int64_t stride) {
	for (int i = 0; i < 16; i++)
		memcpy((char *)p + i * stride, emulated[n].f[i], 64);
}
INLINE void tile_dot(int s, int a, int b) {
	for (int i = 0; i < 16; i++)
		for (int k = 0; k < 16; k++)
			for (int j = 0; j < 16; j++)
				emulated[s].f[i][j] = dot(emulated[s].f[i][j], emulated[a].u[i][k], emulated[b].u[k][j]);
}

#include "matmul_bf16_amd64.h"
#include "matmul_amx_amd64.h"
#include "upcoming_amd64.h"
#include "dynamicattention_amx_amd64.h"
#include "dynamicattention_amd64.h"
#include "dynamicattention_grad_amd64.h"
