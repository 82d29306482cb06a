// What bodies do with the rows of arrays, vector by vector.

// How results are written: over what was there, added to it, or past the caches.
enum { OVER, ONTO, PAST };

// vput writes x to the first n floats at y; PAST only whole vectors.
INLINE void vput(float *y, vf x, int64_t n, int how) {
	if (how == PAST)
		vstream(y, x);
	else
		vstoren(y, how == ONTO ? vadd(vloadn(y, n), x) : x, n);
}

#define ELEMENTS(i, n) for (int64_t i = 0; i < (n); i += W)

// sum_row is Σ a·b over n neighbours, b being 1 where NULL.
INLINE float sum_row(const float *a, const float *b, int64_t n) {
	vf s[4] = {vzero(), vzero(), vzero(), vzero()};
	for (int64_t i = 0; i < n; i += 4 * W)
#pragma GCC unroll 4
		for (int j = 0; j < 4; j++) {
			int64_t e = i + j * W, left = n - e > 0 ? n - e : 0;
			vf x = vloadn(a + e, left);
			s[j] = b ? vfma(x, vloadn(b + e, left), s[j]) : vadd(s[j], x);
		}
	return vsum(vadd(vadd(s[0], s[1]), vadd(s[2], s[3])));
}

// up is n rounded up to a multiple of m.
INLINE int64_t up(int64_t n, int64_t m) { return (n + m - 1) / m * m; }
