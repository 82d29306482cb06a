// Attention bodies: for a block of queries the scores against all keys, their softmax and
// the weighted values, all in cache; the backward pass computes the probabilities anew.
// The four or five products of a block use register tiles of (MR/2 or MR) × (W or 2·W).

enum { QB = 4 * MR }; // queries of a block

INLINE int rows_of(int64_t n) { return n <= MR / 2 ? MR / 2 : MR; } // height of the tiles for n rows
INLINE int cols_of(int64_t n) { return n <= W ? W : 2 * W; }        // width for n columns

// tile_at is c[i·ldc + j] = (or +=) Σ_k a[k·R + i]·b[k·C·W + j] for i < R, j < C·W.
INLINE void tile_at(float *c, int64_t ldc, const float *a, const float *b, int64_t depth, int add, int R, int C) {
	vf s[MR][2];
#pragma GCC unroll 16
	for (int i = 0; i < R; i++)
#pragma GCC unroll 2
		for (int j = 0; j < C; j++)
			s[i][j] = add ? vload(c + i * ldc + j * W) : vzero();
	for (int64_t k = 0; k < depth; k++, a += R, b += C * W) {
		vf y[2];
#pragma GCC unroll 2
		for (int j = 0; j < C; j++)
			y[j] = vload(b + j * W);
#pragma GCC unroll 16
		for (int i = 0; i < R; i++) {
			vf x = vset(a[i]);
#pragma GCC unroll 2
			for (int j = 0; j < C; j++)
				s[i][j] = vfma(x, y[j], s[i][j]);
		}
	}
#pragma GCC unroll 16
	for (int i = 0; i < R; i++)
#pragma GCC unroll 2
		for (int j = 0; j < C; j++)
			vstore(c + i * ldc + j * W, s[i][j]);
}

// product is c (rows, cols) = or += a·b over depth, from panels of a of rows_of(rows) and panels
// of b of w, which are ldb floats apart. c has room for whole tiles.
TARGET static void product(float *c, int64_t ldc, const float *a, const float *b, int w, int64_t ldb, int64_t rows, int64_t cols,
                    int64_t depth, int add) {
	int r = rows_of(rows);
	for (int64_t i = 0; i < rows; i += r, a += r * depth)
		for (int64_t j = 0; j < cols; j += w) {
			const float *p = b + j / w * ldb;
			float *d = c + i * ldc + j;
			if (r == MR && w == 2 * W)
				tile_at(d, ldc, a, p, depth, add, MR, 2);
			else if (r == MR)
				tile_at(d, ldc, a, p, depth, add, MR, 1);
			else if (w == 2 * W)
				tile_at(d, ldc, a, p, depth, add, MR / 2, 2);
			else
				tile_at(d, ldc, a, p, depth, add, MR / 2, 1);
		}
}

// panels packs n rows or columns of width P each: see pack.
TARGET static void panels(float *dst, int P, const float *src, int64_t ld, int64_t depth, int64_t n, int turn) {
	for (int64_t i = 0; i < n; i += P, dst += P * depth)
		pack(dst, P, src + (turn ? i * ld : i), ld, depth, n - i < P ? (int)(n - i) : P, turn, 0);
}

// head is what one (sample, key head) needs, in scratch. The sizes are for the largest block.
typedef struct {
	int64_t tk, d, dp, keys;    // Tk and D rounded up to whole tiles; keys of the block at hand
	float *k, *v;               // panels of keys and values
	float *left, *right;        // panels of the factors of a block's products
	float *s, *g;               // (QB, tk): probabilities, gradients
	float *out;                 // (QB, dp)
	float *plain, *dk, *dv;     // backward: keys as (Tk, D) panels; sums (Tk, dp)
	uint32_t *words;            // random words of a block
} head;

