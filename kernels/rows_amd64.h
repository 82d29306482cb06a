// Row-wise bodies: LayerNorm and RMSNorm, instance norm, softmax, rotary embedding, moving
// average. Where mean is NULL the norm is RMSNorm.

// ROW_SUM sets s to Σ f over a row of n, f being a vector expression of the offset i that
// is 0 beyond n.
#define ROW_SUM(s, n, f)                                 \
	do {                                                   \
		vf s_[2] = {vzero(), vzero()};                       \
		for (int64_t i_ = 0; i_ < (n); i_ += 2 * W)          \
			for (int j_ = 0; j_ < 2; j_++) {                   \
				int64_t i = i_ + j_ * W;                         \
				if (i < (n))                                     \
					s_[j_] = vadd(s_[j_], f);                      \
			}                                                  \
		s = vsum(vadd(s_[0], s_[1]));                        \
	} while (0)

INLINE vf square(vf x) { return vmul(x, x); }

// ROWS calls f(…, whole, how): for rows of whole vectors, and for others.
#define ROWS(y, rows, c, add, f, ...)                    \
	do {                                                   \
		if ((c) % W)                                         \
			f(__VA_ARGS__, 0, (add) ? ONTO : OVER);            \
		else if ((add) || !past(y, (rows) * (c)))            \
			f(__VA_ARGS__, 1, (add) ? ONTO : OVER);            \
		else {                                               \
			f(__VA_ARGS__, 1, PAST);                           \
			_mm_sfence();                                      \
		}                                                    \
	} while (0)

// WHOLE(left) is left, or W where rows are known to be whole vectors: nothing is masked then.
#define WHOLE(left) (whole ? W : (left))

INLINE void layernorm_rows(float *y, float *mean, float *rstd, const float *x, const float *gamma, const float *beta,
                           int64_t rows, int64_t c, float eps, int whole, int how) {
	for (int64_t r = 0; r < rows; r++, x += c, y += c) {
		float s, mu = 0;
		if (mean) {
			ROW_SUM(s, c, vget(x + i, WHOLE(c - i), how));
			mean[r] = mu = s / (float)c;
		}
		vf m = vset(mu);
		ROW_SUM(s, c, square(vtail(vsub(vget(x + i, WHOLE(c - i), mean ? OVER : how), m), WHOLE(c - i), vzero())));
		rstd[r] = 1 / __builtin_sqrtf(s / (float)c + eps);
		vf k = vset(rstd[r]);
		ELEMENTS(i, c) {
			vf v = vmul(vsub(vloadn(x + i, WHOLE(c - i)), m), k);
			if (gamma)
				v = vmul(v, vloadn(gamma + i, WHOLE(c - i)));
			if (beta)
				v = vadd(v, vloadn(beta + i, WHOLE(c - i)));
			vput(y + i, v, WHOLE(c - i), how);
		}
	}
}

TARGET void FN(f32_layernorm)(float *y, float *mean, float *rstd, const float *x, const float *gamma, const float *beta,
                       int64_t rows, int64_t c, float eps) {
	ROWS(y, rows, c, 0, layernorm_rows, y, mean, rstd, x, gamma, beta, rows, c, eps);
}

// The sums wait for one another, so it is the second pass over a row that asks for the rows to come.
INLINE void layernorm_grad_rows(float *dx, const float *dy, const float *x, const float *mean, const float *rstd,
                                const float *gamma, int64_t rows, int64_t c, int whole, int how) {
	for (int64_t r = 0; r < rows; r++, x += c, dx += c, dy += c) {
		vf m = vset(mean ? mean[r] : 0), k = vset(rstd[r]), sg = vzero(), sx = vzero();
		ELEMENTS(i, c) {
			vf g = vloadn(dy + i, WHOLE(c - i));
			if (gamma)
				g = vmul(g, vloadn(gamma + i, WHOLE(c - i)));
			sg = vadd(sg, g);
			sx = vfma(g, vmul(vsub(vloadn(x + i, WHOLE(c - i)), m), k), sx);
		}
		vf a = vset(mean ? vsum(sg) / (float)c : 0), b = vset(vsum(sx) / (float)c);
		ELEMENTS(i, c) {
			vf g = vget(dy + i, WHOLE(c - i), how), h = vmul(vsub(vget(x + i, WHOLE(c - i), how), m), k);
			if (gamma)
				g = vmul(g, vloadn(gamma + i, WHOLE(c - i)));
			vput(dx + i, vmul(k, vfnma(h, b, vsub(g, a))), WHOLE(c - i), how);
		}
	}
}

