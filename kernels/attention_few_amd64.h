// Attention over few tokens, as channels are: at most FEW queries and keys. The lanes of a vector
// are queries, so that the softmax needs no sum or maximum within vectors. The rows of a head, which
// lie a token apart and so compete for the same lines of L1, are gathered first; D is their length
// in whole vectors, a constant for heads of 32 and 64.

enum { FEW = 32, BLEND = W / 4 };

// gathered copies n rows of d ≤ D floats to at, with 0 behind them, and returns where they are.
INLINE const float *gathered(float **at, const float *x, int64_t ld, int64_t n, int64_t d, int64_t D) {
	float *to = *at;
	for (int64_t i = 0; i < n; i++)
		for (int64_t e = 0; e < D; e += W)
			vstore(to + i * D + e, vloadn(x + i * ld + e, d - e));
	*at += n * D;
	return to;
}

// dots is Σ_d x[d]·y[i·D + d] in lane i < n, 0 in the others.
INLINE vf dots(const float *x, const float *y, int64_t D, int64_t n) {
	vf sum[W];
#pragma GCC unroll 16
	for (int i = 0; i < W; i++) {
		sum[i] = vzero();
		if (i < n)
			for (int64_t d = 0; d < D; d += W)
				sum[i] = vfma(vload(x + d), vload(y + i * D + d), sum[i]);
	}
	return vfold(sum);
}

// blend_rows is y[r·ldy + d] = (or +=) Σ_i w[r·next + i·ldw]·x[i·D + d] for r < R, i < n, d < width.
INLINE void blend_rows(float *y, int64_t ldy, const float *w, int64_t next, int64_t ldw, const float *x, int64_t n, int64_t D,
                       int64_t width, int add, int R) {
	for (int64_t d = 0; d < D; d += 4 * W) {
		vf s[BLEND][4];
#pragma GCC unroll 4
		for (int r = 0; r < BLEND; r++)
#pragma GCC unroll 4
			for (int j = 0; j < 4; j++)
				s[r][j] = vzero();
		for (int64_t i = 0; i < n; i++)
#pragma GCC unroll 4
			for (int j = 0; j < 4; j++)
				if (d + j * W < D)
#pragma GCC unroll 4
					for (int r = 0; r < R; r++)
						s[r][j] = vfma(vset(w[r * next + i * ldw]), vload(x + i * D + d + j * W), s[r][j]);
#pragma GCC unroll 4
		for (int r = 0; r < R; r++)
#pragma GCC unroll 4
			for (int j = 0; j < 4; j++)
				if (d + j * W < D)
					vput(y + r * ldy + d + j * W, s[r][j], width - d - j * W, add);
	}
}

// blend is blend_rows for up to BLEND rows.
INLINE void blend(float *y, int64_t ldy, const float *w, int64_t next, int64_t ldw, const float *x, int64_t n, int64_t D,
                  int64_t width, int add, int64_t rows) {
	if (rows >= BLEND)
		blend_rows(y, ldy, w, next, ldw, x, n, D, width, add, BLEND);
	else if (rows == BLEND - 1)
		blend_rows(y, ldy, w, next, ldw, x, n, D, width, add, BLEND - 1);
	else if (rows == BLEND - 2)
		blend_rows(y, ldy, w, next, ldw, x, n, D, width, add, BLEND - 2);
	else
		blend_rows(y, ldy, w, next, ldw, x, n, D, width, add, 1);
}

// The tables, (Tk, FEW) each: probabilities, gradients, dropout's factors; then the random words.
enum { FEW_TABLES = 4 * FEW * FEW + 16 * W };

// few_factors fills factors with dropout's factors of the pair whose first query is id.
INLINE void few_factors(const ecalf_attention *p, float *factors, int64_t id) {
	const uint32_t *word = draw((uint32_t *)(factors + FEW * FEW), p, (uint64_t)(id * p->Tk), p->Tq * p->Tk);
	for (int64_t i = 0; i < p->Tq; i += W)
		for (int64_t j = 0; j < p->Tk; j += W) {
			vf m[W];
			for (int l = 0; l < W; l++)
				m[l] = i + l < p->Tq ? kept(p, word + (i + l) * p->Tk + j, p->Tk - j) : vzero();
			vtranspose(m);
			for (int l = 0; l < W && j + l < p->Tk; l++)
				vstore(factors + (j + l) * FEW + i, m[l]);
		}
}

