// The bfloat16 primitives as instructions of AVX-512 BF16; matmul_bf16_amd64.h explains
// them.
INLINE vi vhalves(vf x, vf y) { return (vi)_mm512_cvtne2ps_pbh(y, x); }
INLINE vi vpairs(vf x, vf y) {
	const vi order = _mm512_set_epi16(31, 15, 30, 14, 29, 13, 28, 12, 27, 11, 26, 10, 25, 9, 24, 8, 23, 7, 22, 6, 21, 5, 20,
	                                  4, 19, 3, 18, 2, 17, 1, 16, 0);
	return _mm512_permutexvar_epi16(order, vhalves(x, y));
}
INLINE vf vdot(vf s, vf a, vf b) { return _mm512_dpbf16_ps(s, (__m512bh)a, (__m512bh)b); }
