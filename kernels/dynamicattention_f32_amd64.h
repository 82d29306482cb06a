// The products of dynamic attention in float32, by register tiles. Every product is strip (rows, NR) = a·b: the left factor a
// is packed in panels of rows, the right one b is a strip (depth, NR) as it is.

#define HIGHEST MR // rows of a panel
#define LEFT(rows, depth) (((rows) + MR) * (depth)) // floats of a left factor
#define RIGHT(depth) 0                              // of a right factor, beside its strip
#define TURNED(tokens) ((tokens) * NR)              // of one that is a strip turned
enum { SHARE = 3 };                                 // rows of what comes next that a panel asks for
enum { ROUNDED = 0 };                               // whether factors are

#define begin_products() ((void)0)
#define end_products() ((void)0)

// height is that of the panels for n rows that take the fewest steps, one of each being lost.
INLINE int height(int64_t n) {
	int best = MR;
	for (int r = MR - 1; r >= MR - 2; r--)
		if (up(n, r) / r * (r + 1) < up(n, best) / best * (best + 1))
			best = r;
	return best;
}

// left packs n rows: element (i, k) is src[i·ld + k], or src[k·ld + i] where they are columns.
INLINE void left(float *dst, int high, const float *src, int64_t ld, int64_t depth, int64_t n, int columns) {
	panels(dst, high, src, ld, depth, n, !columns);
}

// right is the right factor that a strip is.
INLINE const float *right(float *room, const float *strip, int64_t depth) {
	(void)room, (void)depth;
	return strip;
}

// turn is dst[t·ld + i] = element (i, t) for W rows and columns of a strip.
INLINE void turn(float *dst, int64_t ld, const float *strip) {
	vf x[W];
	for (int r = 0; r < W; r++)
		x[r] = vload(strip + r * NR);
	vtranspose(x);
	for (int r = 0; r < W; r++)
		vstore(dst + r * ld, x[r]);
}

// left_of_strips packs rows of n strips, size apart, whose columns are the depth. The last panel's other rows, and W floats
// beyond it, are whatever lies behind the strip.
INLINE void left_of_strips(float *dst, int high, const float *strips, int64_t size, int64_t n, int64_t rows) {
	for (int64_t i = 0; i < rows; i += high)
		for (int64_t b = 0; b < n; b++, dst += high * NR)
			for (int t = 0; t < NR; t += W)
				turn(dst + t * high, high, strips + b * size + i * NR + t);
}

// right_turned makes a right factor of rows [0, NR) of a strip: they are its columns.
INLINE void right_turned(float *dst, const float *strip) {
	for (int i = 0; i < NR; i += W)
		for (int t = 0; t < NR; t += W)
			turn(dst + t * NR + i, NR, strip + i * NR + t);
}

INLINE void sweep_by(float *strip, const float *a, const float *b, int64_t rows, int64_t depth, int add, upcoming *next, int R) {
	for (int64_t i = 0; i < rows; i += R) {
		if (next)
			fetch(next, SHARE);
		tile_at(strip + i * NR, NR, a + i * depth, b, depth, add, R, 2);
	}
}

// sweep is strip (rows, NR) = or += a·b over depth, a in panels of height high. With every panel it asks for SHARE of the rows
// of next, if there are such.
TARGET static void sweep(float *strip, const float *a, const float *b, int64_t rows, int64_t depth, int add, int high, upcoming *next) {
	switch (MR - high) {
	case 0: sweep_by(strip, a, b, rows, depth, add, next, MR); return;
	case 1: sweep_by(strip, a, b, rows, depth, add, next, MR - 1); return;
	default: sweep_by(strip, a, b, rows, depth, add, next, MR - 2);
	}
}
