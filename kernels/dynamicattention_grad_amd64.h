// The way back of dynamic attention, over dynamicattention_amd64.h: scores are computed anew, block by block, and the gradients
// of what all tokens share are summed over runs of tokens, which are added in order.

// The sums of one head over a run of tokens: for every NR prototypes a strip of [dk ; dcodebook], with room for whole
// tiles and vectors of rows; likewise dv; then dwq and dc.
INLINE int64_t sums_k(const ecalf_dynamic *p) { return (up(p->D + p->R, W) + W + HIGHEST) * NR; }
INLINE int64_t sums_v(const ecalf_dynamic *p) { return (up(p->D, W) + HIGHEST) * NR; }
TARGET int64_t FN(dynamic_attention_sums)(ecalf_dynamic p) {
	return up(p.P, NR) / NR * (sums_k(&p) + sums_v(&p)) + up(p.D + 1, W) + W;
}

// gate_tokens is the gate's part of the backward pass for n tokens: dn, dγ, and the sums of dwq and dc; it leaves what do
// and δ are made of in read and delta, and dγ in logit.
INLINE void gate_tokens(const ecalf_dynamic *p, dynamic *h, int64_t a, int64_t t, int64_t n, int64_t b, float *sum_query,
                        double *sum_carry) {
	float *read = h->read + b * NR, *delta = h->delta + b * NR, *logit = h->logit + b * NR;
	for (int64_t i = 0; i < NR; i++)
		read[i] = 1, delta[i] = logit[i] = 0;
	for (int64_t i = 0; i < n; i++) {
		int64_t e = (t + i) * p->A + a;
		const float *dy = p->dy + e * p->D;
		float readout = sum_row(dy, p->o_in + e * p->D, p->D);
		delta[i] = readout;
		if (!p->gate)
			continue;
		float degree = p->align_in[e], rest = 1 - degree, carry = p->carry[a];
		float d = readout * (1 - carry) - sum_row(dy, p->own + e * p->D, p->D);
		if (p->d_align)
			d += p->d_align[e];
		d *= degree * rest;
		read[i] = 1 - rest * (1 - carry);
		delta[i] = read[i] * readout;
		logit[i] = d;
		*sum_carry += (double)rest * readout;
		if (p->d_gate)
			p->d_gate[e] = p->add_gate ? p->d_gate[e] + d : d;
		if (p->d_own)
			ELEMENTS(j, p->D) vput(p->d_own + e * p->D + j, vmul(vset(rest), vloadn(dy + j, p->D - j)), p->D - j, p->add_own);
		if (p->d_gate_query)
			ELEMENTS(j, p->D)
				vstoren(sum_query + j, vfma(vset(d), vloadn(p->q + e * p->D + j, p->D - j), vloadn(sum_query + j, p->D - j)), p->D - j);
	}
}

// score_grad turns scores s and the gradients ds of their probabilities into probabilities and the gradients of the
// scores. Those add up to 0; where products are rounded, delta would not do, and is their own mean.
INLINE void score_grad(float *s, float *ds, int64_t rows, const float *lse, const float *delta) {
	for (int j = 0; j < NR; j += W, s += W, ds += W) {
		vf l = vload(lse + j), d = ROUNDED ? vzero() : vload(delta + j);
		for (int64_t r = 0; r < rows; r++) {
			vf e = vexpneg(vsub(vload(s + r * NR), l)), x = vload(ds + r * NR);
			vstore(s + r * NR, e);
			if (ROUNDED)
				d = vfma(e, x, d);
			else
				vstore(ds + r * NR, vmul(e, vsub(x, d)));
		}
		for (int64_t r = 0; ROUNDED && r < rows; r++)
			vstore(ds + r * NR, vmul(vload(s + r * NR), vsub(vload(ds + r * NR), d)));
	}
}

