// Dynamic attention bodies. Tokens are the lanes: a strip holds one column for each of NR tokens, so that scores come out
// with prototypes as rows, the softmax needs no sum across lanes, and its result is the next product's factor as it is.
// Prototypes are packed once for a head, in panels whose height wastes least, with the codebook as further columns of the
// keys: a score is one dot product of length D + R, of [τ/√D·q ; u] and [k ; codebook]. The products are those of
// dynamicattention_f32_amd64.h or of dynamicattention_amx_amd64.h.

enum { TOKENS = 64 }; // of a block: dynamicBlock

#define LN8 2.0794415416798357f // MaxLogTemperature

// columns makes a strip of n ≤ NR rows of src: element (i, t) is src[t·ld + i], 0 beyond n.
INLINE void columns(float *strip, const float *src, int64_t ld, int64_t rows, int64_t n) {
	pack(strip, NR, src, ld, rows, (int)n, 1, 0);
}

// lines is the way back: dst[t·ld + i] = or += element (i, t), for n columns. The strip's memory reaches to whole vectors of
// rows.
INLINE void lines(float *dst, int64_t ld, const float *strip, int64_t rows, int64_t n, int add) {
	for (int64_t t = 0; t < n; t += W)
		for (int64_t i = 0; i < rows; i += W) {
			vf x[W];
			for (int r = 0; r < W; r++)
				x[r] = vload(strip + (i + r) * NR + t);
			vtranspose(x);
			for (int r = 0; r < W && t + r < n; r++)
				vput(dst + (t + r) * ld + i, x[r], rows - i, add);
		}
}

// dynamic is what one head needs, in scratch; arrays of strips hold one for each NR tokens of a block.
typedef struct {
	int64_t wide, tall;              // D + R; rows of a strip of scores: P to whole panels and vectors
	int64_t size, size_wide;         // floats of a strip of scores, and of one of D + R rows
	int high_p, high_d, high_w;      // heights of the panels over P, D and D + R rows
	float *keys, *keys_w;            // [k ; codebook]: left factors of P rows, and of D + R rows
	float *values, *values_d;        // v: left factors of P rows, and of D rows
	float *joint;                    // [k ; codebook] (P, D + R)
	float *x, *g;                    // strips of [τ/√D·q ; u] and of do
	float *s, *ds;                   // strips of scores
	float *out;                      // a strip of results
	float *b;                        // a right factor
	float *left_x, *left_g;          // left factors of D + R and D rows: x and g over TOKENS
	float *turned, *turned_ds;       // right factors: NR prototypes over TOKENS
	float tau[TOKENS], lse[TOKENS], delta[TOKENS], read[TOKENS], logit[TOKENS]; // of the block's tokens
} dynamic;

// carve lays out the scratch and returns its end.
INLINE float *carve_dynamic(dynamic *h, const ecalf_dynamic *p) {
	const int64_t strips = TOKENS / NR, wide = p->D + p->R;
	float *at = p->scratch;
#define TAKE(field, n) h->field = at, at += up(n, W) + 2 * W
	h->wide = wide;
	h->tall = up(p->P, NR) + HIGHEST;
	h->high_p = height(p->P), h->high_d = height(p->D), h->high_w = height(wide);
	h->size = h->tall * NR, h->size_wide = (up(wide, W) + W + HIGHEST) * NR;
	TAKE(keys, LEFT(p->P, wide));
	TAKE(keys_w, LEFT(wide, p->P));
	TAKE(values, LEFT(p->P, p->D));
	TAKE(values_d, LEFT(p->D, p->P));
	TAKE(joint, wide * p->P);
	TAKE(x, strips * h->size_wide);
	TAKE(g, strips * h->size_wide);
	TAKE(s, strips * h->size);
	TAKE(ds, strips * h->size);
	TAKE(out, h->size_wide);
	TAKE(b, RIGHT(p->P > wide ? p->P : wide));
	TAKE(left_x, LEFT(wide, TOKENS));
	TAKE(left_g, LEFT(p->D, TOKENS));
	TAKE(turned, TURNED(TOKENS));
	TAKE(turned_ds, TURNED(TOKENS));
#undef TAKE
	return at;
}

