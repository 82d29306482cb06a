// Vectors of 16 floats on AVX-512 (F, BW, DQ, VL). The names are explained in
// vector_avx2_amd64.h.
#include <immintrin.h>
#include <stdint.h>

#define W 16
#define MR 14 // 28 sums, 2 factors, 1 broadcast in 32 registers
#define TR 9  // 27 sums, 3 factors, 1 broadcast: fewer loads for each multiply-add
#define TV 3
#define IN_PLACE 1

#define SCHEDULED // nothing: registers suffice

#define INLINE TARGET static inline __attribute__((always_inline))
typedef __m512 vf;
typedef __m512i vi;
typedef __mmask16 vm;

INLINE vm vfirst(int64_t n) { return n >= W ? 0xffff : (vm)((1u << n) - 1); }

INLINE vf vzero(void) { return _mm512_setzero_ps(); }
INLINE vf vset(float x) { return _mm512_set1_ps(x); }
INLINE vf vload(const float *p) { return _mm512_loadu_ps(p); }
INLINE void vstore(float *p, vf x) { _mm512_storeu_ps(p, x); }
INLINE void vstream(float *p, vf x) { _mm512_stream_ps(p, x); }
INLINE void vfence(void) { _mm_sfence(); }
// vwhole says that n is a constant, and all lanes: no mask is needed then.
#define vwhole(n) (__builtin_constant_p((n) >= W) && (n) >= W)
INLINE vf vloadn(const float *p, int64_t n) { return vwhole(n) ? vload(p) : _mm512_maskz_loadu_ps(vfirst(n), p); }
INLINE void vstoren(float *p, vf x, int64_t n) {
	if (vwhole(n))
		vstore(p, x);
	else
		_mm512_mask_storeu_ps(p, vfirst(n), x);
}

INLINE vf vtail(vf x, int64_t n, vf fill) { return vwhole(n) ? x : _mm512_mask_blend_ps(vfirst(n), fill, x); }

INLINE vf vadd(vf a, vf b) { return _mm512_add_ps(a, b); }
INLINE vf vsub(vf a, vf b) { return _mm512_sub_ps(a, b); }
INLINE vf vmul(vf a, vf b) { return _mm512_mul_ps(a, b); }
INLINE vf vdiv(vf a, vf b) { return _mm512_div_ps(a, b); }
INLINE vf vfma(vf a, vf b, vf c) { return _mm512_fmadd_ps(a, b, c); }
INLINE vf vfnma(vf a, vf b, vf c) { return _mm512_fnmadd_ps(a, b, c); }
INLINE vf vsqrt(vf a) { return _mm512_sqrt_ps(a); }
INLINE vf vmax(vf a, vf b) { return _mm512_max_ps(a, b); }
INLINE vf vmin(vf a, vf b) { return _mm512_min_ps(a, b); }
INLINE vf vround(vf a) { return _mm512_roundscale_ps(a, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC); }
INLINE vf vabs(vf a) { return _mm512_andnot_ps(_mm512_set1_ps(-0.0f), a); }

INLINE vm vlt(vf a, vf b) { return _mm512_cmp_ps_mask(a, b, _CMP_LT_OQ); }
INLINE vm vnan(vf a) { return _mm512_cmp_ps_mask(a, a, _CMP_UNORD_Q); }
INLINE vf vselect(vm m, vf yes, vf no) { return _mm512_mask_blend_ps(m, no, yes); }

INLINE vi vbits(vf a) { return _mm512_castps_si512(a); }
INLINE vf vfloat(vi a) { return _mm512_castsi512_ps(a); }
INLINE vi viset(int32_t x) { return _mm512_set1_epi32(x); }
INLINE vi viadd(vi a, vi b) { return _mm512_add_epi32(a, b); }
INLINE vi viand(vi a, vi b) { return _mm512_and_si512(a, b); }
INLINE vi vior(vi a, vi b) { return _mm512_or_si512(a, b); }
INLINE vi vixor(vi a, vi b) { return _mm512_xor_si512(a, b); }
INLINE vi vishl(vi a, int n) { return _mm512_slli_epi32(a, n); }
INLINE vi vishr(vi a, int n) { return _mm512_srli_epi32(a, n); }
INLINE vf vscale(vf a, vf n) { return _mm512_scalef_ps(a, n); }
INLINE vf vtofloat(vi a) { return _mm512_cvtepi32_ps(a); }
INLINE vi vimulwide(vi a, vi b) { return _mm512_mul_epu32(a, b); }
INLINE vi viodd(vi a) { return _mm512_shuffle_epi32(a, 0xf5); }
INLINE vi vieven(vi a, vi b) { return vbits(_mm512_shuffle_ps(vfloat(a), vfloat(b), 0x88)); }
INLINE vi viuneven(vi a, vi b) { return vbits(_mm512_shuffle_ps(vfloat(a), vfloat(b), 0xdd)); }
INLINE vi viwide(void) { return _mm512_setr_epi64(0, 4, 1, 5, 2, 6, 3, 7); }
INLINE void vihold(vi *a, vi *b, vi *c, vi *d) { (void)a, (void)b, (void)c, (void)d; } // 32 registers are enough
INLINE vf vikeep(vi word, vi limit, vf x) {
	return _mm512_maskz_mov_ps(_mm512_cmpge_epu32_mask(word, limit), x);
}

