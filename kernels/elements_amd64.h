// Element-wise bodies: functions of one and two arrays, sums, dropout, losses, Adam.

// vget reads n floats; where results go past the caches, it also asks for those that a loop
// comes to in AHEAD floats, since functions of many steps leave the memory idle otherwise.
enum { AHEAD = 1024 };
INLINE vf vget(const float *x, int64_t n, int how) {
	if (how == PAST)
		__builtin_prefetch(x + AHEAD);
	return vloadn(x, n);
}

// A result of that many floats, one thread's span, is gone from the caches before the next
// operation reads it: it is written past them, which saves reading what it overwrites.
enum { LARGE = 1 << 21 };

INLINE int past(const float *y, int64_t n) { return n >= LARGE && (uintptr_t)y % (4 * W) == 0; }

// EACH does f(i, left, how) for the vectors of an array of n that go to y, left being W for
// all but the last one: nothing is masked in the loop.
#define EACH(y, n, add, f)                    \
	do {                                        \
		int64_t i = 0;                            \
		if (!(add) && past(y, n)) {               \
			for (; i + W <= (n); i += W)            \
				f(i, W, PAST);                        \
			_mm_sfence();                           \
		}                                         \
		for (; i + W <= (n); i += W)              \
			f(i, W, (add) ? ONTO : OVER);           \
		if (i < (n))                              \
			f(i, (n) - i, (add) ? ONTO : OVER);     \
	} while (0)

INLINE void unary_span(int op, float *y, const float *x, int64_t n) {
#define VALUE(i, left, how) vput(y + i, vunary(op, vget(x + i, left, how)), left, how)
	EACH(y, n, 0, VALUE);
}

TARGET void FN(f32_unary)(int op, float *y, const float *x, int64_t n) {
#define UNARY(op) unary_span(op, y, x, n)
	EACH_UNARY(op, UNARY)
}

INLINE void unary_grad_span(int op, float *dx, const float *dy, const float *x, int64_t n, int add) {
#define SLOPE(i, left, how) \
	vput(dx + i, vmul(vget(dy + i, left, how), vslope(op, vget(x + i, left, how))), left, how)
	EACH(dx, n, add, SLOPE);
}

TARGET void FN(f32_unary_grad)(int op, float *dx, const float *dy, const float *x, int64_t n, int add) {
#define UNARY_GRAD(op) unary_grad_span(op, dx, dy, x, n, add)
	EACH_UNARY(op, UNARY_GRAD)
}

TARGET void FN(f32_affine)(float *y, const float *x, float alpha, float beta, int64_t n, int add) {
	vf a = vset(alpha), b = vset(beta);
#define AFFINE(i, left, how) vput(y + i, vfma(a, vget(x + i, left, how), b), left, how)
	EACH(y, n, add, AFFINE);
}

enum { ADD, SUB, MUL, DIV };

INLINE vf vbinary(int op, vf x, vf y) {
	switch (op) {
	case ADD: return vadd(x, y);
	case SUB: return vsub(x, y);
	case MUL: return vmul(x, y);
	}
	return vdiv(x, y);
}

// Rows [lo, hi) of the outer·mid rows of n; y moves by s0, s1, s2 along the three axes.
INLINE void binary_rows(int op, float *z, const float *x, const float *y, int64_t mid, int64_t n, int64_t s0, int64_t s1,
                        int64_t s2, int64_t lo, int64_t hi, int add) {
	for (int64_t r = lo; r < hi; r++) {
		const float *q = y + r / mid * s0 + r % mid * s1;
		ELEMENTS(i, n) {
			vf v;
			if (s2 == 1)
				v = vloadn(q + i, n - i);
			else if (s2 == 0)
				v = vset(*q);
			else {
				float t[W] = {0};
				for (int64_t l = 0; l < W && i + l < n; l++)
					t[l] = q[(i + l) * s2];
				v = vload(t);
			}
			vput(z + r * n + i, vbinary(op, vloadn(x + r * n + i, n - i), v), n - i, add);
		}
	}
}

TARGET void FN(f32_binary)(int op, float *z, const float *x, const float *y, int64_t mid, int64_t n, int64_t s0, int64_t s1,
                    int64_t s2, int64_t lo, int64_t hi, int add) {
	switch (op) {
	case ADD: binary_rows(ADD, z, x, y, mid, n, s0, s1, s2, lo, hi, add); break;
	case SUB: binary_rows(SUB, z, x, y, mid, n, s0, s1, s2, lo, hi, add); break;
	case MUL: binary_rows(MUL, z, x, y, mid, n, s0, s1, s2, lo, hi, add); break;
	case DIV: binary_rows(DIV, z, x, y, mid, n, s0, s1, s2, lo, hi, add); break;
	}
}

enum { STRIP = 512 }; // columns whose sums are kept in L1 while rows stream past, four at a time

// vpassing is vloadn from one of the rows that stream past, ld apart: it asks for the same place four rows on, since the
// processor does not foresee what lies that far apart.
INLINE vf vpassing(const float *x, int64_t ld, int64_t n) {
	__builtin_prefetch(x + 4 * ld);
	return vloadn(x, n);
}