// The floats of scratch that a call needs, and those of a run's sums.
TARGET int64_t FN(dynamic_attention_scratch)(ecalf_dynamic p) {
	dynamic h;
	return carve_dynamic(&h, &p) - p.scratch;
}

// pack_head packs the prototypes of head a, for the backward pass if back is set.
TARGET static void pack_head(const ecalf_dynamic *p, dynamic *h, int64_t a, int back) {
	const int64_t ld = p->A * p->D, wide = h->wide;
	const float *k = p->k + a * p->D, *v = p->v + a * p->D, *book = p->codebook + a * p->P * p->R;
	for (int64_t j = 0; j < p->P; j++) {
		ELEMENTS(d, p->D) vstoren(h->joint + j * wide + d, vloadn(k + j * ld + d, p->D - d), p->D - d);
		ELEMENTS(r, p->R) vstoren(h->joint + j * wide + p->D + r, vloadn(book + j * p->R + r, p->R - r), p->R - r);
	}
	left(h->keys, h->high_p, h->joint, wide, wide, p->P, 0);
	if (back) {
		left(h->values, h->high_p, v, ld, p->D, p->P, 0);
		left(h->keys_w, h->high_w, h->joint, wide, p->P, wide, 1);
	} else
		left(h->values_d, h->high_d, v, ld, p->P, p->D, 1);
}

// load_tokens makes strip number b of x for the n tokens from t on of head a, sets their τ/√D and, where there is a gate,
// q·wq + γ in logit.
INLINE void load_tokens(const ecalf_dynamic *p, dynamic *h, int64_t a, int64_t t, int64_t n, int64_t b) {
	const int64_t at = t * p->A + a;
	float *x = h->x + b * h->size_wide, *tau = h->tau + b * NR, *logit = h->logit + b * NR;
	for (int64_t i = 0; i < NR; i++) {
		tau[i] = p->temperature && i < n ? p->temperature[at + i * p->A] : 0;
		logit[i] = p->gate && i < n ? p->gate[at + i * p->A] : 0;
	}
	columns(x, p->q + at * p->D, p->A * p->D, p->D, n);
	columns(x + p->D * NR, p->code + at * p->R, p->A * p->R, p->R, n);
	for (int j = 0; j < NR; j += W) {
		vf z = vload(logit + j), k;
		k = vexp(vmin(vset(LN8), vmax(vset(-LN8), vload(tau + j)))); // NaN passes as second operand
		k = vmul(k, vset(p->scale));
		for (int64_t d = 0; d < p->D; d++) {
			vf q = vload(x + d * NR + j);
			if (p->gate)
				z = vfma(q, vset(p->gate_query[a * p->D + d]), z);
			vstore(x + d * NR + j, vmul(q, k));
		}
		vstore(tau + j, k);
		vstore(logit + j, z);
	}
}

// tokens_ahead are the rows of what the strip of tokens after the one of head a at t reads and writes.
INLINE upcoming tokens_ahead(const ecalf_dynamic *p, int64_t a, int64_t t) {
	upcoming u = {.D = p->D};
	t += NR;
	if (t >= p->T)
		t = 0, a++;
	if (a == p->A)
		return u;
	const int64_t ld = p->A * p->D, at = t * ld + a * p->D, n = p->T - t < NR ? p->T - t : NR;
	expect(&u, p->q, at, ld, n);
	expect(&u, p->own, at, ld, n);
	expect(&u, p->o, at, ld, n);
	expect(&u, p->y, at, ld, n);
	expect(&u, p->o_in, at, ld, n);
	expect(&u, p->dy, at, ld, n);
	expect(&u, p->d_own, at, ld, n);
	expect(&u, p->dq, at, ld, n);
	return u;
}

