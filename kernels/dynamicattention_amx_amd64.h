// The products of dynamic attention in bfloat16 with float32 sums, by the tiles of matmul_amx_amd64.h. Every product is strip
// (rows, NR) = a·b: the left factor a is packed in panels of TM rows, tile after tile, and the right one b is words of two
// steps, NR of them in a row, what lies beyond the depth being 0. The names are explained in dynamicattention_f32_amd64.h.

#define HIGHEST TM
#define LEFT(rows, depth) (up(rows, TM) * up(depth, TK) / 2)
#define RIGHT(depth) (up(depth, TK) / 2 * NR)
#define TURNED(tokens) ((tokens) / 2 * NR)
enum { SHARE = 7, ROUNDED = 1 };

#define begin_products tile_begin
#define end_products tile_end

INLINE int height(int64_t n) {
	(void)n;
	return TM;
}

INLINE void left(float *dst, int high, const float *src, int64_t ld, int64_t depth, int64_t n, int columns) {
	for (int64_t i = 0; i < n; i += high, dst += LEFT(TM, depth))
		pack_tiles(dst, src + (columns ? i : i * ld), ld, depth, n - i < high ? (int)(n - i) : high, columns);
}

INLINE const float *right(float *room, const float *strip, int64_t depth) {
	float *dst = room;
	for (int64_t k = 0; k < up(depth, TK); k += 2, dst += NR)
		for (int j = 0; j < NR; j += W) {
			vf x = k < depth ? vload(strip + k * NR + j) : vzero(), y = k + 1 < depth ? vload(strip + (k + 1) * NR + j) : vzero();
			vstore(dst + j, vfloat(vpairs(x, y)));
		}
	return room;
}

// A strip's columns are one tile deep.
INLINE void left_of_strips(float *dst, int high, const float *strips, int64_t size, int64_t n, int64_t rows) {
	for (int64_t i = 0; i < rows; i += high)
		for (int64_t b = 0; b < n; b++) {
			const float *row = strips + b * size + i * NR;
			for (int r = 0; r < high; r++, row += NR, dst += W)
				vstore(dst, vfloat(vhalves(vload(row), vload(row + W))));
		}
}

INLINE void right_turned(float *dst, const float *strip) {
	for (int i = 0; i < NR; i += W) {
		vf x[W];
		for (int r = 0; r < W; r++) {
			const float *row = strip + (i + r) * NR;
			x[r] = vfloat(vhalves(vload(row), vload(row + W)));
		}
		vtranspose(x);
		for (int k = 0; k < W; k++)
			vstore(dst + k * NR + i, x[k]);
	}
}

TARGET static void sweep(float *strip, const float *a, const float *b, int64_t rows, int64_t depth, int add, int high, upcoming *next) {
	const int64_t tiles = up(depth, TK) / TK;
	for (int64_t i = 0; i < rows; i += high, strip += high * NR) {
		if (next)
			fetch(next, SHARE);
		if (add) {
			tile_load(0, strip, 4 * NR);
			tile_load(1, strip + 16, 4 * NR);
			tile_load(2, strip + 16 * NR, 4 * NR);
			tile_load(3, strip + 16 * NR + 16, 4 * NR);
		} else
			clear_sums();
		const float *from = b;
		for (int64_t k = 0; k < tiles; k++, a += 512, from += 512)
			add_products(a, from);
		tile_store(0, strip, 4 * NR);
		tile_store(1, strip + 16, 4 * NR);
		tile_store(2, strip + 16 * NR, 4 * NR);
		tile_store(3, strip + 16 * NR + 16, 4 * NR);
	}
}
