// Distillation of samples whose tokens stay in the caches from the first reading on.

INLINE float unit_scale(float squares) { return 1 / __builtin_sqrtf(squares + 1e-12f); }

// related fills relation and the third and fourth number of each token, whose first two are there, and
// returns Σ relation². The matrices are symmetric: a half is computed.
TARGET static __attribute__((noinline)) float related(float *relation, float *token, const float *x, const float *z, int64_t C, int64_t D) {
	float sum = 0;
	for (int64_t i = 0; i < C; i++)
		token[4 * i + 2] = token[4 * i + 3] = 0;
	for (int64_t i0 = 0; i0 < C; i0 += GRAM_ROWS)
		for (int64_t j0 = i0 / GRAM_COLS * GRAM_COLS; j0 < C; j0 += GRAM_COLS) {
			float of_x[W], of_z[W];
			vstore(of_x, gram(x, C, D, i0, j0));
			vstore(of_z, gram(z, C, D, i0, j0));
			for (int64_t i = i0; i < C && i < i0 + GRAM_ROWS; i++)
				for (int64_t j = j0 < i ? i : j0; j < C && j < j0 + GRAM_COLS; j++) {
					int64_t l = GRAM_COLS * (i - i0) + j - j0;
					float *s = token + 4 * i, *t = token + 4 * j;
					float in_x = of_x[l] * s[0] * t[0], in_z = of_z[l] * s[1] * t[1], d = in_x - in_z;
					relation[i * C + j] = relation[j * C + i] = d;
					s[2] += d * in_x;
					s[3] += d * in_z;
					sum += d * d;
					if (i == j)
						continue;
					t[2] += d * in_x;
					t[3] += d * in_z;
					sum += d * d;
				}
		}
	return sum;
}

INLINE void distill(int kind, const ecalf_distill *p, int64_t b) {
	const int64_t C = p->C, D = p->D;
	const float *x = p->x + b * C * D, *z = p->z + b * C * D;
	float *mean_x = p->mean_x + b * D, *mean_z = p->mean_z + b * D, *token = p->token ? p->token + 4 * b * C : 0;
	double local = 0;
	for (int64_t i = 0; i < C; i++) {
		vf xx = vzero(), zz = vzero(), s = vzero();
		ELEMENTS(k, D) {
			int64_t n = D - k;
			vf u = vloadn(x + i * D + k, n), v = vloadn(z + i * D + k, n);
			xx = vfma(u, u, xx);
			zz = vfma(v, v, zz);
			s = vadd(s, vloss(kind, vsub(u, v)));
			vput(mean_x + k, u, n, i > 0);
			vput(mean_z + k, v, n, i > 0);
		}
		local += vsumd(s);
		if (token) {
			token[4 * i] = unit_scale(vsum(xx));
			token[4 * i + 1] = unit_scale(vsum(zz));
		}
	}
	vf inv = vset(1 / (float)C), xx = vzero(), zz = vzero(), xz = vzero();
	ELEMENTS(k, D) {
		int64_t n = D - k;
		vf u = vmul(inv, vloadn(mean_x + k, n)), v = vmul(inv, vloadn(mean_z + k, n));
		xx = vfma(u, u, xx);
		zz = vfma(v, v, zz);
		xz = vfma(u, v, xz);
		vstoren(mean_x + k, u, n);
		vstoren(mean_z + k, v, n);
	}
	float *part = p->parts + 3 * b;
	part[0] = (float)local;
	part[1] = p->relation ? related(p->relation + b * C * C, token, x, z, C, D) : 0;
	part[2] = vsum(xz) * unit_scale(vsum(xx)) * unit_scale(vsum(zz));
}

// EACH_LOSS(kind, f) calls f with kind as a constant.
#define EACH_LOSS(kind, f)        \
	switch (kind) {                 \
	case MSE: f(MSE); break;        \
	case L1: f(L1); break;          \
	default: f(SMOOTH_L1); break;   \
	}

TARGET void FN(f32_distill)(ecalf_distill p, int64_t lo, int64_t hi) {
	for (int64_t b = lo; b < hi; b++) {
#define DISTILL(kind) distill(kind, &p, b)
		EACH_LOSS(p.kind, DISTILL)
	}
}

// A block of the relation's gradient: as many sums as the registers hold.
enum { SIDE_ROWS = W / 2, SIDE_COLS = 2 };