// softmax_strip turns scores into e^(s − max) and gives their log-sum-exp and 1/Σ.
INLINE void softmax_strip(float *s, int64_t rows, float *lse, float *part) {
	for (int j = 0; j < NR; j += W, s += W) {
		vf top[4], sum[2] = {vzero(), vzero()};
		for (int i = 0; i < 4; i++)
			top[i] = vset(-__builtin_inff());
		int64_t r = 0;
		for (; r + 4 <= rows; r += 4)
			for (int i = 0; i < 4; i++)
				top[i] = vmax(vload(s + (r + i) * NR), top[i]);
		for (; r < rows; r++)
			top[0] = vmax(vload(s + r * NR), top[0]);
		vf m = vmax(vmax(top[0], top[1]), vmax(top[2], top[3]));
		for (r = 0; r + 2 <= rows; r += 2)
			for (int i = 0; i < 2; i++) {
				vf e = vexpneg(vsub(vload(s + (r + i) * NR), m));
				vstore(s + (r + i) * NR, e);
				sum[i] = vadd(sum[i], e);
			}
		if (r < rows) {
			vf e = vexpneg(vsub(vload(s + r * NR), m));
			vstore(s + r * NR, e);
			sum[0] = vadd(sum[0], e);
		}
		sum[0] = vadd(sum[0], sum[1]);
		vstore(lse + j, vadd(m, vlog(sum[0])));
		vstore(part + j, vdiv(vset(1), sum[0]));
	}
}

// Blocks [lo, hi) of tokens, numbered head·(blocks of T) + block.
TARGET void FN(dynamic_attention)(ecalf_dynamic p, int64_t lo, int64_t hi) {
	const int64_t blocks = (p.T + TOKENS - 1) / TOKENS, ld = p.A * p.D;
	int64_t packed = -1;
	dynamic h;
	carve_dynamic(&h, &p);
	begin_products();
	for (; lo < hi; lo++) {
		int64_t a = lo / blocks, t0 = lo % blocks * TOKENS, t1 = t0 + TOKENS < p.T ? t0 + TOKENS : p.T;
		if (packed != a)
			pack_head(&p, &h, a, 0);
		packed = a;
		for (int64_t t = t0; t < t1; t += NR) {
			int64_t n = t1 - t < NR ? t1 - t : NR, at = t * p.A + a;
			load_tokens(&p, &h, a, t, n, 0);
			upcoming next = tokens_ahead(&p, a, t);
			sweep(h.s, h.keys, right(h.b, h.x, h.wide), p.P, h.wide, 0, h.high_p, &next);
			softmax_strip(h.s, p.P, h.lse, h.delta);
			sweep(h.out, h.values_d, right(h.b, h.s, p.P), p.D, p.P, 0, h.high_d, &next);
			for (int64_t i = 0; i < p.D * NR; i += NR)
				for (int j = 0; j < NR; j += W)
					vstore(h.out + i + j, vmul(vload(h.out + i + j), vload(h.delta + j)));
			lines(p.o + at * p.D, ld, h.out, p.D, n, 0);
			for (int64_t i = 0; i < n; i++)
				p.lse[at + i * p.A] = h.lse[i];
			if (!p.gate)
				continue;
			for (int j = 0; j < NR; j += W)
				vstore(h.logit + j, vsigmoid(vload(h.logit + j)));
			for (int64_t i = 0; i < n; i++) {
				int64_t e = at + i * p.A;
				float degree = h.logit[i], rest = 1 - degree;
				vf own = vset(rest), read = vset(1 - rest * (1 - p.carry[a]));
				p.align[e] = degree;
				ELEMENTS(d, p.D)
					vstoren(p.y + e * p.D + d, vfma(own, vloadn(p.own + e * p.D + d, p.D - d),
					        vmul(read, vloadn(p.o + e * p.D + d, p.D - d))), p.D - d);
			}
		}
	}
	end_products();
}