TARGET void FN(f32_layernorm_grad)(float *dx, const float *dy, const float *x, const float *mean, const float *rstd,
                            const float *gamma, int64_t rows, int64_t c, int add) {
	ROWS(dx, rows, c, add, layernorm_grad_rows, dx, dy, x, mean, rstd, gamma, rows, c);
}

// Columns [lo, hi) of dgamma and dbeta, either of which may be NULL.
TARGET void FN(f32_norm_param_grad)(float *dgamma, float *dbeta, const float *dy, const float *x, const float *mean,
                             const float *rstd, int64_t rows, int64_t c, int64_t lo, int64_t hi, int add_gamma, int add_beta) {
	for (; lo < hi; lo += STRIP) {
		float g[STRIP] = {0}, b[STRIP] = {0};
		int64_t width = hi - lo < STRIP ? hi - lo : STRIP;
		for (int64_t r = 0; r < rows; r += 4)
			ELEMENTS(i, width) {
				vf sg = vload(g + i), sb = vload(b + i);
				for (int64_t k = r; k < rows && k < r + 4; k++) {
					vf d = vpassing(dy + k * c + lo + i, c, width - i), v = vpassing(x + k * c + lo + i, c, width - i);
					sb = vadd(sb, d);
					sg = vfma(vmul(d, vset(rstd[k])), mean ? vsub(v, vset(mean[k])) : v, sg);
				}
				vstore(g + i, sg);
				vstore(b + i, sb);
			}
		ELEMENTS(i, width) {
			if (dgamma)
				vput(dgamma + lo + i, vload(g + i), width - i, add_gamma);
			if (dbeta)
				vput(dbeta + lo + i, vload(b + i), width - i, add_beta);
		}
	}
}

// Four vectors of channels at a time, so that the three passes over a sample's steps stay in L1.
TARGET void FN(f32_instancenorm)(float *y, float *mean, float *std, const float *x, int64_t b, int64_t steps, int64_t c, float eps) {
	vf count = vset((float)steps), one = vset(1);
	for (int64_t s = 0; s < b; s++, x += steps * c, y += steps * c, mean += c, std += c)
		for (int64_t j0 = 0; j0 < c; j0 += 4 * W) {
			vf mu[4], k[4], squares[4];
			int64_t j1 = c < j0 + 4 * W ? c : j0 + 4 * W;
#define STRIPS(l, j) for (int64_t l = 0, j = j0; j < j1; l++, j += W)
			STRIPS(l, j) mu[l] = squares[l] = vzero();
			for (int64_t t = 0; t < steps; t++)
				STRIPS(l, j) mu[l] = vadd(mu[l], vloadn(x + t * c + j, j1 - j));
			STRIPS(l, j) mu[l] = vdiv(mu[l], count);
			for (int64_t t = 0; t < steps; t++)
				STRIPS(l, j) {
					vf d = vsub(vloadn(x + t * c + j, j1 - j), mu[l]);
					squares[l] = vfma(d, d, squares[l]);
				}
			STRIPS(l, j) {
				vf sd = vsqrt(vadd(vdiv(squares[l], count), vset(eps)));
				vstoren(mean + j, mu[l], j1 - j);
				vstoren(std + j, sd, j1 - j);
				k[l] = vdiv(one, sd);
			}
			for (int64_t t = 0; t < steps; t++)
				STRIPS(l, j) vstoren(y + t * c + j, vmul(vsub(vloadn(x + t * c + j, j1 - j), mu[l]), k[l]), j1 - j);
#undef STRIPS
		}
}

TARGET void FN(f32_denorm)(float *y, const float *x, const float *mean, const float *std, int64_t b, int64_t steps, int64_t c) {
	for (int64_t s = 0; s < b; s++, mean += c, std += c)
		for (int64_t t = 0; t < steps; t++, x += c, y += c)
			ELEMENTS(j, c)
				vstoren(y + j, vfma(vloadn(x + j, c - j), vloadn(std + j, c - j), vloadn(mean + j, c - j)), c - j);
}

enum { ROW = 4096 }; // the longest row that is kept in L1 on its way past the caches

