// The error sums of errors.go: lane i mod 8 of the sums takes element i, in float64, so the
// bits are those of the Go loop.

// f32_errors adds the squared and absolute differences of the first n elements, n a multiple
// of 8, to the eight lanes of squared and absolute.
#if W == 16
TARGET void FN(f32_errors)(double *squared, double *absolute, const float *pred, const float *target, int64_t n) {
	__m512d s = _mm512_loadu_pd(squared), a = _mm512_loadu_pd(absolute);
	for (int64_t i = 0; i < n; i += 8) {
		__m512d d = _mm512_sub_pd(_mm512_cvtps_pd(_mm256_loadu_ps(pred + i)), _mm512_cvtps_pd(_mm256_loadu_ps(target + i)));
		s = _mm512_add_pd(s, _mm512_mul_pd(d, d));
		a = _mm512_add_pd(a, _mm512_abs_pd(d));
	}
	_mm512_storeu_pd(squared, s);
	_mm512_storeu_pd(absolute, a);
}
#else
TARGET void FN(f32_errors)(double *squared, double *absolute, const float *pred, const float *target, int64_t n) {
	const __m256d sign = _mm256_set1_pd(-0.0);
	__m256d s0 = _mm256_loadu_pd(squared), s1 = _mm256_loadu_pd(squared + 4);
	__m256d a0 = _mm256_loadu_pd(absolute), a1 = _mm256_loadu_pd(absolute + 4);
	for (int64_t i = 0; i < n; i += 8) {
		__m256d d0 = _mm256_sub_pd(_mm256_cvtps_pd(_mm_loadu_ps(pred + i)), _mm256_cvtps_pd(_mm_loadu_ps(target + i)));
		__m256d d1 = _mm256_sub_pd(_mm256_cvtps_pd(_mm_loadu_ps(pred + i + 4)), _mm256_cvtps_pd(_mm_loadu_ps(target + i + 4)));
		s0 = _mm256_add_pd(s0, _mm256_mul_pd(d0, d0));
		s1 = _mm256_add_pd(s1, _mm256_mul_pd(d1, d1));
		a0 = _mm256_add_pd(a0, _mm256_andnot_pd(sign, d0));
		a1 = _mm256_add_pd(a1, _mm256_andnot_pd(sign, d1));
	}
	_mm256_storeu_pd(squared, s0);
	_mm256_storeu_pd(squared + 4, s1);
	_mm256_storeu_pd(absolute, a0);
	_mm256_storeu_pd(absolute + 4, a1);
}
#endif
