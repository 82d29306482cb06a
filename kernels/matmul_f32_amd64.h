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

// step adds a[i]·b[j], the products of one k, to s[TR][NT / W].
INLINE void step(vf s[TR][NT / W], const float *a, const float *b) {
	vf y[NT / W];
#pragma GCC unroll 4
	for (int v = 0; v < NT / W; v++)
		y[v] = vload(b + v * W);
#pragma GCC unroll 16
	for (int i = 0; i < TR; i++) {
		vf x = vset(a[i]);
#pragma GCC unroll 4
		for (int v = 0; v < NT / W; v++)
			s[i][v] = vfma(x, y[v], s[i][v]);
	}
}

// tile is t[TR][NT] = Σ_k a[k·TR + i]·b[k·NT + j].
INLINE void tile(float *restrict t, const float *restrict a, const float *restrict b, int64_t depth, coming *next) {
	vf s[TR][NT / W];
#pragma GCC unroll 16
	for (int i = 0; i < TR; i++)
#pragma GCC unroll 4
		for (int v = 0; v < NT / W; v++)
			s[i][v] = vzero();
	int64_t k = 0;
	for (; k + EVERY <= depth; k += EVERY) {
		ask(next);
#pragma GCC unroll 2
		for (int e = 0; e < EVERY; e++, a += TR, b += NT)
			step(s, a, b);
	}
#pragma GCC unroll 1
	for (; k < depth; k++, a += TR, b += NT)
		step(s, a, b);
#pragma GCC unroll 16
	for (int i = 0; i < TR; i++)
#pragma GCC unroll 4
		for (int v = 0; v < NT / W; v++)
			vstore(t + i * NT + v * W, s[i][v]);
}

TARGET void FN(f32_matmul)(ecalf_product p) { multiply(&p, 1, TR, NT, pack, tile); }