TARGET static head carve(const ecalf_attention *p) {
	head h = {.tk = up(p->Tk, 2 * W), .d = p->D, .dp = up(p->D, 2 * W)};
	int64_t long_side = h.tk > QB ? h.tk : QB, most = up(long_side, MR) + MR;
	float *at = p->scratch;
#define TAKE(field, n) h.field = at, at += up(n, W) + 2 * W
	TAKE(k, h.tk * h.d);
	TAKE(v, (h.tk > p->Tk ? h.tk : p->Tk) * h.dp);
	TAKE(left, most * (h.d > QB ? h.d : QB) + QB * h.tk);
	TAKE(right, QB * h.dp);
	TAKE(s, (QB + MR) * h.tk);
	TAKE(g, (QB + MR) * h.tk);
	TAKE(out, (QB + MR) * h.dp);
	TAKE(plain, h.tk * h.dp);
	TAKE(dk, most * h.dp);
	TAKE(dv, most * h.dp);
#undef TAKE
	h.words = (uint32_t *)at;
	return h;
}

// draw fills words with the random words of n probabilities from element first on, and returns
// where the first one lies.
INLINE const uint32_t *draw(uint32_t *words, const ecalf_attention *p, uint64_t first, int64_t n) {
	int64_t skip = (int64_t)(first % (4 * W));
	philox_stream stream;
	philox_open(&stream, p->seed, p->step, p->op, first / 4);
	for (int64_t i = 0; i < n + skip; i += 4 * W) {
		vi w[4];
		philox(w, 2, (first - (uint64_t)skip + (uint64_t)i) / 4, &stream);
		for (int j = 0; j < 4; j++)
			vstore((float *)words + i + j * W, vfloat(w[j]));
	}
	return words + skip;
}

// keys_of is the number of keys that query i of a sample sees.
INLINE int64_t keys_of(const ecalf_attention *p, int64_t i) { return p->causal ? i + p->Tk - p->Tq + 1 : p->Tk; }

// kept is the dropout factor of W probabilities.
INLINE vf kept(const ecalf_attention *p, const uint32_t *word, int64_t n) {
	return vikeep(vbits(vloadn((const float *)word, n)), viset((int)p->limit), vset(p->factor));
}

#include "attention_few_amd64.h"

// The floats of scratch that a call needs.
TARGET int64_t FN(f32_attention_scratch)(ecalf_attention p) {
	if (few(&p))
		return FEW_TABLES + 4 * FEW * up(p.D, W);
	return (float *)carve(&p).words - p.scratch + QB * p.Tk + 8 * W;
}

// scores fills h->s with q·kᵀ of the rows [r0, r0+rows) of head a, and h->keys with the most
// keys that one of them sees.
INLINE void scores(const ecalf_attention *p, head *h, int64_t a, int64_t r0, int64_t rows) {
	h->keys = keys_of(p, (r0 + rows - 1) % p->Tq);
	panels(h->left, rows_of(rows), p->q + r0 * p->ldq + a * p->D, p->ldq, p->D, rows, 1);
	product(h->s, h->tk, h->left, h->k, cols_of(p->Tk), cols_of(p->Tk) * p->D, rows, h->keys, p->D, 0);
}

