// bfloat16 matrix products with float32 sums, by tiles. The right-hand side is packed by
// bf16_pack in groups of 16 words. Written over vpairs and vhalves (matmul_bf16_amd64.h) and
// these primitives, which exist as instructions of AMX and as plain C:
//
//   tile_begin(), tile_end()                          around all others
//   tile_zero(n), tile_load(n, p, stride), tile_store(n, p, stride)   16 rows of 64 bytes
//   tile_stream(n, p, stride)                         tile_load of what is not soon read again
//   tile_dot(s, a, b)                                 s[i][j] += Σ over words k of a[i][k]·b[k][j]

enum { TM = 32, TK = 32, TKC = 2 * ECALF_BLOCK }; // rows of a pass, steps of k in a tile and in a block
enum { TKB = 12 };   // tiles of k in a run: 32 columns of b that deep stay in L1 while the rows of a pass

// pack_tiles writes 32 rows of a as tiles of 16 rows by 32 steps: the upper and the lower
// one of every 32 steps; what lies beyond depth or count is 0. Rows are read one after the other
// where they lie so: memory likes few and long pieces.
INLINE void pack_tiles(float *dst, const float *src, int64_t ld, int64_t depth, int count, int turn) {
	if (!turn) {
		for (int r = 0; r < TM; r++, src += ld)
			for (int64_t k = 0; k < depth; k += TK) {
				vf lo = vzero(), hi = vzero();
				if (r < count)
					lo = vloadn(src + k, depth - k);
				if (r < count && depth - k > 16)
					hi = vloadn(src + k + 16, depth - k - 16);
				vstore(dst + k / TK * 512 + 16 * r, vfloat(vhalves(lo, hi)));
			}
		return;
	}
	for (int64_t k = 0; k < depth; k += TK)
		for (int r0 = 0; r0 < TM; r0 += 16, dst += 256) {
			int n = count - r0;
			vf x[16];
			for (int i = 0; i < 16; i++) { // row i of this block: steps k+2i and k+2i+1 of 16 rows of a
				const float *q = src + (k + 2 * i) * ld + r0;
				vf lo = n > 0 && k + 2 * i < depth ? vloadn(q, n) : vzero();
				vf hi = n > 0 && k + 2 * i + 1 < depth ? vloadn(q + ld, n) : vzero();
				x[i] = vfloat(vpairs(lo, hi));
			}
			vtranspose(x);
			for (int i = 0; i < 16; i++)
				vstore(dst + 16 * i, x[i]);
		}
}

// Tiles 0 to 3 are the sums of 32 rows by 32 columns. clear_sums makes them 0; add_products adds the products of a step of 32: of
// a's two tiles at a, which are not soon read again, and of b's 16 rows of words at b.
INLINE void clear_sums(void) {
	tile_zero(0);
	tile_zero(1);
	tile_zero(2);
	tile_zero(3);
}
INLINE void add_products(const float *a, const float *b) {
	tile_load(6, b, 4 * NR);
	tile_stream(4, a, 64);
	tile_load(7, b + 16, 4 * NR);
	tile_stream(5, a + 256, 64);
	tile_dot(0, 4, 6);
	tile_dot(1, 4, 7);
	tile_dot(2, 5, 6);
	tile_dot(3, 5, 7);
}

// strip is 32 columns of sums, one row of NR after the other, on their way to c.
typedef struct {
	const float *t;
	int64_t rows, done, col;
	int cols;
} strip;

// settle finishes the next n rows of s, if so many are left. Where that is plain it is done here, or the calls would take longer
// than the sums.
INLINE void settle(const ecalf_product *p, philox_stream *drop, strip *s, int64_t n, int first, int last, int plain) {
	if (n > s->rows - s->done)
		n = s->rows - s->done;
	if (n <= 0)
		return;
	const float *t = s->t + s->done * NR;
	int64_t at = (p->row0 + s->done) * p->ldc + s->col;
	s->done += n;
	if (plain && s->cols % W == 0)
		write_sums(p, t, NR, at, s->col, n, s->cols, first, last);
	else
		finish(p, drop, t, NR, at, s->col, n, s->cols, first, last);
}

