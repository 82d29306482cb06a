// Products of the rows of a matrix with each other, a block at a time.

enum { GRAM_ROWS = W / 4, GRAM_COLS = 4 }; // of a block: a vector holds its products

INLINE void gram_step(vf s[W], const float *const a[GRAM_ROWS], const float *const b[GRAM_COLS], int64_t k, int64_t n) {
	vf y[GRAM_COLS];
#pragma GCC unroll 4
	for (int c = 0; c < GRAM_COLS; c++)
		y[c] = vloadn(b[c] + k, n);
#pragma GCC unroll 4
	for (int r = 0; r < GRAM_ROWS; r++) {
		vf x = vloadn(a[r] + k, n);
#pragma GCC unroll 4
		for (int c = 0; c < GRAM_COLS; c++)
			s[GRAM_COLS * r + c] = vfma(x, y[c], s[GRAM_COLS * r + c]);
	}
}

// gram is the vector of the products of rows i, i+1, … of x (n, d) with rows j … j+3, those of one row side by
// side. Rows from n on are taken for the last. Not inlined: it is long, and a call costs nothing beside it.
TARGET static __attribute__((noinline)) vf gram(const float *x, int64_t n, int64_t d, int64_t i, int64_t j) {
	const float *a[GRAM_ROWS], *b[GRAM_COLS];
	vf s[W];
	for (int r = 0; r < GRAM_ROWS; r++)
		a[r] = x + (i + r < n ? i + r : n - 1) * d;
	for (int c = 0; c < GRAM_COLS; c++)
		b[c] = x + (j + c < n ? j + c : n - 1) * d;
#pragma GCC unroll 16
	for (int l = 0; l < W; l++)
		s[l] = vzero();
	int64_t k = 0;
	for (; k + W <= d; k += W)
		gram_step(s, a, b, k, W);
	if (k < d)
		gram_step(s, a, b, k, d - k);
	return vfold(s);
}
