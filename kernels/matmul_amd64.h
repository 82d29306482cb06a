// Matrix products on one thread: packing, blocking and the epilogue, whatever the factors
// are rounded to. Layouts: a panel of P columns of b (or rows of a) is stored
// as K groups of P floats, so that the tile reads both factors in order.

#define NR (2 * W) // columns of a register tile

enum { KS = 16 }; // steps of K that are packed of all panels at once where their rows lie side by side:
                     // the memory is read in long pieces of a few rows at a time
enum { KC = 768 };
enum { NC = 256 }; // columns of a block: KC·NC floats of b stay in L2

// vbf16 rounds to bfloat16, to nearest even.
INLINE vf vbf16(vf x) {
	vi u = vbits(x), odd = viand(vishr(u, 16), viset(1));
	vi r = viand(viadd(viadd(u, viset(0x7fff)), odd), viset((int)0xffff0000));
	return vselect(vnan(x), x, vfloat(r));
}

// pack writes depth steps of one panel: dst[k·P + r] = src[k·ld + r], or src[r·ld + k] when
// turn is set, for k < depth and r < count; the places up to P are 0. When turn is set it may
// write up to W floats more, which the next panel overwrites.
INLINE void pack(float *dst, int P, const float *src, int64_t ld, int64_t depth, int count, int turn, int round) {
	for (int r0 = 0; r0 < P; r0 += W) {
		int n = count - r0 < P - r0 ? count - r0 : P - r0; // floats of this vector, W or more for a full one
		if (!turn) {
			for (int64_t k = 0; k < depth; k++) {
				vf x = n > 0 ? vloadn(src + k * ld + r0, n) : vzero();
				vstoren(dst + k * P + r0, round ? vbf16(x) : x, P - r0);
			}
			continue;
		}
		for (int64_t k = 0; k < depth; k += W) {
			vf x[W];
			for (int r = 0; r < W; r++)
				x[r] = r < n ? vloadn(src + (r0 + r) * ld + k, depth - k) : vzero();
			vtranspose(x);
			for (int i = 0; i < W && k + i < depth; i++)
				vstore(dst + (k + i) * P + r0, round ? vbf16(x[i]) : x[i]);
		}
	}
}

// put writes n floats of a result, past the caches if it is to be streamed.
INLINE void put(const ecalf_product *p, float *y, vf x, int n) {
	if (p->stream && n >= W)
		vstream(y, x);
	else
		vstoren(y, x, n);
}

// finish_vector finishes the first n sums of x, whose place is element e of c in column col; word are their random
// words. act and n are constants wherever speed counts.
INLINE void finish_vector(const ecalf_product *p, vf x, int64_t e, int64_t col, int n, int first, int last, int act,
                          const float *word) {
	x = vmul(vset(p->scale), x);
	if (!first || p->add)
		x = vadd(x, vloadn(p->c + e, n));
	if (last) {
		if (p->bias)
			x = vadd(x, vloadn(p->bias + col, n));
		if (p->pre)
			put(p, p->pre + e, x, n);
		x = vunary(act, x);
		if (p->factor != 0)
			x = vmul(x, vikeep(vbits(vload(word)), viset((int)p->limit), vset(p->factor)));
		if (p->residual)
			x = vadd(x, vloadn(p->residual + e, n));
	}
	if (first && last)
		put(p, p->c + e, x, n);
	else
		vstoren(p->c + e, x, n);
}