// As multiply, by tiles: row0 is a multiple of TM. scratch holds the tiles of a and two strips of
// sums: (row1−row0 rounded up to TM)·(TKC/2 + 2·NR) words. A strip grows by runs of k, so that the tiles
// of b in a run are read from L1 by all rows; those of a come from L2. The tile unit leaves the
// vector units idle: while it computes a strip, they finish the one before.
TARGET void FN(amx_matmul)(ecalf_product p) {
	int64_t words = (p.K + TK - 1) / TK * (TK / 2), rows = p.row1 - p.row0, high = (rows + TM - 1) / TM;
	philox_stream stream, *drop = open_drop(&p, &stream);
	tile_begin();
	clear_sums();
	for (int64_t k0 = 0; k0 == 0 || k0 < p.K; k0 += TKC) {
		int64_t steps = p.K - k0 < TKC ? p.K - k0 : TKC, tiles = (steps + TK - 1) / TK;
		int first = k0 == 0, last = k0 + steps >= p.K;
		int easy = plain(&p, last);
		int64_t part = p.turn_a ? TK : steps;
		for (int64_t k = 0; k < steps; k += part) {
			float *panel = p.scratch + k / TK * 512;
			for (int64_t i = p.row0; i < p.row1; i += TM, panel += tiles * 512)
				pack_tiles(panel, p.a + (p.turn_a ? (k0 + k) * p.lda + i : i * p.lda + k0), p.lda,
				           steps - k < part ? steps - k : part, p.row1 - i < TM ? (int)(p.row1 - i) : TM, p.turn_a);
		}
		float *now = p.scratch + high * tiles * 512, *other = now + high * TM * NR;
		strip before = {0};
		int64_t runs = (tiles + TKB - 1) / TKB, run = tiles > 0 ? (tiles + runs - 1) / runs : 1;
		int64_t share = tiles > 0 ? (TM + tiles - 1) / tiles : TM; // rows to finish at each step of k
		if (drop)
			share = (share + 1) / 2 * 2; // random words are drawn for two
		int64_t lines = (32 + high - 1) / high;                    // of the 32 of a step of b: what a pass of 32 rows fetches
		for (int64_t j = p.col0; j < p.col1; j += NR) {
			for (int64_t k = 0; k == 0 || k < tiles; k += run) {
				int64_t depth = tiles - k < run ? tiles - k : run;
				for (int64_t i = 0; i < high; i++) {
					const float *a = p.scratch + (i * tiles + k) * 512, *b = p.b + j * words + k0 / 2 * NR + k * 512;
					int64_t fetch = j + NR < p.col1 ? i * lines : 32;
					for (int64_t l = 0; l < depth; l++, a += 512, b += 512) {
						add_products(a, b);
						for (int64_t f = fetch; f < fetch + lines && f < 32; f++) // the same step of the next strip
							__builtin_prefetch(b + NR * words + 16 * f, 0, 2);
						settle(&p, drop, &before, share, first, last, easy);
					}
					float *t = now + i * TM * NR;
					const float *next = i + 1 < high ? t + TM * NR : now;
					int64_t from = i + 1 < high ? k : k + depth;
					if (from == 0 || from >= tiles) { // each tile by itself: the unit waits for one at a time
						tile_store(0, t, 4 * NR);
						tile_zero(0);
						tile_store(1, t + 16, 4 * NR);
						tile_zero(1);
						tile_store(2, t + 16 * NR, 4 * NR);
						tile_zero(2);
						tile_store(3, t + 16 * NR + 16, 4 * NR);
						tile_zero(3);
					} else {
						tile_store(0, t, 4 * NR);
						tile_load(0, next, 4 * NR);
						tile_store(1, t + 16, 4 * NR);
						tile_load(1, next + 16, 4 * NR);
						tile_store(2, t + 16 * NR, 4 * NR);
						tile_load(2, next + 16 * NR, 4 * NR);
						tile_store(3, t + 16 * NR + 16, 4 * NR);
						tile_load(3, next + 16 * NR + 16, 4 * NR);
					}
				}
			}
			settle(&p, drop, &before, rows, first, last, easy);
			before = (strip){now, rows, 0, j, p.col1 - j < NR ? (int)(p.col1 - j) : NR};
			float *swap = now;
			now = other;
			other = swap;
		}
		settle(&p, drop, &before, rows, first, last, easy);
	}
	tile_end();
	if (p.stream)
		vfence();
}