// largest is the maximum of c neighbours, four vectors at a time: each waits four steps for the one before.
INLINE float largest(const float *x, int64_t c, int whole) {
	const vf lowest = vset(-__builtin_inff());
	vf top[4] = {lowest, lowest, lowest, lowest};
	for (int64_t i0 = 0; i0 < c; i0 += 4 * W)
		for (int j = 0; j < 4; j++) {
			int64_t i = i0 + j * W;
			if (i < c)
				top[j] = vmax(vtail(vloadn(x + i, WHOLE(c - i)), WHOLE(c - i), lowest), top[j]);
		}
	return vtop(vmax(vmax(top[0], top[1]), vmax(top[2], top[3])));
}

// The longest of the three passes over a row is the one that asks for the rows to come.
INLINE void softmax_rows(float *y, const float *x, int64_t rows, int64_t c, int whole, int how) {
	float kept[how == PAST ? ROW : W] __attribute__((aligned(64)));
	for (int64_t r = 0; r < rows; r++, x += c, y += c) {
		float *e = how == PAST ? kept : y;
		vf top = vset(largest(x, c, whole)), sum = vzero();
		ELEMENTS(i, c) {
			vf v = vexpneg(vsub(vget(x + i, WHOLE(c - i), how), top));
			sum = vadd(sum, vtail(v, WHOLE(c - i), vzero()));
			vstoren(e + i, v, WHOLE(c - i));
		}
		vf k = vset(1 / vsum(sum));
		ELEMENTS(i, c) vput(y + i, vmul(vloadn(e + i, WHOLE(c - i)), k), WHOLE(c - i), how);
	}
}

TARGET void FN(f32_softmax)(float *y, const float *x, int64_t rows, int64_t c) {
	ROWS(y, c > ROW ? 0 : rows, c, 0, softmax_rows, y, x, rows, c);
}

INLINE void softmax_grad_rows(float *dx, const float *dy, const float *y, int64_t rows, int64_t c, int whole, int how) {
	for (int64_t r = 0; r < rows; r++, dx += c, dy += c, y += c) {
		vf dot = vset(sum_row(dy, y, c));
		ELEMENTS(i, c)
			vput(dx + i, vmul(vget(y + i, WHOLE(c - i), how), vsub(vget(dy + i, WHOLE(c - i), how), dot)), WHOLE(c - i), how);
	}
}

TARGET void FN(f32_softmax_grad)(float *dx, const float *dy, const float *y, int64_t rows, int64_t c, int add) {
	ROWS(dx, rows, c, add, softmax_grad_rows, dx, dy, y, rows, c);
}

// tokens rows of a heads of width d, the first being number token; sin and cos are (t, d/2).
TARGET void FN(f32_rope)(float *y, const float *x, const float *sin, const float *cos, int64_t token, int64_t tokens, int64_t t,
                  int64_t a, int64_t d, int add) {
	int64_t half = d / 2;
	for (int64_t r = 0; r < tokens; r++) {
		const float *s = sin + (token + r) % t * half, *c = cos + (token + r) % t * half;
		for (int64_t h = 0; h < a; h++, x += d, y += d)
			ELEMENTS(i, half) {
				int64_t n = half - i;
				vf u = vloadn(x + i, n), v = vloadn(x + half + i, n), si = vloadn(s + i, n), co = vloadn(c + i, n);
				vput(y + i, vfnma(v, si, vmul(u, co)), n, add);
				vput(y + half + i, vfma(u, si, vmul(v, co)), n, add);
			}
	}
}

// y[i] = scale·Σ_w x[i + w·stride] for i < n and w < width: a moving sum over a padded sample.
TARGET void FN(f32_moving_sum)(float *y, const float *x, int64_t n, int64_t stride, int64_t width, float scale) {
	ELEMENTS(i, n) {
		vf s = vzero();
		for (int64_t w = 0; w < width; w++)
			s = vadd(s, vloadn(x + i + w * stride, n - i));
		vstoren(y + i, vmul(s, vset(scale)), n - i);
	}
}

// dst[r + c·ld_dst] = (or +=) src[r·ld_src + c] for r < rows, c < cols.
TARGET void FN(f32_transpose)(float *dst, const float *src, int64_t rows, int64_t cols, int64_t ld_dst, int64_t ld_src, int add) {
	for (int64_t c = 0; c < cols; c += W)
		for (int64_t r = 0; r < rows; r += W) {
			vf x[W];
			for (int i = 0; i < W; i++)
				x[i] = r + i < rows ? vloadn(src + (r + i) * ld_src + c, cols - c) : vzero();
			vtranspose(x);
			for (int i = 0; i < W && c + i < cols; i++)
				vput(dst + (c + i) * ld_dst + r, x[i], rows - r, add);
		}
}
