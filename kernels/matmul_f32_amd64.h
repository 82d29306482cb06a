// float32 matrix products: the register tile of TR rows and NT columns, and what Go calls.

#define NT (TV * W)

enum { FAR = 8 }; // rows of a b as it is stored that tiles ask for ahead

// Panels [lo, hi) of b (K, N), or of its transpose stored (N, K).
TARGET void FN(f32_pack)(float *dst, const float *b, int64_t K, int64_t N, int64_t ld, int turn, int round, int64_t lo, int64_t hi) {
	int64_t strip = turn ? K : KS;
	for (int64_t k = 0; k < K; k += strip)
		for (int64_t p = lo; p < hi; p++) {
			int n = N - p * NT < NT ? (int)(N - p * NT) : NT;
			pack(dst + (p * K + k) * NT, NT, b + (turn ? p * NT * ld : k * ld + p * NT), ld, K - k < strip ? K - k : strip, n, turn,
			     round);
		}
}

// step adds a[i·ld]·b[j], the products of one k, to s[TR][V], and asks for b so far ahead, unless that is 0.
INLINE void step(vf s[TR][TV], const float *a, int64_t ld, const float *b, int64_t far, int V) {
	vf y[TV];
	if (far)
		ask_rows(b + far, 0, 1, V * W);
#pragma GCC unroll 4
	for (int v = 0; v < V; v++)
		y[v] = vload(b + v * W);
#pragma GCC unroll 16
	for (int i = 0; i < TR; i++) {
		vf x = vset(a[i * ld]);
#pragma GCC unroll 4
		for (int v = 0; v < V; v++)
			s[i][v] = vfma(x, y[v], s[i][v]);
	}
}

// tile_of is t[i·ldt + j] = Σ_k a[i·ld + k·by]·b[k·ldb + j] for the first V vectors of columns.
INLINE void tile_of(float *restrict t, int64_t ldt, const float *restrict a, int64_t ld, int64_t by, const float *restrict b,
                    int64_t ldb, int64_t depth, coming *next, int V) {
	vf s[TR][TV];
#pragma GCC unroll 16
	for (int i = 0; i < TR; i++)
#pragma GCC unroll 4
		for (int v = 0; v < V; v++)
			s[i][v] = vzero();
	int64_t k = 0, far = ldb == NT ? 0 : FAR * ldb;
	for (; k + EVERY <= depth; k += EVERY) {
		ask(next);
		if (k < TR * EVERY)
			for (int j = 0; j < V * W; j += 16)
				__builtin_prefetch(t + k / EVERY * ldt + j, 1); // a row of what is written in the end
#pragma GCC unroll 2
		for (int e = 0; e < EVERY; e++, a += by, b += ldb)
			step(s, a, ld, b, far, V);
	}
#pragma GCC unroll 1
	for (; k < depth; k++, a += by, b += ldb)
		step(s, a, ld, b, far, V);
#pragma GCC unroll 16
	for (int i = 0; i < TR; i++)
#pragma GCC unroll 4
		for (int v = 0; v < V; v++)
			vstore(t + i * ldt + v * W, s[i][v]);
}

// tile_read is TR rows of t as far as they have columns: the last panel of b is mostly narrower.
INLINE void tile_read(float *restrict t, int64_t ldt, const float *restrict a, int64_t ld, int64_t by, const float *restrict b,
                      int64_t ldb, int64_t depth, int cols, coming *next) {
	switch ((cols + W - 1) / W) {
	case 1: tile_of(t, ldt, a, ld, by, b, ldb, depth, next, 1); return;
	case TV: tile_of(t, ldt, a, ld, by, b, ldb, depth, next, TV); return;
	default: tile_of(t, ldt, a, ld, by, b, ldb, depth, next, 2);
	}
}

// tile reads a panel of a, or where ld is not 0 rows as they are stored; of b a panel, whose rows are NT long, or likewise.
INLINE void tile(float *restrict t, int64_t ldt, const float *restrict a, int64_t ld, const float *restrict b, int64_t ldb,
                 int64_t depth, int cols, coming *next) {
	if (ld == 0 && ldb == NT)
		tile_read(t, ldt, a, 1, TR, b, NT, depth, cols, next);
	else if (ld == 0)
		tile_read(t, ldt, a, 1, TR, b, ldb, depth, cols, next);
	else if (ldb == NT)
		tile_read(t, ldt, a, ld, 1, b, NT, depth, cols, next);
	else
		tile_read(t, ldt, a, ld, 1, b, ldb, depth, cols, next);
}

TARGET void FN(f32_matmul)(ecalf_product p) {
	multiply(&p, 1, IN_PLACE && !p.turn_a && !p.round && p.row1 >= TR, TR, NT, pack, tile);
}