// token_grads writes dq, dλ and du of n tokens, from strip b of the gradients of the scores.
INLINE void token_grads(const ecalf_dynamic *p, dynamic *h, int64_t a, int64_t t, int64_t n, int64_t b) {
	const int64_t at = t * p->A + a;
	const float *x = h->x + b * h->size_wide;
	float slope[NR];
	sweep(h->out, h->keys_w, right(h->b, h->ds + b * h->size, p->P), h->wide, p->P, 0, h->high_w, NULL);
	if (p->d_code)
		lines(p->d_code + at * p->R, p->A * p->R, h->out + p->D * NR, p->R, n, p->add_code);
	for (int j = 0; j < NR; j += W) {
		vf k = vload(h->tau + b * NR + j), z = vload(h->logit + b * NR + j), s = vzero();
		for (int64_t d = 0; d < p->D; d++) {
			vf dx = vload(h->out + d * NR + j);
			s = vfma(dx, vload(x + d * NR + j), s);
			dx = vmul(dx, k);
			if (p->gate)
				dx = vfma(z, vset(p->gate_query[a * p->D + d]), dx);
			vstore(h->out + d * NR + j, dx);
		}
		vstore(slope + j, s);
	}
	if (p->dq)
		lines(p->dq + at * p->D, p->A * p->D, h->out, p->D, n, p->add_q);
	if (p->d_temperature)
		for (int64_t i = 0; i < n; i++) {
			int64_t e = at + i * p->A;
			float l = p->temperature[e], d = l >= -LN8 && l <= LN8 ? slope[i] : 0;
			p->d_temperature[e] = p->add_temperature ? p->d_temperature[e] + d : d;
		}
}

// Runs [lo, hi) of p.run tokens, numbered head·(runs of T) + run: the gradients of the tokens, and of the prototypes and
// the gate their sums over the run, at sums.
TARGET void FN(dynamic_attention_grad)(ecalf_dynamic p, int64_t lo, int64_t hi) {
	const int64_t runs = (p.T + p.run - 1) / p.run, ld = p.A * p.D, room = FN(dynamic_attention_sums)(p);
	const int tokens = p.dq || p.d_temperature || p.d_code, keys = p.dk || p.d_codebook;
	int64_t packed = -1;
	dynamic h;
	carve_dynamic(&h, &p);
	begin_products();
	for (int64_t b = 0; b < TOKENS / NR; b++) // the rows that no tile writes are turned too
		for (int64_t i = up(p.P, h.high_p) * NR; i < h.size; i += W) {
			vstore(h.s + b * h.size + i, vzero());
			vstore(h.ds + b * h.size + i, vzero());
		}
	for (; lo < hi; lo++) {
		int64_t a = lo / runs, t0 = lo % runs * p.run, t1 = t0 + p.run < p.T ? t0 + p.run : p.T;
		float *sum_k = p.sums + lo * room, *sum_v = sum_k + up(p.P, NR) / NR * sums_k(&p);
		float *sum_query = sum_v + up(p.P, NR) / NR * sums_v(&p);
		double sum_carry = 0;
		if (packed != a)
			pack_head(&p, &h, a, 1);
		packed = a;
		for (int64_t d = 0; d < p.D; d++)
			sum_query[d] = 0;
		for (int64_t block = t0; block < t1; block += TOKENS) {
			int64_t end = block + TOKENS < t1 ? block + TOKENS : t1, depth = up(end - block, NR);
			for (int64_t t = block, b = 0; t < end; t += NR, b++) {
				int64_t n = end - t < NR ? end - t : NR, at = t * p.A + a;
				float *s = h.s + b * h.size, *ds = h.ds + b * h.size, *x = h.x + b * h.size_wide, *g = h.g + b * h.size_wide;
				load_tokens(&p, &h, a, t, n, b);
				gate_tokens(&p, &h, a, t, n, b, sum_query, &sum_carry);
				columns(g, p.dy + at * p.D, ld, p.D, n);
				for (int64_t i = 0; p.gate && i < p.D * NR; i += NR)
					for (int j = 0; j < NR; j += W)
						vstore(g + i + j, vmul(vload(g + i + j), vload(h.read + b * NR + j)));
				for (int64_t i = 0; i < NR; i++)
					h.lse[b * NR + i] = i < n ? p.lse[at + i * p.A] : 0;
				upcoming next = tokens_ahead(&p, a, t);
				sweep(s, h.keys, right(h.b, x, h.wide), p.P, h.wide, 0, h.high_p, &next);
				sweep(ds, h.values, right(h.b, g, p.D), p.P, p.D, 0, h.high_p, &next);
				score_grad(s, ds, p.P, h.lse + b * NR, h.delta + b * NR);
				if (tokens)
					token_grads(&p, &h, a, t, n, b);
			}
			if (keys)
				left_of_strips(h.left_x, h.high_w, h.x, h.size_wide, depth / NR, h.wide);
			if (p.dv)
				left_of_strips(h.left_g, h.high_d, h.g, h.size_wide, depth / NR, p.D);
			for (int64_t j = 0; j < p.P; j += NR) {
				for (int64_t b = 0; b < depth / NR; b++) {
					if (p.dv)
						right_turned(h.turned + b * TURNED(NR), h.s + b * h.size + j * NR);
					if (keys)
						right_turned(h.turned_ds + b * TURNED(NR), h.ds + b * h.size + j * NR);
				}
				if (p.dv)
					sweep(sum_v + j / NR * sums_v(&p), h.left_g, h.turned, p.D, depth, block > t0, h.high_d, NULL);
				if (keys)
					sweep(sum_k + j / NR * sums_k(&p), h.left_x, h.turned_ds, h.wide, depth, block > t0, h.high_w, NULL);
			}
		}
		sum_query[p.D] = (float)sum_carry;
	}
	end_products();
}