// distill_side adds to (or writes) dx, the gradient of sample b of x, the branch number side; z is the other one.
INLINE void distill_side(int kind, const ecalf_distill *p, int64_t b, int side, float *dx, int add, const float *dmean,
                         const float *mean_x, const float *mean_z, const float *x, const float *z) {
	const int64_t C = p->C, D = p->D;
	const float *relation = p->relation ? p->relation + b * C * C : 0, *token = p->token + 4 * b * C;
	float *every = p->scratch, *factor = p->scratch + D; // what each token receives (D), the block's factors (C, SIDE_ROWS)
	x += b * C * D, z += b * C * D, dx += b * C * D, mean_x += b * D, mean_z += b * D;
	float rx = unit_scale(sum_row(mean_x, mean_x, D)), rz = unit_scale(sum_row(mean_z, mean_z, D));
	float cosine = sum_row(mean_x, mean_z, D) * rx * rz, inv = 1 / (float)C;
	vf to_z = vset(inv * p->cosine * rx * rz), to_x = vset(inv * p->cosine * rx * cosine * rx), local = vset(p->local);
	ELEMENTS(k, D) {
		vf g = vfnma(to_x, vloadn(mean_x + k, D - k), vmul(to_z, vloadn(mean_z + k, D - k)));
		vstoren(every + k, dmean ? vfma(vset(inv), vloadn(dmean + b * D + k, D - k), g) : g, D - k);
	}
	for (int64_t i0 = 0; i0 < C; i0 += SIDE_ROWS) {
		int rows = C - i0 < SIDE_ROWS ? (int)(C - i0) : SIDE_ROWS;
		if (relation)
			for (int64_t j = 0; j < C; j++)
				for (int r = 0; r < SIDE_ROWS; r++) {
					int64_t i = i0 + r < C ? i0 + r : C - 1;
					float ri = token[4 * i + side], f = relation[i * C + j] * token[4 * j + side];
					if (i == j)
						f -= ri * token[4 * i + 2 + side];
					factor[j * SIDE_ROWS + r] = (side ? -ri : ri) * p->relate * f;
				}
		for (int64_t k = 0; k < D; k += SIDE_COLS * W) {
			vf s[SIDE_ROWS][SIDE_COLS];
			int64_t left[SIDE_COLS] = {D - k, D - k - W > 0 ? D - k - W : 0};
#pragma GCC unroll 8
			for (int r = 0; r < SIDE_ROWS; r++)
				s[r][0] = s[r][1] = vzero();
			if (relation)
				for (int64_t j = 0; j < C; j++) {
					vf u = vloadn(x + j * D + k, left[0]), v = vloadn(x + j * D + k + W, left[1]);
#pragma GCC unroll 8
					for (int r = 0; r < SIDE_ROWS; r++) {
						vf f = vset(factor[j * SIDE_ROWS + r]);
						s[r][0] = vfma(f, u, s[r][0]);
						s[r][1] = vfma(f, v, s[r][1]);
					}
				}
			float sums[SIDE_ROWS][SIDE_COLS * W];
#pragma GCC unroll 8
			for (int r = 0; r < SIDE_ROWS; r++) {
				vstore(sums[r], s[r][0]);
				vstore(sums[r] + W, s[r][1]);
			}
			for (int r = 0; r < rows; r++)
				for (int64_t h = 0; h < SIDE_COLS * W && k + h < D; h += W) {
					int64_t e = (i0 + r) * D + k + h, n = D - k - h;
					vf slope = vloss_slope(kind, vsub(vloadn(x + e, n), vloadn(z + e, n)));
					vput(dx + e, vfma(local, slope, vadd(vload(sums[r] + h), vloadn(every + k + h, n))), n, add);
				}
		}
	}
}

TARGET void FN(f32_distill_grad)(ecalf_distill p, int64_t lo, int64_t hi) {
	for (int64_t b = lo; b < hi; b++) {
#define SIDE_X(kind) distill_side(kind, &p, b, 0, p.dx, p.add_x, p.dmean_x, p.mean_x, p.mean_z, p.x, p.z)
		if (p.dx)
			EACH_LOSS(p.kind, SIDE_X)
#define SIDE_Z(kind) distill_side(kind, &p, b, 1, p.dz, p.add_z, p.dmean_z, p.mean_z, p.mean_x, p.z, p.x)
		if (p.dz)
			EACH_LOSS(p.kind, SIDE_Z)
	}
}