INLINE float vsum(vf a) {
	__m256 y = _mm256_add_ps(_mm512_castps512_ps256(a), _mm512_extractf32x8_ps(a, 1));
	__m128 x = _mm_add_ps(_mm256_castps256_ps128(y), _mm256_extractf128_ps(y, 1));
	x = _mm_add_ps(x, _mm_movehl_ps(x, x));
	return _mm_cvtss_f32(_mm_add_ss(x, _mm_shuffle_ps(x, x, 1)));
}
INLINE float vtop(vf a) {
	__m256 y = _mm256_max_ps(_mm512_castps512_ps256(a), _mm512_extractf32x8_ps(a, 1));
	__m128 x = _mm_max_ps(_mm256_castps256_ps128(y), _mm256_extractf128_ps(y, 1));
	x = _mm_max_ps(x, _mm_movehl_ps(x, x));
	return _mm_cvtss_f32(_mm_max_ss(x, _mm_shuffle_ps(x, x, 1)));
}

INLINE double vsumd(vf a) {
	__m512d x = _mm512_add_pd(_mm512_cvtps_pd(_mm512_castps512_ps256(a)), _mm512_cvtps_pd(_mm512_extractf32x8_ps(a, 1)));
	return _mm512_reduce_add_pd(x);
}

INLINE void vtranspose(vf r[W]) {
	vf t[W], u[W];
	for (int i = 0; i < 16; i += 2) {
		t[i] = _mm512_unpacklo_ps(r[i], r[i + 1]);
		t[i + 1] = _mm512_unpackhi_ps(r[i], r[i + 1]);
	}
	for (int i = 0; i < 16; i += 4)
		for (int j = 0; j < 2; j++) {
			u[i + 2 * j] = _mm512_shuffle_ps(t[i + j], t[i + j + 2], 0x44);
			u[i + 2 * j + 1] = _mm512_shuffle_ps(t[i + j], t[i + j + 2], 0xee);
		}
	for (int i = 0; i < 4; i++) { // u[4q+i] holds column 4l+i of rows 4q…4q+3 in quarter l
		vf a = _mm512_shuffle_f32x4(u[i], u[4 + i], 0x88), b = _mm512_shuffle_f32x4(u[8 + i], u[12 + i], 0x88);
		vf c = _mm512_shuffle_f32x4(u[i], u[4 + i], 0xdd), d = _mm512_shuffle_f32x4(u[8 + i], u[12 + i], 0xdd);
		r[i] = _mm512_shuffle_f32x4(a, b, 0x88);
		r[8 + i] = _mm512_shuffle_f32x4(a, b, 0xdd);
		r[4 + i] = _mm512_shuffle_f32x4(c, d, 0x88);
		r[12 + i] = _mm512_shuffle_f32x4(c, d, 0xdd);
	}
}

INLINE vf vfold(vf a[W]) {
	for (int i = 0; i < 8; i++)
		a[i] = vadd(_mm512_unpacklo_ps(a[2 * i], a[2 * i + 1]), _mm512_unpackhi_ps(a[2 * i], a[2 * i + 1]));
	for (int i = 0; i < 4; i++)
		a[i] = vadd(_mm512_shuffle_ps(a[2 * i], a[2 * i + 1], 0x44), _mm512_shuffle_ps(a[2 * i], a[2 * i + 1], 0xee));
	for (int i = 0; i < 2; i++)
		a[i] = vadd(_mm512_shuffle_f32x4(a[2 * i], a[2 * i + 1], 0x44), _mm512_shuffle_f32x4(a[2 * i], a[2 * i + 1], 0xee));
	return vadd(_mm512_shuffle_f32x4(a[0], a[1], 0x88), _mm512_shuffle_f32x4(a[0], a[1], 0xdd));
}
