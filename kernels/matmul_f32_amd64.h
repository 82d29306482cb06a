// float32 matrix products: the register tile of TR rows and NT columns, and what Go calls.

#define NT (TV * W)

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

// step adds a[i]·b[j], the products of one k, to s[TR][V].
INLINE void step(vf s[TR][TV], const float *a, const float *b, int V) {
	vf y[TV];
#pragma GCC unroll 4
	for (int v = 0; v < V; v++)
		y[v] = vload(b + v * W);
#pragma GCC unroll 16
	for (int i = 0; i < TR; i++) {
		vf x = vset(a[i]);
#pragma GCC unroll 4
		for (int v = 0; v < V; v++)
			s[i][v] = vfma(x, y[v], s[i][v]);
	}
}

// tile_of is t[i][j] = Σ_k a[k·TR + i]·b[k·NT + j] for the first V vectors of columns.
INLINE void tile_of(float *restrict t, const float *restrict a, const float *restrict b, int64_t depth, coming *next, int V) {
	vf s[TR][TV];
#pragma GCC unroll 16
	for (int i = 0; i < TR; i++)
#pragma GCC unroll 4
		for (int v = 0; v < V; v++)
			s[i][v] = vzero();
	int64_t k = 0;
	for (; k + EVERY <= depth; k += EVERY) {
		ask(next);
#pragma GCC unroll 2
		for (int e = 0; e < EVERY; e++, a += TR, b += NT)
			step(s, a, b, V);
	}
#pragma GCC unroll 1
	for (; k < depth; k++, a += TR, b += NT)
		step(s, a, b, V);
#pragma GCC unroll 16
	for (int i = 0; i < TR; i++)
#pragma GCC unroll 4
		for (int v = 0; v < V; v++)
			vstore(t + i * NT + v * W, s[i][v]);
}

// tile is t[TR][NT] as far as it has columns: the last panel of b is mostly narrower.
INLINE void tile(float *restrict t, const float *restrict a, const float *restrict b, int64_t depth, int cols, coming *next) {
	switch ((cols + W - 1) / W) {
	case 1: tile_of(t, a, b, depth, next, 1); return;
	case TV: tile_of(t, a, b, depth, next, TV); return;
	default: tile_of(t, a, b, depth, next, 2);
	}
}

TARGET void FN(f32_matmul)(ecalf_product p) { multiply(&p, 1, TR, NT, pack, tile); }