// sum_columns gives the sums of n neighbouring columns over rows ld apart.
INLINE void sum_columns(float *y, const float *a, const float *b, int64_t rows, int64_t ld, int64_t n, float scale, int add) {
	for (; n > 0; n -= STRIP, y += STRIP, a += STRIP, b += b ? STRIP : 0) {
		float sums[STRIP] = {0};
		int64_t width = n < STRIP ? n : STRIP;
		for (int64_t m = 0; m < rows; m += 4)
			ELEMENTS(i, width) {
				vf s = vload(sums + i);
				for (int64_t k = m; k < rows && k < m + 4; k++) {
					vf x = vpassing(a + k * ld + i, ld, width - i);
					s = b ? vfma(x, vpassing(b + k * ld + i, ld, width - i), s) : vadd(s, x);
				}
				vstore(sums + i, s);
			}
		ELEMENTS(i, width) vput(y + i, vmul(vset(scale), vload(sums + i)), width - i, add);
	}
}

// Sums [lo, hi) of the outer·inner sums over mid.
TARGET void FN(f32_sum)(float *y, const float *a, const float *b, int64_t mid, int64_t inner, int64_t lo, int64_t hi, float scale, int add) {
	while (lo < hi) {
		int64_t column = lo % inner, n = inner - column < hi - lo ? inner - column : hi - lo;
		int64_t at = lo / inner * mid * inner + column;
		if (inner == 1)
			y[lo] = scale * sum_row(a + at, b ? b + at : 0, mid) + (add ? y[lo] : 0);
		else
			sum_columns(y + lo, a + at, b ? b + at : 0, mid, inner, n, scale, add);
		lo += n;
	}
}

// first is a multiple of 4·W, so that the counters of a vector differ in their lower word only.
TARGET SCHEDULED
void FN(f32_dropout)(float *y, const float *x, uint64_t first, uint32_t limit, float scale, uint64_t seed, uint32_t step,
                     uint32_t op, int64_t n, int add) {
	enum { WORDS = 2 * RUNS }; // vectors of them
	vf factor = vset(scale);
	vi bound = viset((int)limit), word[WORDS];
	philox_stream stream;
	philox_open(&stream, seed, step, op, first / 4);
	int64_t i = 0;
#define KEEP(e, j, left, how) vput(y + (e), vmul(vget(x + (e), left, how), vikeep(word[j], bound, factor)), left, how)
#define FULL(how)                                                   \
	for (; i + WORDS * W <= n; i += WORDS * W) {                      \
		philox(word, RUNS, (first + (uint64_t)i) / 4, &stream);         \
		_Pragma("GCC unroll 8") for (int j = 0; j < WORDS; j++)         \
			KEEP(i + j * W, j, W, how);                                   \
	}
	if (!add && past(y, n)) {
		FULL(PAST)
		_mm_sfence();
	}
	FULL(add ? ONTO : OVER)
	if (i < n)
		philox(word, RUNS, (first + (uint64_t)i) / 4, &stream);
	for (int j = 0; i < n; i += W, j++)
		KEEP(i, j, n - i, add ? ONTO : OVER);
}

enum { MSE, L1, SMOOTH_L1 };

INLINE vf vloss(int kind, vf d) {
	vf a = vabs(d);
	switch (kind) {
	case MSE: return vmul(d, d);
	case L1: return a;
	}
	return vselect(vlt(a, vset(1)), vmul(vmul(d, d), vset(0.5f)), vsub(a, vset(0.5f)));
}

INLINE double loss_of(int kind, const float *x, const float *y, int64_t n) {
	vf s = vzero();
	ELEMENTS(i, n) s = vadd(s, vloss(kind, vsub(vloadn(x + i, n - i), vloadn(y + i, n - i))));
	return vsumd(s);
}

TARGET double FN(f32_loss)(int kind, const float *x, const float *y, int64_t n) {
	switch (kind) {
	case MSE: return loss_of(MSE, x, y, n);
	case L1: return loss_of(L1, x, y, n);
	}
	return loss_of(SMOOTH_L1, x, y, n);
}

// vloss_slope is the derivative of vloss.
INLINE vf vloss_slope(int kind, vf d) {
	vf sign = vstep(d, vset(-1));
	switch (kind) {
	case MSE: return vadd(d, d);
	case L1: return sign;
	}
	return vselect(vlt(vabs(d), vset(1)), d, sign);
}

TARGET void FN(f32_loss_grad)(int kind, float *d, const float *x, const float *y, float factor, int64_t n, int add) {
	vf f = vset(factor);
	ELEMENTS(i, n) {
		vf slope = vloss_slope(kind, vsub(vloadn(x + i, n - i), vloadn(y + i, n - i)));
		vput(d + i, vmul(f, slope), n - i, add);
	}
}

TARGET double FN(f32_sum_squares)(const float *x, int64_t n) {
	vf s = vzero();
	ELEMENTS(i, n) {
		vf v = vloadn(x + i, n - i);
		s = vfma(v, v, s);
	}
	return vsumd(s);
}

TARGET void FN(f32_adam)(float *p, float *m, float *v, const float *g, ecalf_adam a, int64_t n) {
	ELEMENTS(i, n) {
		vf x = vloadn(p + i, n - i);
		vf d = vfma(vset(a.grad_scale), vloadn(g + i, n - i), vmul(vset(a.decay), x));
		vf mi = vfma(vset(a.beta1), vloadn(m + i, n - i), vmul(vset(a.rest1), d));
		vf vi_ = vfma(vset(a.beta2), vloadn(v + i, n - i), vmul(vmul(vset(a.rest2), d), d));
		vstoren(m + i, mi, n - i);
		vstoren(v + i, vi_, n - i);
		vf down = vfma(vset(a.root), vsqrt(vi_), vset(a.eps));
		vstoren(p + i, vfma(vset(a.shrink), x, vdiv(vmul(vset(-a.rate), mi), down)), n - i);
	}
}
