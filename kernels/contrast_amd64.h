// Contrast: unit vectors, log-sum-exp along rows and columns, and its slope.

TARGET void FN(f32_unit)(float *y, float *scale, const float *x, int64_t rows, int64_t d) {
	for (int64_t r = 0; r < rows; r++, x += d, y += d) {
		scale[r] = unit_scale(sum_row(x, x, d));
		ELEMENTS(i, d) vstoren(y + i, vmul(vset(scale[r]), vloadn(x + i, d - i)), d - i);
	}
}

TARGET void FN(f32_unit_grad)(float *dx, const float *dy, const float *y, const float *scale, int64_t rows, int64_t d, int add) {
	for (int64_t r = 0; r < rows; r++, dx += d, dy += d, y += d) {
		vf along = vset(sum_row(y, dy, d)), s = vset(scale[r]);
		ELEMENTS(i, d) vput(dx + i, vmul(s, vfnma(vloadn(y + i, d - i), along, vloadn(dy + i, d - i))), d - i, add);
	}
}

TARGET void FN(f32_log_sum_exp)(float *y, const float *s, int64_t rows, int64_t c) {
	for (int64_t r = 0; r < rows; r++, s += c) {
		vf top = vset(largest(s, c, 0)), sum = vzero();
		ELEMENTS(i, c) sum = vadd(sum, vtail(vexp(vsub(vloadn(s + i, c - i), top)), c - i, vzero()));
		vstoren(y + r, vadd(top, vlog(vset(vsum(sum)))), 1);
	}
}

// Columns [lo, hi) of s (b, b).
TARGET void FN(f32_log_sum_exp_columns)(float *y, const float *s, int64_t b, int64_t lo, int64_t hi) {
	for (int64_t j = lo; j < hi; j += W) {
		vf top = vset(-__builtin_inff()), sum = vzero();
		for (int64_t i = 0; i < b; i++)
			top = vmax(vloadn(s + i * b + j, hi - j), top);
		for (int64_t i = 0; i < b; i++)
			sum = vadd(sum, vexp(vsub(vloadn(s + i * b + j, hi - j), top)));
		vstoren(y + j, vadd(top, vlog(sum)), hi - j);
	}
}

// Rows [lo, hi) of s (b, b) become factor·(exp(s − rows) + exp(s − cols) − 2 on the diagonal); parts[i] is row i's
// sum of their products with s.
TARGET void FN(f32_contrast_slope)(float *s, float *parts, const float *rows, const float *cols, int64_t b, float factor,
                            int64_t lo, int64_t hi) {
	for (int64_t i = lo; i < hi; i++) {
		float *row = s + i * b, own = row[i];
		vf sum = vzero(), f = vset(factor), r = vset(rows[i]);
		ELEMENTS(j, b) {
			vf v = vloadn(row + j, b - j);
			vf g = vmul(f, vadd(vexp(vsub(v, r)), vexp(vsub(v, vloadn(cols + j, b - j)))));
			sum = vadd(sum, vtail(vmul(g, v), b - j, vzero()));
			vstoren(row + j, g, b - j);
		}
		row[i] -= 2 * factor;
		parts[i] = vsum(sum) - 2 * factor * own;
	}
}
