// bfloat16 matrix products with float32 sums, by tiles. The right-hand side is packed by
// bf16_pack in groups of 16 words. Written over vpairs and vhalves (matmul_bf16_amd64.h) and
// these primitives, which exist as instructions of AMX and as plain C:
//
//   tile_begin(), tile_end()                          around all others
//   tile_zero(n), tile_load(n, p, stride), tile_store(n, p, stride)   16 rows of 64 bytes
//   tile_dot(s, a, b)                                 s[i][j] += Σ over words k of a[i][k]·b[k][j]

enum { TM = 32, TK = 32, TKC = 1024 }; // rows of a pass, steps of k in a tile, depth of a block
enum { TNC = 128 };                     // columns of a block: two of them stay in L2 beside the rows of a

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

// sums is a tile of results on its way to c, with the arguments of finish.
typedef struct {
	float t[TM * NR] __attribute__((aligned(64)));
	int64_t at, col;
	int rows, cols, done;
} sums;

// settle finishes the next n rows of s, if so many are left.
INLINE void settle(const ecalf_product *p, sums *s, int n, int first, int last) {
	if (n > s->rows - s->done)
		n = s->rows - s->done;
	if (n <= 0)
		return;
	finish(p, s->t + s->done * NR, NR, s->at + s->done * p->ldc, s->col, n, s->cols, first, last);
	s->done += n;
}

// As multiply, by tiles: row0 is a multiple of TM. scratch holds the tiles of a:
// (row1−row0 rounded up to TM)·TKC/2 words. The tile unit leaves the vector units idle: while
// it computes 32 by 32 sums, they finish the ones before.
TARGET void FN(amx_matmul)(ecalf_product p) {
	int64_t words = (p.K + TK - 1) / TK * (TK / 2);
	tile_begin();
	for (int64_t k0 = 0; k0 == 0 || k0 < p.K; k0 += TKC) {
		int64_t steps = p.K - k0 < TKC ? p.K - k0 : TKC, tiles = (steps + TK - 1) / TK;
		int first = k0 == 0, last = k0 + steps >= p.K;
		int64_t strip = p.turn_a ? TK : steps;
		for (int64_t k = 0; k < steps; k += strip) {
			float *panel = p.scratch + k / TK * 512;
			for (int64_t i = p.row0; i < p.row1; i += TM, panel += tiles * 512)
				pack_tiles(panel, p.a + (p.turn_a ? (k0 + k) * p.lda + i : i * p.lda + k0), p.lda,
				           steps - k < strip ? steps - k : strip, p.row1 - i < TM ? (int)(p.row1 - i) : TM, p.turn_a);
		}
		sums buffer[2], *now = &buffer[0], *before = &buffer[1];
		before->rows = before->done = 0;
		int share = tiles > 0 ? (int)((TM + tiles - 1) / tiles) : TM; // rows to finish at each step of k
		if (p.factor != 0)
			share = (share + 1) / 2 * 2; // random words are drawn for two
		int part = (int)(NR * TM / (p.row1 - p.row0 + TM - 1)) + 1; // of 32 lines: what a panel of rows fetches
		for (int64_t j0 = p.col0; j0 < p.col1; j0 += TNC)
			for (int64_t i = p.row0; i < p.row1; i += TM)
				for (int64_t j = j0; j < p.col1 && j < j0 + TNC; j += NR) {
					const float *a = p.scratch + (i - p.row0) / TM * tiles * 512;
					const float *b = p.packed + j * words + k0 / 2 * NR;
					int fetch = j + TNC < p.col1 ? (int)((i - p.row0) / TM) * part : 32;
					tile_zero(0);
					tile_zero(1);
					tile_zero(2);
					tile_zero(3);
					for (int64_t k = 0; k < tiles; k++, a += 512, b += 16 * NR) {
						tile_load(4, a, 64);
						tile_load(6, b, 4 * NR);
						tile_load(5, a + 256, 64);
						tile_load(7, b + 16, 4 * NR);
						tile_dot(0, 4, 6);
						tile_dot(2, 5, 6);
						tile_dot(1, 4, 7);
						tile_dot(3, 5, 7);
						for (int l = fetch; l < fetch + part && l < 32; l++) // the same step of the next block
							__builtin_prefetch(b + TNC * words + 16 * l, 0, 2);
						settle(&p, before, share, first, last);
					}
					settle(&p, before, TM, first, last);
					tile_store(0, now->t, 4 * NR);
					tile_store(1, now->t + 16, 4 * NR);
					tile_store(2, now->t + 16 * NR, 4 * NR);
					tile_store(3, now->t + 16 * NR + 16, 4 * NR);
					now->at = i * p.ldc + j;
					now->col = j;
					now->rows = p.row1 - i < TM ? (int)(p.row1 - i) : TM;
					now->cols = p.col1 - j < NR ? (int)(p.col1 - j) : NR;
					now->done = 0;
					sums *swap = now;
					now = before;
					before = swap;
				}
		settle(&p, before, TM, first, last);
	}
	tile_end();
	if (p.stream)
		vfence();
}