// first_of is the first query that sees key j.
INLINE int64_t first_of(const ecalf_attention *p, int64_t j) {
	int64_t i = p->causal ? j + p->Tq - p->Tk : 0;
	return i > 0 ? i : 0;
}

// few_keys is the number of keys that some of the queries [i, i+n) see, up to a whole blend.
INLINE int64_t few_keys(const ecalf_attention *p, int64_t i, int64_t n) {
	int64_t keys = up(keys_of(p, (i + n < p->Tq ? i + n : p->Tq) - 1), BLEND);
	return keys < p->Tk ? keys : p->Tk;
}

// share_of is the number of rows to ask for with every key, so that all are asked for in time.
INLINE int64_t share_of(const ecalf_attention *p, const upcoming *u) {
	int64_t keys = p->Tk * (up(p->Tq, W) / W);
	return keys > 0 ? (u->all + keys - 1) / keys : 0;
}

// One (sample, head) pair; at is the offset of its first query, at_o in o, at_k in k, and id its number.
INLINE void few_forward(const ecalf_attention *p, int64_t at, int64_t at_o, int64_t at_k, int64_t id, upcoming *next, int64_t D,
                        int64_t width) {
	float *probs = p->scratch, *factors = probs + 2 * FEW * FEW, *room = p->scratch + FEW_TABLES; // (Tk, FEW)
	const float *q = gathered(&room, p->q + at, p->ldq, p->Tq, width, D);
	const float *k = gathered(&room, p->k + at_k, p->ldk, p->Tk, width, D);
	const float *v = gathered(&room, p->v + at_k, p->ldk, p->Tk, width, D);
	vf lowest = vset(-__builtin_inff());
	if (p->limit)
		few_factors(p, factors, id);
	int64_t share = share_of(p, next);
	for (int64_t i = 0; i < p->Tq; i += W) {
		int64_t keys = few_keys(p, i, W);
		vf top = lowest, sum = vzero(), scale = vset(p->scale);
		for (int64_t j = 0; j < keys; j++) {
			fetch(next, share);
			vf s = vmul(dots(k + j * D, q + i * D, D, p->Tq - i), scale);
			if (p->causal && first_of(p, j) > i)
				s = vtail(lowest, first_of(p, j) - i, s);
			top = vmax(s, top);
			vstore(probs + j * FEW + i, s);
		}
		for (int64_t j = 0; j < keys; j++) {
			vf e = vexpneg(vsub(vload(probs + j * FEW + i), top));
			sum = vadd(sum, e);
			vstore(probs + j * FEW + i, e);
		}
		vstoren(p->lse + id + i, vadd(top, vlog(sum)), p->Tq - i);
		sum = vdiv(vset(1), sum);
		for (int64_t j = 0; j < keys; j++) {
			vf e = vmul(vload(probs + j * FEW + i), sum);
			vstore(probs + j * FEW + i, p->limit ? vmul(e, vload(factors + j * FEW + i)) : e);
		}
	}
	for (int64_t i = 0; i < p->Tq; i += BLEND)
		blend(p->o + at_o + i * p->ldo, p->ldo, probs + i, 1, FEW, v, few_keys(p, i, BLEND), D, width, 0, p->Tq - i);
}

