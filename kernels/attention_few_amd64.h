// Attention over few tokens, as channels are: at most FEW keys, whose scores with one query
// fit in registers. Nothing is packed: scores are dot products, results sums of rows. D is a
// constant for heads of 64, which then are full: a multiple of W.

enum { FEW = 32 };

INLINE vf row_at(const float *p, int64_t left, int full) { return full ? vload(p) : vloadn(p, left); }

// dots is s[j] = Σ_d x[d]·y[j·ld + d] for j < n, rounded up to whole vectors with 0.
INLINE void dots(vf s[FEW / W], const float *x, const float *y, int64_t ld, int64_t D, int64_t n, int full) {
	for (int64_t j = 0; j < n; j += W) {
		vf sum[W];
#pragma GCC unroll 16
		for (int i = 0; i < W; i++) {
			sum[i] = vzero();
			if (j + i < n)
				for (int64_t d = 0; d < D; d += W)
					sum[i] = vfma(row_at(x + d, D - d, full), row_at(y + (j + i) * ld + d, D - d, full), sum[i]);
		}
		s[j / W] = vfold(sum);
	}
}

// blend is y[d] = (or +=) Σ_i w[i·ldw]·x[i·ld + d] for i < n, d < D.
INLINE void blend(float *y, const float *w, int64_t ldw, const float *x, int64_t ld, int64_t n, int64_t D, int add, int full) {
	for (int64_t d = 0; d < D; d += 4 * W) {
		vf s[4] = {vzero(), vzero(), vzero(), vzero()};
		for (int64_t i = 0; i < n; i++)
#pragma GCC unroll 4
			for (int j = 0; j < 4; j++)
				if (d + j * W < D)
					s[j] = vfma(vset(w[i * ldw]), row_at(x + i * ld + d + j * W, D - d - j * W, full), s[j]);
		for (int j = 0; j < 4 && d + j * W < D; j++)
			vput(y + d + j * W, s[j], D - d - j * W, add);
	}
}

// One (sample, head) pair: q, k, v and o point at its first token; id numbers its first query.
INLINE void few_forward(const ecalf_attention *p, const float *q, const float *k, const float *v, float *o, int64_t id, int64_t D, int full) {
	const uint32_t *word = 0;
	if (p->limit)
		word = draw((uint32_t *)p->scratch, p, (uint64_t)(id * p->Tk), p->Tq * p->Tk);
	for (int64_t i = 0; i < p->Tq; i++, q += p->ldq, o += p->ldo) {
		int64_t n = keys_of(p, i);
		vf s[FEW / W], lowest = vset(-__builtin_inff()), top = lowest, sum = vzero();
		float w[FEW];
		dots(s, q, k, p->ldk, D, n, full);
		for (int64_t j = 0; j < n; j += W) {
			s[j / W] = vmul(s[j / W], vset(p->scale));
			top = vmax(vtail(s[j / W], n - j, lowest), top);
		}
		top = vset(vtop(top));
		for (int64_t j = 0; j < n; j += W) {
			s[j / W] = vtail(vexpneg(vsub(s[j / W], top)), n - j, vzero());
			sum = vadd(sum, s[j / W]);
		}
		sum = vset(vsum(sum));
		vstoren(p->lse + id + i, vadd(top, vlog(sum)), 1);
		for (int64_t j = 0; j < n; j += W) {
			vf e = vdiv(s[j / W], sum);
			vstore(w + j, p->limit ? vmul(e, kept(p, word + i * p->Tk + j, n - j)) : e);
		}
		blend(o, w, 1, v, p->ldk, n, D, 0, full);
	}
}

// The backward pass of one pair; at is the offset of its first query, at_o in o, at_k in k.
INLINE void few_backward(const ecalf_attention *p, int64_t at, int64_t at_o, int64_t at_k, int64_t id, int64_t D, int full) {
	const float *k = p->k + at_k, *v = p->v + at_k;
	float *probs = p->scratch, *grads = probs + p->Tq * FEW; // (Tq, FEW)
	const uint32_t *word = 0;
	if (p->limit)
		word = draw((uint32_t *)(grads + p->Tq * FEW), p, (uint64_t)(id * p->Tk), p->Tq * p->Tk);
	for (int64_t i = 0; i < p->Tq; i++) {
		int64_t n = keys_of(p, i);
		const float *go = p->d_o + at_o + i * p->ldo;
		vf s[FEW / W], g[FEW / W], delta = vset(sum_row(go, p->o_in + at_o + i * p->ldo, D)), lse = vset(p->lse[id + i]);
		dots(s, p->q + at + i * p->ldq, k, p->ldk, D, n, full);
		dots(g, go, v, p->ldk, D, n, full);
		for (int64_t j = 0; j < FEW; j += W) {
			vf m = vzero(), d = vzero();
			if (j < n) {
				vf e = vexpneg(vsub(vmul(s[j / W], vset(p->scale)), lse)), x = g[j / W];
				m = e;
				if (p->limit) {
					vf factor = kept(p, word + i * p->Tk + j, n - j);
					x = vmul(x, factor);
					m = vmul(m, factor);
				}
				m = vtail(m, n - j, vzero());
				d = vtail(vmul(vmul(e, vset(p->scale)), vsub(x, delta)), n - j, vzero());
			}
			vstore(probs + i * FEW + j, m);
			vstore(grads + i * FEW + j, d);
		}
		if (p->dq)
			blend(p->dq + at + i * p->ldq, grads + i * FEW, 1, k, p->ldk, n, D, p->add_q, full);
	}
	for (int64_t j = 0; j < p->Tk; j++) {
		if (p->dk)
			blend(p->dk + at_k + j * p->ldk, grads + j, FEW, p->q + at, p->ldq, p->Tq, D, p->add_k, full);
		if (p->dv)
			blend(p->dv + at_k + j * p->ldk, probs + j, FEW, p->d_o + at_o, p->ldo, p->Tq, D, p->add_v, full);
	}
}

// few says whether these bodies serve a call; their scratch is within that of the others.
INLINE int few(const ecalf_attention *p) { return p->Tk <= FEW && p->Tq <= FEW && !p->shared && p->A == p->KV; }

// The (sample, head) pairs [lo, hi), numbered b·A + h.
TARGET static void few_attention(const ecalf_attention *p, int64_t lo, int64_t hi, int backward) {
	for (; lo < hi; lo++) {
		int64_t b = lo / p->A, h = lo % p->A * p->D;
		if (lo + 1 < hi)
			fetch_pair(p, (lo + 1) / p->A, (lo + 1) % p->A, (lo + 1) % p->A, backward);
		int64_t q = b * p->Tq * p->ldq + h, k = b * p->Tk * p->ldk + h, o = b * p->Tq * p->ldo + h;
		if (backward && p->D == 64)
			few_backward(p, q, o, k, lo * p->Tq, 64, 1);
		else if (backward)
			few_backward(p, q, o, k, lo * p->Tq, p->D, 0);
		else if (p->D == 64)
			few_forward(p, p->q + q, p->k + k, p->v + k, p->o + o, lo * p->Tq, 64, 1);
		else
			few_forward(p, p->q + q, p->k + k, p->v + k, p->o + o, lo * p->Tq, p->D, 0);
	}
}
