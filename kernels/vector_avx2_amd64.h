// Vectors of 8 floats on AVX2 and FMA: what the bodies are written over.
// vector_avx512_amd64.h holds the same names for 16; the comments are here.
#include <immintrin.h>
#include <stdint.h>

#define W 8   // floats in a vector
#define MR 6  // rows of a register tile of two vectors: 12 sums, 2 factors, 1 broadcast in 16 registers
#define TR MR // rows and vectors of the tile of float32 matrix products
#define TV 2
#define IN_PLACE 0 // whether it reads rows of a in place, which costs registers for their addresses

// A body that runs short of registers is scheduled before they are given out.
#define SCHEDULED __attribute__((optimize("schedule-insns")))

#define INLINE TARGET static inline __attribute__((always_inline))
typedef __m256 vf;
typedef __m256i vi;
typedef __m256 vm; // a mask: all bits of a lane or none

// vfirst is the mask of the first n lanes, n ≥ 0.
INLINE vi vfirst(int64_t n) {
	return _mm256_cmpgt_epi32(_mm256_set1_epi32(n > W ? W : (int)n), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
}

INLINE vf vzero(void) { return _mm256_setzero_ps(); }
INLINE vf vset(float x) { return _mm256_set1_ps(x); }
INLINE vf vload(const float *p) { return _mm256_loadu_ps(p); }
INLINE void vstore(float *p, vf x) { _mm256_storeu_ps(p, x); }
// vstream stores past the caches; p is on a multiple of the vector's size.
INLINE void vstream(float *p, vf x) { _mm256_stream_ps(p, x); }
INLINE void vfence(void) { _mm_sfence(); } // orders what was streamed before what follows
// vloadn and vstoren touch the first n floats at p only; the rest of the vector is 0.
INLINE vf vloadn(const float *p, int64_t n) { return n >= W ? vload(p) : _mm256_maskload_ps(p, vfirst(n)); }
INLINE void vstoren(float *p, vf x, int64_t n) {
	if (n >= W)
		vstore(p, x);
	else
		_mm256_maskstore_ps(p, vfirst(n), x);
}

// vtail is x in the first n lanes and fill in the others.
INLINE vf vtail(vf x, int64_t n, vf fill) { return n >= W ? x : _mm256_blendv_ps(fill, x, _mm256_castsi256_ps(vfirst(n))); }

INLINE vf vadd(vf a, vf b) { return _mm256_add_ps(a, b); }
INLINE vf vsub(vf a, vf b) { return _mm256_sub_ps(a, b); }
INLINE vf vmul(vf a, vf b) { return _mm256_mul_ps(a, b); }
INLINE vf vdiv(vf a, vf b) { return _mm256_div_ps(a, b); }
INLINE vf vfma(vf a, vf b, vf c) { return _mm256_fmadd_ps(a, b, c); }    // a·b + c
INLINE vf vfnma(vf a, vf b, vf c) { return _mm256_fnmadd_ps(a, b, c); }  // c − a·b
INLINE vf vsqrt(vf a) { return _mm256_sqrt_ps(a); }
// vmax and vmin return b where either is NaN.
INLINE vf vmax(vf a, vf b) { return _mm256_max_ps(a, b); }
INLINE vf vmin(vf a, vf b) { return _mm256_min_ps(a, b); }
INLINE vf vround(vf a) { return _mm256_round_ps(a, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC); }
INLINE vf vabs(vf a) { return _mm256_andnot_ps(_mm256_set1_ps(-0.0f), a); }

INLINE vm vlt(vf a, vf b) { return _mm256_cmp_ps(a, b, _CMP_LT_OQ); }
INLINE vm vnan(vf a) { return _mm256_cmp_ps(a, a, _CMP_UNORD_Q); }
INLINE vf vselect(vm m, vf yes, vf no) { return _mm256_blendv_ps(no, yes, m); }

INLINE vi vbits(vf a) { return _mm256_castps_si256(a); }
INLINE vf vfloat(vi a) { return _mm256_castsi256_ps(a); }
INLINE vi viset(int32_t x) { return _mm256_set1_epi32(x); }
INLINE vi viadd(vi a, vi b) { return _mm256_add_epi32(a, b); }
INLINE vi visub(vi a, vi b) { return _mm256_sub_epi32(a, b); }
INLINE vi viand(vi a, vi b) { return _mm256_and_si256(a, b); }
INLINE vi vior(vi a, vi b) { return _mm256_or_si256(a, b); }
INLINE vi vixor(vi a, vi b) { return _mm256_xor_si256(a, b); }
INLINE vi vishl(vi a, int n) { return _mm256_slli_epi32(a, n); }
INLINE vi vishr(vi a, int n) { return _mm256_srli_epi32(a, n); }
INLINE vi vtoint(vf a) { return _mm256_cvtps_epi32(a); }
// vscale is a·2ⁿ for whole n in [−256, 254], in two steps, so that results too small for a normal
// number round to denormals or 0.
INLINE vf vscale(vf a, vf n) {
	vi k = vtoint(n), h = viadd(vishr(viadd(k, viset(256)), 1), viset(-128)); // h = ⌊k/2⌋
	vf x = vfloat(vishl(viadd(h, viset(127)), 23));
	vf y = vfloat(vishl(visub(viadd(k, viset(127)), h), 23)); // 2^(k−h)
	return vmul(vmul(a, x), y);
}
INLINE vf vtofloat(vi a) { return _mm256_cvtepi32_ps(a); }
// vimulwide is the 64-bit product of the even lanes, unsigned; viodd moves odd lanes to the
// even ones, and leaves what it likes in the odd.
INLINE vi vimulwide(vi a, vi b) { return _mm256_mul_epu32(a, b); }
INLINE vi viodd(vi a) { return _mm256_shuffle_epi32(a, 0xf5); }
// vieven joins, in each quarter of four lanes, the two even lanes of a and those of b, viuneven the odd
// ones. Four vectors of 64-bit lanes that are numbered by viwide become words in order so.
INLINE vi vieven(vi a, vi b) { return vbits(_mm256_shuffle_ps(vfloat(a), vfloat(b), 0x88)); }
INLINE vi viuneven(vi a, vi b) { return vbits(_mm256_shuffle_ps(vfloat(a), vfloat(b), 0xdd)); }
INLINE vi viwide(void) { return _mm256_setr_epi64x(0, 2, 1, 3); }
// vihold keeps the compiler from mixing what is done to four vectors before and after it, where registers are scarce.
INLINE void vihold(vi *a, vi *b, vi *c, vi *d) { __asm__ volatile("" : "+x"(*a), "+x"(*b), "+x"(*c), "+x"(*d)); }
// vikeep is x where word ≥ limit as unsigned numbers, else 0.
INLINE vf vikeep(vi word, vi limit, vf x) {
	vi m = _mm256_cmpeq_epi32(_mm256_max_epu32(word, limit), word);
	return _mm256_and_ps(vfloat(m), x);
}

// vsum and vtop fold a vector in halves: a fixed tree.
INLINE float vsum(vf a) {
	__m128 x = _mm_add_ps(_mm256_castps256_ps128(a), _mm256_extractf128_ps(a, 1));
	x = _mm_add_ps(x, _mm_movehl_ps(x, x));
	return _mm_cvtss_f32(_mm_add_ss(x, _mm_shuffle_ps(x, x, 1)));
}
INLINE float vtop(vf a) {
	__m128 x = _mm_max_ps(_mm256_castps256_ps128(a), _mm256_extractf128_ps(a, 1));
	x = _mm_max_ps(x, _mm_movehl_ps(x, x));
	return _mm_cvtss_f32(_mm_max_ss(x, _mm_shuffle_ps(x, x, 1)));
}

// vsumd is the sum of the lanes, converted to double before they are added.
INLINE double vsumd(vf a) {
	__m256d x = _mm256_add_pd(_mm256_cvtps_pd(_mm256_castps256_ps128(a)), _mm256_cvtps_pd(_mm256_extractf128_ps(a, 1)));
	__m128d y = _mm_add_pd(_mm256_castpd256_pd128(x), _mm256_extractf128_pd(x, 1));
	return _mm_cvtsd_f64(_mm_add_sd(y, _mm_unpackhi_pd(y, y)));
}

// vtranspose turns the W rows of r into columns.
INLINE void vtranspose(vf r[W]) {
	vf t[W], u[W];
	for (int i = 0; i < 8; i += 2) {
		t[i] = _mm256_unpacklo_ps(r[i], r[i + 1]);
		t[i + 1] = _mm256_unpackhi_ps(r[i], r[i + 1]);
	}
	for (int i = 0; i < 8; i += 4)
		for (int j = 0; j < 2; j++) {
			u[i + 2 * j] = _mm256_shuffle_ps(t[i + j], t[i + j + 2], 0x44);
			u[i + 2 * j + 1] = _mm256_shuffle_ps(t[i + j], t[i + j + 2], 0xee);
		}
	for (int i = 0; i < 4; i++) {
		r[i] = _mm256_permute2f128_ps(u[i], u[i + 4], 0x20);
		r[i + 4] = _mm256_permute2f128_ps(u[i], u[i + 4], 0x31);
	}
}

// vfold is the vector of the sums of a[0], a[1], … a[W−1]; it overwrites them.
INLINE vf vfold(vf a[W]) {
	for (int i = 0; i < 4; i++)
		a[i] = vadd(_mm256_unpacklo_ps(a[2 * i], a[2 * i + 1]), _mm256_unpackhi_ps(a[2 * i], a[2 * i + 1]));
	for (int i = 0; i < 2; i++)
		a[i] = vadd(_mm256_shuffle_ps(a[2 * i], a[2 * i + 1], 0x44), _mm256_shuffle_ps(a[2 * i], a[2 * i + 1], 0xee));
	return vadd(_mm256_permute2f128_ps(a[0], a[1], 0x20), _mm256_permute2f128_ps(a[0], a[1], 0x31));
}
