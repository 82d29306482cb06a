// Vectors of 16 floats in plain C, for the emulation of instructions that a machine
// lacks. The names are explained in vector_avx2_amd64.h; those the emulated bodies do not use
// are left out.
#include <math.h>
#include <stdint.h>
#include <string.h>

#define W 16
#define MR 14

#define INLINE TARGET static inline __attribute__((always_inline))
typedef struct { float x[W]; } vf;
typedef struct { uint32_t x[W]; } vi;
typedef struct { int x[W]; } vm;

#define LANES for (int l = 0; l < W; l++)
#define VF(expression) vf r; LANES r.x[l] = (expression); return r
#define VI(expression) vi r; LANES r.x[l] = (expression); return r
#define VM(expression) vm r; LANES r.x[l] = (expression); return r

INLINE vf vset(float x) { VF(x); }
INLINE vf vzero(void) { VF(0); }
INLINE vf vloadn(const float *p, int64_t n) { VF(l < n ? p[l] : 0); }
INLINE vf vload(const float *p) { VF(p[l]); }
INLINE void vstoren(float *p, vf a, int64_t n) { LANES if (l < n) p[l] = a.x[l]; }
INLINE void vstore(float *p, vf a) { LANES p[l] = a.x[l]; }
INLINE void vstream(float *p, vf a) { vstore(p, a); }
INLINE void vfence(void) {}

INLINE vf vadd(vf a, vf b) { VF(a.x[l] + b.x[l]); }
INLINE vf vsub(vf a, vf b) { VF(a.x[l] - b.x[l]); }
INLINE vf vmul(vf a, vf b) { VF(a.x[l] * b.x[l]); }
INLINE vf vdiv(vf a, vf b) { VF(a.x[l] / b.x[l]); }
INLINE vf vfma(vf a, vf b, vf c) { VF(a.x[l] * b.x[l] + c.x[l]); }
INLINE vf vfnma(vf a, vf b, vf c) { VF(c.x[l] - a.x[l] * b.x[l]); }
INLINE vf vsqrt(vf a) { VF(sqrtf(a.x[l])); }
INLINE vf vmax(vf a, vf b) { VF(a.x[l] > b.x[l] ? a.x[l] : b.x[l]); }
INLINE vf vmin(vf a, vf b) { VF(a.x[l] < b.x[l] ? a.x[l] : b.x[l]); }
INLINE vf vround(vf a) { VF(nearbyintf(a.x[l])); }
INLINE vf vabs(vf a) { VF(fabsf(a.x[l])); }
INLINE vm vlt(vf a, vf b) { VM(a.x[l] < b.x[l]); }
INLINE vm vnan(vf a) { VM(a.x[l] != a.x[l]); }
INLINE vf vselect(vm m, vf yes, vf no) { VF(m.x[l] ? yes.x[l] : no.x[l]); }

INLINE vi vbits(vf a) { vi r; memcpy(&r, &a, sizeof r); return r; }
INLINE vf vfloat(vi a) { vf r; memcpy(&r, &a, sizeof r); return r; }
INLINE vi viset(int32_t x) { VI((uint32_t)x); }
INLINE vi viadd(vi a, vi b) { VI(a.x[l] + b.x[l]); }
INLINE vi viand(vi a, vi b) { VI(a.x[l] & b.x[l]); }
INLINE vi vior(vi a, vi b) { VI(a.x[l] | b.x[l]); }
INLINE vi vixor(vi a, vi b) { VI(a.x[l] ^ b.x[l]); }
INLINE vi vishl(vi a, int n) { VI(a.x[l] << n); }
INLINE vi vishr(vi a, int n) { VI(a.x[l] >> n); }
INLINE vf vscale(vf a, vf n) { VF(ldexpf(a.x[l], n.x[l] == n.x[l] ? (int)n.x[l] : 0)); }
INLINE vf vtofloat(vi a) { VF((float)(int32_t)a.x[l]); }
INLINE vi vimulwide(vi a, vi b) { VI((uint32_t)((uint64_t)a.x[l & ~1] * b.x[l & ~1] >> 32 * (l & 1))); }
INLINE vi viodd(vi a) { VI(a.x[l | 1]); }
INLINE vi vieven(vi a, vi b) { VI((l & 2 ? b : a).x[(l & ~3) + 2 * (l & 1)]); }
INLINE vi viuneven(vi a, vi b) { VI((l & 2 ? b : a).x[(l & ~3) + 2 * (l & 1) + 1]); }
INLINE vi viwide(void) { VI(l & 1 ? 0 : (uint32_t)(l / 4 + (l & 2 ? W / 4 : 0))); }
INLINE void vihold(vi *a, vi *b, vi *c, vi *d) { (void)a, (void)b, (void)c, (void)d; }
INLINE vf vikeep(vi word, vi limit, vf x) { VF(word.x[l] >= limit.x[l] ? x.x[l] : 0); }
INLINE float vsum(vf a) {
	float s = 0;
	LANES s += a.x[l];
	return s;
}
INLINE void vtranspose(vf r[W]) {
	vf t[W];
	memcpy(t, r, sizeof t);
	for (int i = 0; i < W; i++)
		LANES r[i].x[l] = t[l].x[i];
}
