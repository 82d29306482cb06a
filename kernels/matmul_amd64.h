// Matrix products on one thread: packing, blocking and the epilogue, whatever the factors
// are rounded to. Layouts: a panel of P columns of b (or rows of a) is stored
// as K groups of P floats, so that the tile reads both factors in order.

#define NR (2 * W) // columns of a register tile of MR rows

enum { KS = 16 }; // steps of K that are packed of all panels at once where their rows lie side by side:
                     // the memory is read in long pieces of a few rows at a time
enum { EVERY = 8 };  // words of a tile between two looks at what to ask for

// vbf16 rounds to bfloat16, to nearest even.
INLINE vf vbf16(vf x) {
	vi u = vbits(x), odd = viand(vishr(u, 16), viset(1));
	vi r = viand(viadd(viadd(u, viset(0x7fff)), odd), viset((int)0xffff0000));
	return vselect(vnan(x), x, vfloat(r));
}

// ask_rows asks for rows that are soon read, cols floats of each.
INLINE void ask_rows(const float *x, int64_t ld, int64_t rows, int64_t cols) {
	for (int64_t i = 0; i < rows; i++)
		for (int64_t j = 0; j < cols; j += 16)
			__builtin_prefetch(x + i * ld + j);
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
				x = round ? vbf16(x) : x;
				if (P < W && k + 1 < depth) // the next step overwrites what is too much: masked stores are slow on some processors
					vstore(dst + k * P, x);
				else
					vstoren(dst + k * P + r0, x, P - r0);
			}
			continue;
		}
		for (int64_t k = 0; k < depth; k += W) {
			vf x[W];
			for (int r = 0; r < W; r++)
				x[r] = r < n ? vloadn(src + (r0 + r) * ld + k, depth - k) : vzero();
			ask_rows(src + (r0 + (P < W ? P : W)) * ld + k, ld, W, W);
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

// plain says that nothing follows the sums of the last block of K but a bias and their writing.
INLINE int plain(const ecalf_product *p, int last) {
	return !last || (p->act == IDENTITY && !p->pre && !p->residual && p->factor == 0);
}

// ahead asks for a row of the residual and of c some rows ahead of element at, but not of a c that is only written.
INLINE void ahead(const ecalf_product *p, int64_t at, int cols, int first, int last) {
	for (int j = 0; j < cols; j += 16) {
		int64_t e = at + 8 * p->ldc + j;
		if (!(first && last && p->stream))
			__builtin_prefetch(p->c + e, 1);
		if (last && p->residual)
			__builtin_prefetch(p->residual + e);
	}
}

// write_sums is finish where it is plain, for whole vectors of columns.
INLINE void write_sums(const ecalf_product *p, const float *t, int ldt, int64_t at, int64_t col, int64_t rows, int cols, int first,
                       int last) {
	const float *bias = last && p->bias ? p->bias + col : NULL;
	for (vf scale = vset(p->scale); rows > 0; rows--, t += ldt, at += p->ldc) {
		ahead(p, at, cols, first, last);
		for (int j = 0; j < cols; j += W) {
			vf x = vmul(scale, vload(t + j));
			if (!first || p->add)
				x = vadd(x, vload(p->c + at + j));
			if (bias)
				x = vadd(x, vload(bias + j));
			if (first && last)
				put(p, p->c + at + j, x, W);
			else
				vstore(p->c + at + j, x);
		}
	}
}

// open_drop opens the stream of p's dropout; without one it returns NULL.
INLINE philox_stream *open_drop(const ecalf_product *p, philox_stream *s) {
	if (p->factor == 0)
		return NULL;
	philox_open(s, p->seed, p->step, p->op, (uint64_t)(p->row0 * p->ldc + p->col0) / 4);
	return s;
}

// finish_act adds sums (rows of stride ldt, at most 3·W) to rows×cols of c at element at, and runs
// the epilogue once the last block of K is in; drop is what open_drop gave.
INLINE void finish_act(const ecalf_product *p, philox_stream *drop, const float *t, int ldt, int64_t at, int64_t col, int64_t rows,
                       int cols, int first, int last, int act) {
	float words[4 * W]; // of two rows where two fit and rows begin with a block, else of one and some before it
	vi drawn[4];
	int together = ldt == 2 * W && p->ldc % 4 == 0;
	for (int64_t i = 0; i < rows; i++, at += p->ldc, t += ldt) {
		const float *word = words;
		ahead(p, at, cols, first, last);
		if (last && drop) {
			uint64_t block = (uint64_t)at / 4;
			word += together ? i % 2 * 2 * W : at % 4;
			if (!together || i % 2 == 0) {
				uint64_t runs[2] = {block, together ? (uint64_t)(at + p->ldc) / 4 : block + W / 2};
				philox_runs(drawn, runs, 2, drop);
				for (int j = 0; j < 4; j++)
					vstore(words + j * W, vfloat(drawn[j]));
			}
		}
		int j = 0;
		for (; j + W <= cols; j += W)
			finish_vector(p, vload(t + j), at + j, col + j, W, first, last, act, word + j);
		if (j < cols)
			finish_vector(p, vload(t + j), at + j, col + j, cols - j, first, last, act, word + j);
	}
}

TARGET static void finish(const ecalf_product *p, philox_stream *drop, const float *t, int ldt, int64_t at, int64_t col, int64_t rows,
                          int cols, int first, int last) {
	if (plain(p, last) && cols % W == 0) {
		write_sums(p, t, ldt, at, col, rows, cols, first, last);
		return;
	}
	switch (p->act) {
	case IDENTITY: finish_act(p, drop, t, ldt, at, col, rows, cols, first, last, IDENTITY); return;
	case GELU: finish_act(p, drop, t, ldt, at, col, rows, cols, first, last, GELU); return;
	case GELU_TANH: finish_act(p, drop, t, ldt, at, col, rows, cols, first, last, GELU_TANH); return;
	case RELU: finish_act(p, drop, t, ldt, at, col, rows, cols, first, last, RELU); return;
	default: finish_act(p, drop, t, ldt, at, col, rows, cols, first, last, p->act);
	}
}

// coming is memory that is soon read: of it, tiles ask for each lines of 16 floats at a time, so that they come to L2 while the
// processor computes.
typedef struct {
	const float *at;
	int64_t lines, each;
} coming;

// soon is n floats at x, of which a share is asked for every EVERY words of so many.
INLINE coming soon(const float *x, int64_t n, int64_t words) {
	int64_t lines = (n + 15) / 16;
	return (coming){x, lines, 1 + lines * EVERY / (words + 1)};
}

INLINE void ask(coming *c) {
	for (int64_t n = c->each; n > 0 && c->lines > 0; n--, c->lines--, c->at += 16)
		__builtin_prefetch(c->at, 0, 2);
}

typedef void pack_fn(float *dst, int P, const float *src, int64_t ld, int64_t depth, int count, int turn, int round);
typedef void tile_fn(float *restrict t, int64_t ldt, const float *restrict a, int64_t ld, const float *restrict b, int64_t ldb,
                     int64_t depth, int cols, coming *next);

// multiply computes rows [row0, row1) and columns [col0, col1) of one product, whose right-hand side is packed or, for tiles
// that can, rows of whole vectors as they are stored, by register tiles of mr rows and nr columns; row0 is a multiple of mr
// and a panel begins at col0, so that the bits of an element do not depend on the split. A word of a panel holds one step of
// K, or a pair of them. Tiles are as deep as a block, for each costs some hundred cycles to begin and end, and both factors
// come from L2: what a tile needs of them in a cycle is a fifth of what L2 gives. in_place says that the tile reads rows of a,
// mr or more, where they are stored; where the last tile has too few it takes some of the tile before along. A tile whose sums
// are the result goes straight to a c that the caches hold. scratch holds the rows of a in panels, and a tile of sums:
// (row1−row0 rounded up to mr)·ECALF_BLOCK + mr·nr + 2·W words.
INLINE void multiply(const ecalf_product *p, int pair, int in_place, int mr, int nr, pack_fn *pack, tile_fn *tile) {
	int64_t words = (p->K + pair - 1) / pair, rows = p->row1 - p->row0, high = (rows + mr - 1) / mr * mr;
	philox_stream stream, *drop = open_drop(p, &stream);
	for (int64_t w0 = 0; w0 == 0 || w0 < words; w0 += ECALF_BLOCK) {
		int64_t depth = words - w0 < ECALF_BLOCK ? words - w0 : ECALF_BLOCK, k0 = w0 * pair;
		int64_t steps = p->K - k0 < depth * pair ? p->K - k0 : depth * pair, part = p->turn_a ? KS : steps;
		int first = w0 == 0, last = w0 + depth >= words;
		int sums_only = first && !p->add && p->scale == 1 && plain(p, last) && !(last && p->bias) && !p->stream;
		for (int64_t k = 0; k < steps && !in_place; k += part) {
			float *panel = p->scratch + k / pair * mr;
			if (p->turn_a)
				ask_rows(p->a + (k0 + k + KS) * p->lda + p->row0, p->lda, KS, rows);
			for (int64_t i = p->row0; i < p->row1; i += mr, panel += mr * depth)
				pack(panel, mr, p->a + (p->turn_a ? (k0 + k) * p->lda + i : i * p->lda + k0), p->lda,
				     steps - k < part ? steps - k : part, p->row1 - i < mr ? (int)(p->row1 - i) : mr, !p->turn_a, p->round);
		}
		float *t = p->scratch + (high * depth + 2 * W - 1) / W * W;
		for (int64_t j = p->col0; j < p->col1; j += nr) {
			const float *b = p->ldb ? p->b + w0 * p->ldb + j : p->b + j * words + w0 * nr;
			int64_t ldb = p->ldb ? p->ldb : nr;
			int cols = p->col1 - j < nr ? (int)(p->col1 - j) : nr;
			coming next = {0}; // the panel after this one, or with the first panel the rows of the tile after this one
			if (j + nr < p->col1 && !p->ldb)
				next = soon(b + nr * words, depth * nr, high / mr * depth);
			for (int64_t i = 0; i < rows; i += mr) {
				int64_t own = rows - i < mr ? rows - i : mr, others = in_place ? mr - own : 0;
				int64_t at = (p->row0 + i) * p->ldc + j;
				int straight = sums_only && own == mr && (cols == nr || (pair == 1 && cols % W == 0));
				if (in_place && j == p->col0 && p->lda == depth)
					next = soon(p->a + (p->row0 + i + mr) * depth, mr * depth, depth);
				float *sums = straight ? p->c + at : t;
				int64_t ld = straight ? p->ldc : nr;
				if (in_place)
					tile(sums, ld, p->a + (p->row0 + i - others) * p->lda + k0, p->lda, b, ldb, depth, cols, &next);
				else
					tile(sums, ld, p->scratch + i * depth, 0, b, ldb, depth, cols, &next);
				if (!straight)
					finish(p, drop, t + others * nr, nr, at, j, own, cols, first, last);
			}
		}
	}
	if (p->stream)
		vfence();
}
