// Centred kernel alignment over blocks of the Gram matrices, which are never stored.

// Columns [lo, hi) of rows 0, step, 2·step … mod t of x (t, d), n of them, less their mean. The rows are moved by the first one
// before they are averaged: equal rows give exact zeros.
TARGET void FN(f32_centre)(float *y, const float *x, int64_t n, int64_t step, int64_t t, int64_t d, int64_t lo, int64_t hi) {
	enum { STRIPE = 4 };
	for (int64_t j = lo; j < hi; j += STRIPE * W) {
		vf sum[STRIPE], first[STRIPE];
		int64_t left[STRIPE];
		for (int s = 0; s < STRIPE; s++) {
			left[s] = hi - j - s * W > 0 ? hi - j - s * W : 0;
			first[s] = vloadn(x + j + s * W, left[s]);
			sum[s] = vzero();
		}
		for (int64_t i = 0, row = 0; i < n; i++, row = (row + step) % t)
			for (int s = 0; s < STRIPE; s++) {
				vf v = vsub(vloadn(x + row * d + j + s * W, left[s]), first[s]);
				sum[s] = vadd(sum[s], v);
				vstoren(y + i * d + j + s * W, v, left[s]);
			}
		for (int64_t i = 0; i < n; i++)
			for (int s = 0; s < STRIPE; s++) {
				float *p = y + i * d + j + s * W;
				vstoren(p, vfnma(sum[s], vset(1 / (float)n), vloadn(p, left[s])), left[s]);
			}
	}
}

// sums receives the parts that rows [lo, hi) of the symmetric Gram matrices of x and z (n, d), and the columns below
// them, have in Σ(XXᵀ)(ZZᵀ), Σ(XXᵀ)² and Σ(ZZᵀ)². lo is a multiple of the block's width.
TARGET void FN(f32_gram_sums)(double *sums, const float *x, const float *z, int64_t n, int64_t d, int64_t lo, int64_t hi) {
	vf xz = vzero(), xx = vzero(), zz = vzero();
	for (int64_t j = lo; j < n; j += GRAM_COLS)
		for (int64_t i = lo; i < hi && i < j + GRAM_COLS; i += GRAM_ROWS) {
			vf of_x = gram(x, n, d, i, j), of_z = gram(z, n, d, i, j), w = vset(2); // (r, c) and (c, r)
			if (j < i + GRAM_ROWS || j + GRAM_COLS > n || i + GRAM_ROWS > hi) {
				float weight[W];
				for (int l = 0; l < W; l++) {
					int64_t r = i + l / GRAM_COLS, c = j + l % GRAM_COLS;
					weight[l] = r >= hi || c >= n || c < r ? 0 : c > r ? 2 : 1;
				}
				w = vload(weight);
			}
			xz = vfma(w, vmul(of_x, of_z), xz);
			xx = vfma(w, vmul(of_x, of_x), xx);
			zz = vfma(w, vmul(of_z, of_z), zz);
		}
	sums[0] = vsumd(xz);
	sums[1] = vsumd(xx);
	sums[2] = vsumd(zz);
}