// The backward pass of one pair.
INLINE void few_backward(const ecalf_attention *p, int64_t at, int64_t at_o, int64_t at_k, int64_t id, upcoming *next, int64_t D,
                         int64_t width) {
	float *probs = p->scratch, *grads = probs + FEW * FEW, *factors = grads + FEW * FEW; // (Tk, FEW)
	float *room = p->scratch + FEW_TABLES;
	const float *q = gathered(&room, p->q + at, p->ldq, p->Tq, width, D);
	const float *k = gathered(&room, p->k + at_k, p->ldk, p->Tk, width, D);
	const float *v = gathered(&room, p->v + at_k, p->ldk, p->Tk, width, D);
	const float *go = gathered(&room, p->d_o + at_o, p->ldo, p->Tq, width, D);
	if (p->limit)
		few_factors(p, factors, id);
	int64_t share = share_of(p, next);
	for (int64_t i = 0; i < p->Tq; i += W) {
		int64_t keys = few_keys(p, i, W);
		vf lse = vloadn(p->lse + id + i, p->Tq - i), scale = vset(p->scale), sums[W];
#pragma GCC unroll 16
		for (int l = 0; l < W; l++) {
			sums[l] = vzero();
			if (i + l < p->Tq)
				for (int64_t d = 0; d < D; d += W)
					sums[l] = vfma(vload(go + (i + l) * D + d), vloadn(p->o_in + at_o + (i + l) * p->ldo + d, width - d), sums[l]);
		}
		vf delta = vfold(sums);
		for (int64_t j = 0; j < keys; j++) {
			fetch(next, share);
			vf s = dots(k + j * D, q + i * D, D, p->Tq - i), x = dots(v + j * D, go + i * D, D, p->Tq - i);
			vf e = vexpneg(vsub(vmul(s, scale), lse)), m = e;
			if (p->limit) {
				vf factor = vload(factors + j * FEW + i);
				x = vmul(x, factor);
				m = vmul(m, factor);
			}
			x = vmul(vmul(e, scale), vsub(x, delta));
			if (p->causal && first_of(p, j) > i) {
				m = vtail(vzero(), first_of(p, j) - i, m);
				x = vtail(vzero(), first_of(p, j) - i, x);
			}
			vstore(probs + j * FEW + i, m);
			vstore(grads + j * FEW + i, x);
		}
	}
	if (p->dq)
		for (int64_t i = 0; i < p->Tq; i += BLEND)
			blend(p->dq + at + i * p->ldq, p->ldq, grads + i, 1, FEW, k, few_keys(p, i, BLEND), D, width, p->add_q, p->Tq - i);
	for (int64_t j = 0; j < p->Tk; j += BLEND) {
		int64_t i = first_of(p, j), to = at_k + j * p->ldk, w = j * FEW + i;
		if (p->dk)
			blend(p->dk + to, p->ldk, grads + w, FEW, 1, q + i * D, p->Tq - i, D, width, p->add_k, p->Tk - j);
		if (p->dv)
			blend(p->dv + to, p->ldk, probs + w, FEW, 1, go + i * D, p->Tq - i, D, width, p->add_v, p->Tk - j);
	}
}

// few says whether these bodies serve a call.
INLINE int few(const ecalf_attention *p) { return p->Tk <= FEW && p->Tq <= FEW && !p->shared && p->A == p->KV; }

// rows_of_pair are those of pair id.
INLINE upcoming rows_of_pair(const ecalf_attention *p, int64_t id, int backward) {
	int64_t b = id / p->A, h = id % p->A * p->D;
	int64_t q = b * p->Tq * p->ldq + h, k = b * p->Tk * p->ldk + h, o = b * p->Tq * p->ldo + h;
	upcoming u = {.D = p->D};
	expect(&u, p->q, q, p->ldq, p->Tq);
	expect(&u, p->k, k, p->ldk, p->Tk);
	expect(&u, p->v, k, p->ldk, p->Tk);
	expect(&u, backward ? p->o_in : p->o, o, p->ldo, p->Tq);
	if (backward) {
		expect(&u, p->d_o, o, p->ldo, p->Tq);
		expect(&u, p->dq, q, p->ldq, p->Tq);
		expect(&u, p->dk, k, p->ldk, p->Tk);
		expect(&u, p->dv, k, p->ldk, p->Tk);
	}
	return u;
}

// The (sample, head) pairs [lo, hi), numbered b·A + h.
TARGET static void few_attention(const ecalf_attention *p, int64_t lo, int64_t hi, int backward) {
	for (; lo < hi; lo++) {
		int64_t b = lo / p->A, h = lo % p->A * p->D, id = lo * p->Tq, D = up(p->D, W);
		int64_t q = b * p->Tq * p->ldq + h, k = b * p->Tk * p->ldk + h, o = b * p->Tq * p->ldo + h;
		upcoming next = {0};
		if (lo + 1 < hi)
			next = rows_of_pair(p, lo + 1, backward);
		if (p->D == 64)
			backward ? few_backward(p, q, o, k, id, &next, 64, 64) : few_forward(p, q, o, k, id, &next, 64, 64);
		else if (p->D == 32)
			backward ? few_backward(p, q, o, k, id, &next, 32, 32) : few_forward(p, q, o, k, id, &next, 32, 32);
		else
			backward ? few_backward(p, q, o, k, id, &next, D, p->D) : few_forward(p, q, o, k, id, &next, D, p->D);
		fetch(&next, next.all);
	}
}