// Rows [r0, r1) of queries, counted through the samples, of head a; its keys and values are
// packed. Causal ranges stay within one sample.
INLINE void forward_rows(const ecalf_attention *p, head *h, int64_t a, int64_t r0, int64_t r1) {
	const uint32_t *word = 0;
	for (; r0 < r1; r0 += QB) {
		int64_t rows = r1 - r0 < QB ? r1 - r0 : QB;
		scores(p, h, a, r0, rows);
		for (int64_t r = 0; r < rows; r++) {
			int64_t i = (r0 + r) % p->Tq, id = ((r0 + r) / p->Tq * p->A + a) * p->Tq + i, n = keys_of(p, i);
			float *s = h->s + r * h->tk;
			if (p->limit && (r == 0 || i == 0))
				word = draw(h->words, p, (uint64_t)(id * p->Tk), (rows - r < p->Tq - i ? rows - r : p->Tq - i) * p->Tk);
			vf top = vset(-__builtin_inff()), sum = vzero(), scale = vset(p->scale);
			ELEMENTS(j, n) {
				vf x = vmul(vloadn(s + j, n - j), scale);
				top = vmax(vtail(x, n - j, top), top);
				vstoren(s + j, x, n - j);
			}
			top = vset(vtop(top));
			ELEMENTS(j, n) {
				vf e = vtail(vexpneg(vsub(vloadn(s + j, n - j), top)), n - j, vzero());
				sum = vadd(sum, e);
				vstore(s + j, e);
			}
			float total = vsum(sum);
			vf k = vset(1 / total);
			p->lse[id] = vtop(vadd(top, vlog(vset(total))));
			ELEMENTS(j, n) {
				vf e = vmul(vload(s + j), k);
				vstore(s + j, p->limit ? vmul(e, kept(p, word + j, n - j)) : e);
			}
			for (int64_t j = up(n, W); j < h->keys; j += W)
				vstore(s + j, vzero());
			if (p->limit)
				word += p->Tk;
		}
		panels(h->left, rows_of(rows), h->s, h->tk, h->keys, rows, 1);
		product(h->out, h->dp, h->left, h->v, cols_of(p->D), cols_of(p->D) * p->Tk, rows, p->D, h->keys, 0);
		for (int64_t r = 0; r < rows; r++)
			ELEMENTS(d, p->D)
				vstoren(p->o + (r0 + r) * p->ldo + a * p->D + d, vload(h->out + r * h->dp + d), p->D - d);
	}
}

// The (sample, head) pairs [lo, hi), numbered b·A + h; with shared keys h·B + b.
TARGET void FN(f32_attention)(ecalf_attention p, int64_t lo, int64_t hi) {
	if (few(&p)) {
		few_attention(&p, lo, hi, 0);
		return;
	}
	head h = carve(&p);
	const float *packed = 0;
	while (lo < hi) {
		int64_t b = lo / p.A, a = lo % p.A, samples = 1;
		if (p.shared) {
			a = lo / p.B;
			b = lo % p.B;
			if (!p.causal)
				samples = p.B - b < hi - lo ? p.B - b : hi - lo;
		}
		int64_t at = (p.shared ? 0 : b * p.Tk * p.ldk) + a / (p.A / p.KV) * p.D;
		if (p.k + at != packed) {
			panels(h.k, cols_of(p.Tk), p.k + at, p.ldk, p.D, p.Tk, 1);
			panels(h.v, cols_of(p.D), p.v + at, p.ldk, p.Tk, p.D, 0);
			packed = p.k + at;
		}
		forward_rows(&p, &h, a, b * p.Tq, (b + samples) * p.Tq);
		lo += samples;
	}
}