// merge adds n floats of every run but the first, room apart, to those of the first, in order.
INLINE void merge(float *sum, int64_t n, int64_t runs, int64_t room) {
	for (int64_t run = 1; run < runs; run++)
		ELEMENTS(i, n) vstoren(sum + i, vadd(vloadn(sum + i, n - i), vloadn(sum + run * room + i, n - i)), n - i);
}

// The gradients of the prototypes and the gate of heads [lo, hi), from the sums of their runs.
TARGET void FN(dynamic_attention_merge)(ecalf_dynamic p, int64_t lo, int64_t hi) {
	const int64_t runs = (p.T + p.run - 1) / p.run, ld = p.A * p.D, room = FN(dynamic_attention_sums)(p);
	for (int64_t a = lo; a < hi; a++) {
		float *sum_k = p.sums + a * runs * room, *sum_v = sum_k + up(p.P, NR) / NR * sums_k(&p);
		float *sum_query = sum_v + up(p.P, NR) / NR * sums_v(&p);
		for (int64_t j = 0; j < p.P; j += NR, sum_k += sums_k(&p), sum_v += sums_v(&p)) {
			int64_t n = p.P - j < NR ? p.P - j : NR;
			if (p.dk || p.d_codebook)
				merge(sum_k, (p.D + p.R) * NR, runs, room);
			if (p.dv)
				merge(sum_v, p.D * NR, runs, room);
			if (p.dk)
				lines(p.dk + j * ld + a * p.D, ld, sum_k, p.D, n, p.add_k);
			if (p.d_codebook)
				lines(p.d_codebook + (a * p.P + j) * p.R, p.R, sum_k + p.D * NR, p.R, n, p.add_codebook);
			if (p.dv)
				lines(p.dv + j * ld + a * p.D, ld, sum_v, p.D, n, p.add_v);
		}
		merge(sum_query, p.D + 1, runs, room);
		if (p.d_gate_query)
			ELEMENTS(d, p.D) vput(p.d_gate_query + a * p.D + d, vloadn(sum_query + d, p.D - d), p.D - d, p.add_gate_query);
		if (p.d_carry)
			p.d_carry[a] = p.add_carry ? p.d_carry[a] + sum_query[p.D] : sum_query[p.D];
	}
}