// finish adds a tile of sums (rows of stride ldt) to rows×cols of c at element at, and runs
// the epilogue once the last block of K is in.
INLINE void finish_act(const ecalf_product *p, const float *t, int ldt, int64_t at, int64_t col, int rows, int cols,
                       int first, int last, int act) {
	float words[4 * W]; // of two rows where rows begin with a block, else of one and some before it
	vi drawn[4];
	for (int i = 0; i < rows; i++, at += p->ldc, t += ldt) {
		const float *word = words;
		if (last && p->factor != 0) {
			uint64_t block = (uint64_t)at / 4;
			int together = p->ldc % 4 == 0;
			word += together ? i % 2 * NR : at % 4;
			if (!together || i % 2 == 0) {
				philox_halves(drawn, block, together ? (uint64_t)(at + p->ldc) / 4 : block + W / 2, p->seed, p->step, p->op);
				for (int j = 0; j < 4; j++)
					vstore(words + j * W, vfloat(drawn[j]));
			}
		}
		if (cols >= NR) {
			finish_vector(p, vload(t), at, col, W, first, last, act, word);
			finish_vector(p, vload(t + W), at + W, col + W, W, first, last, act, word + W);
		} else
			for (int j = 0; j < cols; j += W)
				finish_vector(p, vload(t + j), at + j, col + j, cols - j, first, last, act, word + j);
	}
}

TARGET static void finish(const ecalf_product *p, const float *t, int ldt, int64_t at, int64_t col, int rows, int cols,
                   int first, int last) {
	switch (p->act) {
	case IDENTITY: finish_act(p, t, ldt, at, col, rows, cols, first, last, IDENTITY); return;
	case GELU: finish_act(p, t, ldt, at, col, rows, cols, first, last, GELU); return;
	case GELU_TANH: finish_act(p, t, ldt, at, col, rows, cols, first, last, GELU_TANH); return;
	case RELU: finish_act(p, t, ldt, at, col, rows, cols, first, last, RELU); return;
	default: finish_act(p, t, ldt, at, col, rows, cols, first, last, p->act);
	}
}

typedef void pack_fn(float *dst, int P, const float *src, int64_t ld, int64_t depth, int count, int turn, int round);
typedef void tile_fn(float *restrict t, const float *restrict a, const float *restrict b, int64_t depth);

// multiply computes rows [row0, row1) and columns [col0, col1) of one product, whose
// right-hand side is packed; row0 is a multiple of MR and col0 of NR, so that the bits of an
// element do not depend on the split. A word of a panel holds one step of K, or a pair of
// them; scratch holds the panels of a: (row1−row0 rounded up to MR)·KC + W words.
INLINE void multiply(const ecalf_product *p, int pair, pack_fn *pack, tile_fn *tile) {
	int64_t words = (p->K + pair - 1) / pair;
	for (int64_t w0 = 0; w0 == 0 || w0 < words; w0 += KC) {
		int64_t depth = words - w0 < KC ? words - w0 : KC, k0 = w0 * pair;
		int64_t steps = p->K - k0 < depth * pair ? p->K - k0 : depth * pair;
		int first = w0 == 0, last = w0 + depth >= words;
		int64_t strip = p->turn_a ? KS : steps;
		for (int64_t k = 0; k < steps; k += strip) {
			float *panel = p->scratch + k / pair * MR;
			for (int64_t i = p->row0; i < p->row1; i += MR, panel += MR * depth)
				pack(panel, MR, p->a + (p->turn_a ? (k0 + k) * p->lda + i : i * p->lda + k0), p->lda,
				     steps - k < strip ? steps - k : strip, p->row1 - i < MR ? (int)(p->row1 - i) : MR, !p->turn_a, p->round);
		}
		for (int64_t j0 = p->col0; j0 < p->col1; j0 += NC)
			for (int64_t i = p->row0; i < p->row1; i += MR) {
				const float *a = p->scratch + (i - p->row0) * depth;
				int rows = p->row1 - i < MR ? (int)(p->row1 - i) : MR;
				for (int64_t j = j0; j < p->col1 && j < j0 + NC; j += NR) {
					float t[MR * NR] __attribute__((aligned(64)));
					for (int r = 0; r < rows; r++) { // c is needed once the tile is done
						__builtin_prefetch(p->c + (i + r) * p->ldc + j, 1);
						__builtin_prefetch(p->c + (i + r) * p->ldc + j + W, 1);
					}
					tile(t, a, p->packed + j * words + w0 * NR, depth);
					finish(p, t, NR, i * p->ldc + j, j, rows, p->col1 - j < NR ? (int)(p->col1 - j) : NR, first, last);
				}
			}
	}
	if (p->stream)
		vfence();
}