// As forward_rows: dq of these rows, and their part of the sums dk and dv.
INLINE void backward_rows(const ecalf_attention *p, head *h, int64_t a, int64_t r0, int64_t r1) {
	const uint32_t *word = 0;
	for (; r0 < r1; r0 += QB) {
		int64_t rows = r1 - r0 < QB ? r1 - r0 : QB;
		const float *q = p->q + r0 * p->ldq + a * p->D;
		const float *o = p->o_in + r0 * p->ldo + a * p->D, *go = p->d_o + r0 * p->ldo + a * p->D;
		scores(p, h, a, r0, rows);
		panels(h->left, rows_of(rows), go, p->ldo, p->D, rows, 1);
		product(h->g, h->tk, h->left, h->v, cols_of(p->Tk), cols_of(p->Tk) * p->D, rows, h->keys, p->D, 0);
		for (int64_t r = 0; r < rows; r++) {
			int64_t i = (r0 + r) % p->Tq, id = ((r0 + r) / p->Tq * p->A + a) * p->Tq + i, n = keys_of(p, i);
			float *s = h->s + r * h->tk, *g = h->g + r * h->tk;
			if (p->limit && (r == 0 || i == 0))
				word = draw(h->words, p, (uint64_t)(id * p->Tk), (rows - r < p->Tq - i ? rows - r : p->Tq - i) * p->Tk);
			vf delta = vset(sum_row(go + r * p->ldo, o + r * p->ldo, p->D)), lse = vset(p->lse[id]), scale = vset(p->scale);
			ELEMENTS(j, n) {
				vf e = vexpneg(vsub(vmul(vload(s + j), scale), lse)), x = vload(g + j), m = e;
				if (p->limit) {
					vf factor = kept(p, word + j, n - j);
					x = vmul(x, factor);
					m = vmul(m, factor);
				}
				vstore(s + j, vtail(m, n - j, vzero()));
				vstore(g + j, vtail(vmul(vmul(e, scale), vsub(x, delta)), n - j, vzero()));
			}
			for (int64_t j = up(n, W); j < h->keys; j += W) {
				vstore(s + j, vzero());
				vstore(g + j, vzero());
			}
			if (p->limit)
				word += p->Tk;
		}
		if (p->dq) {
			panels(h->left, rows_of(rows), h->g, h->tk, h->keys, rows, 1);
			product(h->out, h->dp, h->left, h->plain, cols_of(p->D), cols_of(p->D) * p->Tk, rows, p->D, h->keys, 0);
			for (int64_t r = 0; r < rows; r++)
				ELEMENTS(d, p->D)
					vput(p->dq + (r0 + r) * p->ldq + a * p->D + d, vload(h->out + r * h->dp + d), p->D - d, p->add_q);
		}
		if (p->dk) {
			panels(h->left, rows_of(h->keys), h->g, h->tk, rows, h->keys, 0);
			panels(h->right, cols_of(p->D), q, p->ldq, rows, p->D, 0);
			product(h->dk, h->dp, h->left, h->right, cols_of(p->D), cols_of(p->D) * rows, h->keys, p->D, rows, 1);
		}
		if (p->dv) {
			panels(h->left, rows_of(h->keys), h->s, h->tk, rows, h->keys, 0);
			panels(h->right, cols_of(p->D), go, p->ldo, rows, p->D, 0);
			product(h->dv, h->dp, h->left, h->right, cols_of(p->D), cols_of(p->D) * rows, h->keys, p->D, rows, 1);
		}
	}
}

// The (sample, key head) pairs [lo, hi), numbered b·KV + h; with shared keys the key heads.
TARGET void FN(f32_attention_grad)(ecalf_attention p, int64_t lo, int64_t hi) {
	if (few(&p)) {
		few_attention(&p, lo, hi, 1);
		return;
	}
	head h = carve(&p);
	int64_t most = up(h.tk > QB ? h.tk : QB, MR) + MR;
	for (; lo < hi; lo++) {
		int64_t b = lo / p.KV, kv = lo % p.KV, group = p.A / p.KV, samples = p.shared ? p.B : 1;
		int64_t at = b * p.Tk * p.ldk + kv * p.D;
		panels(h.k, cols_of(p.Tk), p.k + at, p.ldk, p.D, p.Tk, 1);
		panels(h.v, cols_of(p.Tk), p.v + at, p.ldk, p.D, p.Tk, 1);
		panels(h.plain, cols_of(p.D), p.k + at, p.ldk, p.Tk, p.D, 0);
		for (int64_t i = 0; i < most * h.dp; i += W) {
			vstore(h.dk + i, vzero());
			vstore(h.dv + i, vzero());
		}
		for (int64_t a = kv * group; a < (kv + 1) * group; a++)
			if (p.causal)
				for (int64_t s = b; s < b + samples; s++)
					backward_rows(&p, &h, a, s * p.Tq, (s + 1) * p.Tq);
			else
				backward_rows(&p, &h, a, b * p.Tq, (b + samples) * p.Tq);
		for (int64_t j = 0; j < p.Tk; j++)
			ELEMENTS(d, p.D) {
				if (p.dk)
					vput(p.dk + at + j * p.ldk + d, vload(h.dk + j * h.dp + d), p.D - d, p.add_k);
				if (p.dv)
					vput(p.dv + at + j * p.ldk + d, vload(h.dv + j * h.dp + d), p.D - d, p.add_v);
			}
	}
}
